import { expect, test } from 'vitest'
import { compileFilter } from '../../../../src/expressions/compile.js'
import type { ComparisonOperator, Expression } from '../../../../src/expressions/ir.js'
import { comparison, constant, input, logical } from '../../../../src/expressions/ir-build.js'
import { type Block, INTEGER, type IntegerBlock, page } from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { randomValidity, sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const arena = sharedArena()
const OPERATORS: readonly ComparisonOperator[] = ['=', '<>', '<', '<=', '>', '>=']
const ARRAYS = { i8: Int8Array, i16: Int16Array, i32: Int32Array } as const

/** Values from `min` to `max`, both among them, in a storage that may be wider than they need; what is null is anything. */
function column(random: Random, rowCount: number, min: number, max: number): Block {
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
    type: INTEGER,
    rowCount,
    validity,
    values,
    base,
    factor: 1,
    bounds: { min, max },
  }
  return block
}

function randomCondition(random: Random, values: () => number): Expression {
  const one = () => input(random.below(2), INTEGER)
  const term = () =>
    random.chance(0.5)
      ? comparison(random.pick(OPERATORS), input(0, INTEGER), input(1, INTEGER))
      : comparison(random.pick(OPERATORS), one(), constant(INTEGER, values()))
  const terms = Array.from({ length: 2 + random.below(4) }, term)
  return random.chance(0.7) ? logical('and', terms) : logical('or', [logical('and', terms), term()])
}

function selected(condition: Expression, blocks: readonly Block[], target: 'wasm' | 'interpreter') {
  const filter = compileFilter(condition, { registry, target })
  if (target === 'wasm') expect(filter.engine).toBe('wasm')
  const { count, positions } = filter.filter(page(blocks), arena)
  return positions === null ? count : Array.from(positions.subarray(0, count))
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
    const blocks = [column(random, rowCount, ...limits()), column(random, rowCount, ...limits())]
    const condition = randomCondition(random, () =>
      Math.max(-(2 ** 31), least + random.pick([-1, 0, span, span + 1, random.below(span)])),
    )
    const expected = selected(condition, blocks, 'interpreter')
    expect(selected(condition, blocks, 'wasm'), `seed ${seed}`).toEqual(expected)
  }
})
