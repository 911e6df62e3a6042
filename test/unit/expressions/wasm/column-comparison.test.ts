import { expect, test } from 'vitest'
import { compileFilter } from '../../../../src/expressions/compile.js'
import type { ComparisonOperator, Expression } from '../../../../src/expressions/ir.js'
import { call, comparison, constant, input, logical } from '../../../../src/expressions/ir-build.js'
import {
  type Block,
  DATE,
  INTERVAL_DAY_TO_SECOND,
  type IntegerBlock,
  MillraceError,
  page,
} from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { randomValidity, sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const arena = sharedArena()
/** Some may leave what dates can be: that is an error, whoever computes it. */
const DAYS = [0, 1, -1, 14, -300, 70_000, 2 ** 31 - 1]

/** A column of dates some days later. */
function later(random: Random, channel: number): Expression {
  const days = random.pick(DAYS)
  const [name, sign] = random.pick([
    ['$add', 1],
    ['$subtract', -1],
  ] as const)
  const interval = constant(INTERVAL_DAY_TO_SECOND, BigInt(days * sign) * 86_400_000n)
  const args =
    name === '$add' && random.chance(0.5)
      ? [interval, input(channel, DATE)]
      : [input(channel, DATE), interval]
  return call(
    registry.resolve(
      name,
      args.map(({ type }) => type),
    ),
    args,
  )
}
const OPERATORS: readonly ComparisonOperator[] = ['=', '<>', '<', '<=', '>', '>=']
const ARRAYS = { i8: Int8Array, i16: Int16Array, i32: Int32Array } as const

/** Values from `min` to `max`, both among them, in a storage that may be wider than they need; what is null is anything. */
function columnOf(random: Random, rowCount: number, min: number, max: number): Block {
  const needed = max - min < 256 ? 0 : max - min < 65_536 ? 1 : 2
  const storage = random.pick((['i8', 'i16', 'i32'] as const).slice(needed))
  const List = ARRAYS[storage]
  const lowest = storage === 'i8' ? -128 : storage === 'i16' ? -32_768 : -(2 ** 31)
  const room = 2 * -lowest - 1 - (max - min)
  const base = storage === 'i32' ? 0 : min - lowest - random.pick([0, room, random.below(room + 1)])
  const bytes = arena.allocate(rowCount * List.BYTES_PER_ELEMENT)
  const values = new List(bytes.buffer, bytes.byteOffset, rowCount)
  const validity = randomValidity(random, rowCount, random.pick([0, 0, 0.2]), arena)
  for (let i = 0; i < rowCount; i++) {
    const isNull = validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0
    const value = random.pick([min, max, min + random.below(max - min + 1)])
    values[i] = isNull ? lowest + random.below(256) : value - base
  }
  const block: IntegerBlock = {
    encoding: 'flat',
    storage,
    type: DATE,
    rowCount,
    validity,
    values,
    base,
    factor: 1,
    bounds: { min, max },
  }
  return block
}

function randomTerm(random: Random, values: () => number): Expression {
  const column = (channel: number) =>
    random.chance(0.7) ? input(channel, DATE) : later(random, channel)
  return random.chance(0.5)
    ? comparison(random.pick(OPERATORS), column(0), column(1))
    : comparison(random.pick(OPERATORS), input(random.below(2), DATE), constant(DATE, values()))
}

function selected(condition: Expression, blocks: readonly Block[], target: 'wasm' | 'interpreter') {
  const filter = compileFilter(condition, { registry, target })
  if (target === 'wasm') expect(filter.engine).toBe('wasm')
  try {
    const { count, positions } = filter.filter(page(blocks), arena)
    return positions === null ? count : Array.from(positions.subarray(0, count))
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
}

test(`columns compared in the width that they are stored in, and limits of one column, from seed ${SEED}`, () => {
  for (let seed = SEED; seed < SEED + 300; seed++) {
    arena.reset()
    const random = createRandom(seed)
    const rowCount = 1 + random.below(200)
    const least = random.pick([0, -100, 8000, -(2 ** 31), 1_000_000])
    const span = random.pick([200, 255, 256, 65_535, 65_536, 65_536, 1_000_000])
    const [low, high] = [least, least + span]
    // What both have together may need another width than either.
    const limits = () => {
      const few = random.below(200)
      return random.pick([
        [low, high],
        [low, low + few],
        [high - few, high],
      ] as const)
    }
    const blocks = [
      columnOf(random, rowCount, ...limits()),
      columnOf(random, rowCount, ...limits()),
    ]
    const value = () =>
      Math.max(-(2 ** 31), least + random.pick([-1, 0, span, span + 1, random.below(span)]))
    const terms = Array.from({ length: 3 + random.below(3) }, () => randomTerm(random, value))
    const all = logical('and', terms)
    const some = logical('or', [logical('and', terms.slice(1)), terms[0]!])
    for (const condition of [...terms, some, all]) {
      const expected = selected(condition, blocks, 'interpreter')
      // Rows for which one condition fails may have been left out by another before.
      if (condition === all && typeof expected === 'string') continue
      expect(selected(condition, blocks, 'wasm'), `seed ${seed}`).toEqual(expected)
    }
  }
})
