import { describe, expect, test } from 'vitest'
import { allocateInt32 } from '../../../../src/expressions/wasm/buffers.js'
import { rowPeers } from '../../../../src/operators/sort/row-order.js'
import { WindowChunk } from '../../../../src/operators/window/chunk.js'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  IPADDRESS,
  REAL,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeWithTimeZoneType,
  UUID,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { queryMemory } from '../../../support/operator-environment.js'
import { type Encoding, toPage } from '../../../support/operator-test.js'
import type { Row } from '../../../support/page-literal.js'
import { fewOutcomes, randomValue } from '../../../support/random-value.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const ENCODINGS: readonly Encoding[] = ['flat', 'constant', 'dictionary', 'selected']
const TYPES: readonly SqlType[] = [
  BOOLEAN,
  TINYINT,
  INTEGER,
  BIGINT,
  REAL,
  DOUBLE,
  decimalType(12, 2),
  decimalType(38, 3),
  VARCHAR,
  charType(3),
  DATE,
  timestampType(3),
  timestampType(9),
  timestampWithTimeZoneType(3),
  timestampWithTimeZoneType(9),
  timeWithTimeZoneType(3),
  UUID,
  IPADDRESS,
  arrayType(BIGINT),
]

describe(`peers of rows, seed ${SEED}`, () => {
  test.each(TYPES)('$kind: those that the order does not tell apart', (type) => {
    const random = createRandom(SEED)
    const orderBy = [0, 1].map((channel) => ({ channel, ascending: true, nullsFirst: false }))
    const types = [type, DOUBLE]
    const isPeer = rowPeers(orderBy, types)
    for (let round = 0; round < 30; round++) {
      const memory = queryMemory()
      const arena = memory.createArena()
      const nulls = random.pick([0, 0.3])
      const rows: (readonly unknown[])[] = []
      while (rows.length < 50) {
        const row = [
          randomValue(fewOutcomes(random), type, nulls),
          random.pick([0, -0, Number.NaN, null]),
        ]
        for (let n = random.below(4); n >= 0; n--) rows.push(row)
      }
      const table = { types, rows: rows as Row[] }
      const page = toPage(table, random.pick(ENCODINGS), arena, random)
      const borders = Int32Array.from([3, 17, 18, 40, page.rowCount - 2])
      const chunk = new WindowChunk({ blocks: page.blocks, types, orderBy }, borders, arena)
      const { starts, ends } = chunk.peers
      const startOf = allocateInt32(arena, chunk.rowCount)
      for (let row = chunk.from; row < chunk.to; row++) {
        const isStart = borders.includes(row) || !isPeer(page.blocks, row - 1, page.blocks, row)
        startOf[row - chunk.from] = isStart ? row : startOf[row - 1 - chunk.from]!
      }
      expect([...starts]).toEqual([...startOf])
      const endOf = [...startOf].map((start) => chunk.from + startOf.lastIndexOf(start) + 1)
      expect([...ends]).toEqual(endOf)
      memory.releaseAll()
    }
  })
})
