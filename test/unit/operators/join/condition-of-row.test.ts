import { expect, test } from 'vitest'
import { BUILTIN_FUNCTIONS } from '../../../../src/expressions/functions/index.js'
import { evaluate } from '../../../../src/expressions/interpreter.js'
import type { ComparisonOperator } from '../../../../src/expressions/ir.js'
import { and, cast, comparison, input, not } from '../../../../src/expressions/ir-build.js'
import { createRegistry } from '../../../../src/expressions/registry.js'
import { conditionOfRow, isNarrow } from '../../../../src/operators/join/condition-of-row.js'
import {
  BIGINT,
  blockOf,
  DOUBLE,
  decimalType,
  INTEGER,
  type SqlType,
  type Value,
} from '../../../../src/spi/index.js'
import { testMemory } from '../../../support/memory.js'
import { randomValue } from '../../../support/random-value.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

const OPERATORS: readonly ComparisonOperator[] = ['=', '<>', '<', '<=', '>', '>=', 'identical']
/** A column's type, and the type it is compared in. */
const TYPES: readonly (readonly [SqlType, SqlType])[] = [
  [decimalType(38, 2), decimalType(38, 12)],
  [decimalType(38, 0), decimalType(38, 19)],
  [decimalType(38, 0), decimalType(38, 20)],
  [decimalType(38, 2), decimalType(38, 2)],
  [decimalType(12, 2), decimalType(20, 5)],
  [INTEGER, BIGINT],
  [INTEGER, DOUBLE],
]
const OVERFLOW = 'overflow'

/** Values of 64 bits, so that many casts are without overflow and some constants lie between two of them. */
function narrowValue(random: Random, type: SqlType): Value {
  if (type.kind !== 'decimal' || random.chance(0.1)) return randomValue(random, type)
  const digits = random.below(18)
  const value = BigInt(random.below(2 ** 31)) % 10n ** BigInt(Math.min(digits, type.precision))
  return random.chance(0.5) ? -value : value
}

test(`the condition of one row is the condition, from seed ${SEED}`, () => {
  const options = { registry: createRegistry(BUILTIN_FUNCTIONS) }
  const read = (e: Parameters<typeof evaluate>[0], row: readonly Value[]): Value => {
    try {
      return evaluate(e, { channel: (c) => row[c]!, symbol: () => null }, options)
    } catch {
      return OVERFLOW
    }
  }
  const memory = testMemory()
  const arena = memory.createArena()
  let unwrapped = 0
  for (let seed = SEED; seed < SEED + 3000; seed++) {
    arena.reset()
    const random = createRandom(seed)
    const [type, wide] = random.pick(TYPES)
    const operator = random.pick(OPERATORS)
    const probe = cast(input(0, type), wide)
    const build = input(1, wide)
    const compared = random.chance(0.5)
      ? comparison(operator, probe, build)
      : comparison(operator, build, probe)
    const condition = random.chance(0.3) ? and([not(compared), compared]) : compared
    const constant = random.chance(0.5)
      ? read(cast(input(0, type), wide), [narrowValue(random, type)])
      : narrowValue(random, wide)
    if (constant === OVERFLOW) continue
    const ofRow = conditionOfRow(condition, 1, () => constant, options)
    if (ofRow.narrowChannels.length > 0) unwrapped += 1
    for (let i = 0; i < 10; i++) {
      const value = narrowValue(random, type)
      if (ofRow.narrowChannels.length > 0 && !isNarrow(blockOf(type, [value], arena))) continue
      const context = `seed ${seed}: ${String(value)} ${operator} ${String(constant)}`
      expect(read(ofRow.condition, [value]), context).toBe(read(condition, [value, constant]))
    }
  }
  expect(unwrapped).toBeGreaterThan(300)
  memory.releaseAll()
})

test('128-bit values are told from narrow ones', () => {
  const memory = testMemory()
  const type = decimalType(38, 2)
  expect(isNarrow(blockOf(type, [1n, null], memory.createArena()))).toBe(true)
  expect(isNarrow(blockOf(type, [1n, 10n ** 30n], memory.createArena()))).toBe(false)
  memory.releaseAll()
})
