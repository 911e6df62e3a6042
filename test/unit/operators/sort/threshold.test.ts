import { describe, expect, test } from 'vitest'
import { leadingKeys, selectAtMost } from '../../../../src/operators/sort/leading-key.js'
import { rowsUpTo } from '../../../../src/operators/sort/threshold.js'
import {
  BIGINT,
  type Block,
  blockOf,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  REAL,
  type SqlType,
  TINYINT,
  timestampType,
  type Value,
} from '../../../../src/spi/index.js'
import { queryMemory } from '../../../support/operator-environment.js'
import { fewOutcomes, randomValue } from '../../../support/random-value.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

const TYPES: readonly SqlType[] = [
  TINYINT,
  INTEGER,
  BIGINT,
  DATE,
  decimalType(12, 2),
  timestampType(3),
  REAL,
  DOUBLE,
]
const ALL_ONES = (1n << 64n) - 1n

/** Values of one magnitude, so that columns have every width, base and factor; some repeat. */
function column(random: Random, type: SqlType, rowCount: number): Value[] {
  const shape = random.below(4)
  return Array.from({ length: rowCount }, () => {
    if (type.kind === 'real' || type.kind === 'double' || shape === 0) {
      return randomValue(random.chance(0.2) ? fewOutcomes(random) : random, type, 0)
    }
    const factor = type.kind === 'timestamp' ? 10 ** 9 : shape === 1 ? 100 : 1
    const small = (random.below(shape === 2 ? 256 : 40_000) - 100) * factor
    if (typeof randomValue(random, type, 0) === 'bigint') return BigInt(small) * 1n
    return type.kind === 'tinyint' ? small % 100 : small
  })
}

describe(`rows up to a value, seed ${SEED}`, () => {
  test.each(TYPES)('$kind: those whose leading keys are not above its', (type) => {
    const random = createRandom(SEED)
    let taken = 0
    for (let round = 0; round < 200; round++) {
      const memory = queryMemory()
      const arena = memory.createArena()
      const wasm = memory.allocator.memory
      const direction = { ascending: random.chance(0.5), nullsFirst: random.chance(0.5) }
      const values = column(random, type, random.pick([1, 15, 64, 300]))
      const block: Block = blockOf(type, values, arena)
      const limits = random.chance(0.5) ? values : column(random, type, 1)
      const limit = blockOf(type, [random.pick(limits)], arena)
      const { words } = leadingKeys(wasm, limit, direction, arena)
      const key = (BigInt(words[1]!) << 32n) | BigInt(words[0]!)
      if (key === 0n || key === ALL_ONES) continue
      const rows = rowsUpTo(wasm, block, direction, key, arena)
      if (rows === undefined) continue
      taken += 1
      const keys = leadingKeys(wasm, block, direction, arena)
      const expected = selectAtMost(wasm, keys, block.rowCount, key, arena)
      expect([...rows.positions]).toEqual([...expected])
      for (const position of rows.positions) {
        const isTie =
          keys.words[2 * position] === words[0] && keys.words[2 * position + 1] === words[1]
        expect(rows.isTie(position)).toBe(isTie)
      }
      memory.releaseAll()
    }
    expect(taken).toBeGreaterThan(100)
  })
})
