import { describe, expect, test } from 'vitest'
import { createKeyShare } from '../../../src/operators/key-share.js'
import {
  BIGINT,
  BOOLEAN,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  REAL,
  type SqlType,
  timestampType,
  UUID,
  VARBINARY,
  VARCHAR,
  valueKey,
} from '../../../src/spi/index.js'
import { operatorContext, queryMemory } from '../../support/operator-environment.js'
import { type Encoding, rowsOf, toPage } from '../../support/operator-test.js'
import type { Row } from '../../support/page-literal.js'
import { randomValue } from '../../support/random-value.js'
import { createRandom } from '../kernel-support/cells.js'

const TYPES: readonly SqlType[] = [
  BIGINT,
  BOOLEAN,
  INTEGER,
  DATE,
  DOUBLE,
  REAL,
  VARCHAR,
  VARBINARY,
  UUID,
  charType(4),
  decimalType(12, 2),
  decimalType(38, 3),
  timestampType(3),
  timestampType(9),
]
const ENCODINGS: readonly Encoding[] = ['flat', 'constant', 'dictionary', 'selected']

describe('rows shared by key', () => {
  const seed = (Date.now() & 0xffff) + 1
  test(`each row has one driver, equal keys the same one, whatever the encoding: seed ${seed}`, () => {
    const random = createRandom(seed)
    for (let round = 0; round < 150; round++) {
      const types = Array.from({ length: 1 + random.below(3) }, () => random.pick(TYPES))
      const known = Array.from({ length: 1 + random.below(30) }, () =>
        types.map((type) => randomValue(random, type, 0.2)),
      )
      const driverCount = 1 + random.below(4)
      const owners = new Map<string, number>()
      for (const encoding of ENCODINGS) {
        const rows: Row[] = Array.from({ length: random.below(40) }, () => random.pick(known))
        const memory = queryMemory()
        const input = memory.createArena()
        let total = 0
        for (let driverIndex = 0; driverIndex < driverCount; driverIndex++) {
          const operator = createKeyShare(
            {
              kind: 'keyShare',
              planNodeId: '1',
              keyChannels: types.map((_, channel) => channel),
              keyTypes: types,
            },
            operatorContext(memory, { driverIndex, driverCount }),
          )
          const page = toPage({ types, rows }, encoding, input, random)
          for (const out of page.rowCount === 0 ? [] : operator.process(page)) {
            for (const row of rowsOf(out)) {
              total += 1
              const key = row.map((value, c) => valueKey(types[c]!, value)).join('|')
              expect(owners.get(key) ?? driverIndex, `${encoding} ${key}`).toBe(driverIndex)
              owners.set(key, driverIndex)
            }
          }
          operator.close()
        }
        expect(total).toBe(rows.length)
        memory.releaseAll()
      }
    }
  })

  test('many keys of one column are spread, neighbours together', () => {
    const memory = queryMemory()
    const arena = memory.createArena()
    const rows: Row[] = Array.from({ length: 20_000 }, (_, i) => [BigInt(i)])
    const page = toPage({ types: [BIGINT], rows }, 'flat', arena, createRandom(1))
    const counts = [0, 1, 2].map((driverIndex) => {
      const operator = createKeyShare(
        { kind: 'keyShare', planNodeId: '1', keyChannels: [0], keyTypes: [BIGINT] },
        operatorContext(memory, { driverIndex, driverCount: 3 }),
      )
      const own = [...operator.process(page)].flatMap(rowsOf).map(([value]) => Number(value))
      expect(own.slice(0, 256).every((value, i) => value === own[0]! + i)).toBe(true)
      operator.close()
      return own.length
    })
    expect(counts.reduce((a, b) => a + b)).toBe(20_000)
    for (const count of counts) expect(count).toBeGreaterThan(3_000)
    memory.releaseAll()
  })
})
