import { expect, test } from 'vitest'
import { evaluate } from '../../../../src/expressions/interpreter.js'
import type { Expression } from '../../../../src/expressions/ir.js'
import { call, constant, input } from '../../../../src/expressions/ir-build.js'
import { zeroed } from '../../../../src/expressions/wasm/buffers.js'
import { bindRows, prepareRowProgram } from '../../../../src/expressions/wasm/row-kernels.js'
import { canLower } from '../../../../src/expressions/wasm/row-lowering.js'
import { vectorKey } from '../../../../src/expressions/wasm/vector-arithmetic.js'
import { stateWords } from '../../../../src/operators/aggregation/fused-loop-kernels.js'
import {
  runVectorSums,
  sumsVectors,
} from '../../../../src/operators/aggregation/vector-sum-kernels.js'
import {
  BIGINT,
  decimalType,
  INTEGER,
  MillraceError,
  type Page,
  readValue,
  SMALLINT,
  type SqlType,
} from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { randomBlock, sharedArena } from '../../kernel-support/random-blocks.js'
import { registry } from '../../kernel-support/random-expressions.js'

const arena = sharedArena()
/** Types whose values an expression may mix. */
const FAMILIES: readonly (readonly SqlType[])[] = [
  [SMALLINT],
  [INTEGER],
  [BIGINT],
  [decimalType(4, 0), decimalType(9, 2), decimalType(12, 2), decimalType(6, 4)],
]
const MAGNITUDES = [[10], [10, 1000], [10, 1e5], [10, 1e5, 1e9]]

function randomTree(random: Random, types: readonly SqlType[], depth: number): Expression {
  if (depth > 0 && random.chance(0.75)) {
    const args = [0, 1].map(() => randomTree(random, types, depth - 1))
    const name = random.pick(['$add', '$subtract', '$multiply', '$multiply'])
    return call(
      registry.resolve(
        name,
        args.map(({ type }) => type),
      ),
      args,
    )
  }
  const type = random.pick(types)
  if (random.chance(0.7)) return input(types.indexOf(type), type)
  const value = random.below(200) - 100
  return constant(type, type === SMALLINT || type === INTEGER ? value : BigInt(value))
}

/** undefined: a row fails. */
function sumOf(expression: Expression, page: Page): bigint | undefined {
  let sum = 0n
  try {
    for (let row = 0; row < page.rowCount; row++) {
      const channel = (c: number) => readValue(page.blocks[c]!, row)
      const lookup = { channel, symbol: () => null }
      sum += BigInt(evaluate(expression, lookup, { registry }) as bigint | number)
    }
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
  return BigInt.asIntN(64, sum)
}

test(`sums of vectors are those of rows, from seed ${SEED}`, () => {
  const keys: string[] = []
  for (let seed = SEED; seed < SEED + 1500; seed++) {
    const random = createRandom(seed)
    arena.reset()
    const types = random.pick(FAMILIES)
    const rowCount = 1 + random.below(30)
    const options = { magnitudes: random.pick(MAGNITUDES), nulls: 0 }
    const encodings = ['flat', 'flat', 'flat', 'constant'] as const
    const blocks = types.map((type) =>
      randomBlock(random, type, rowCount, arena, { ...options, encodings }),
    )
    const page = { rowCount, blocks }
    const expressions = Array.from({ length: 1 + random.below(3) }, () =>
      randomTree(random, types, 3),
    ).filter(canLower)
    const bound = bindRows(prepareRowProgram(...expressions), page, arena)
    if (expressions.length === 0 || bound === undefined) continue
    const columns = expressions.map((_, value) => ({ value, isSummed: true, guards: [] }))
    const selection = { count: rowCount, positions: null }
    const words = stateWords(bound, columns)
    const loop = { bound, columns, words, keys: [], selection }
    if (!sumsVectors(loop)) continue
    keys.push(vectorKey(bound))
    const state = zeroed(arena.allocate(words.stateBytes))
    runVectorSums(arena.memory, loop, state.byteOffset, arena)
    const sums = new DataView(state.buffer, state.byteOffset, state.byteLength)
    expect(sums.getBigInt64(0, true), `seed ${seed}`).toBe(BigInt(rowCount))
    expressions.forEach((expression, i) => {
      const sum = sums.getBigInt64(words.columns[i]!.sum, true)
      expect(sum, `seed ${seed}: ${i}`).toBe(sumOf(expression, page))
    })
  }
  expect(keys.length).toBeGreaterThan(200)
  // Products of words that leave 32 bits, of wider factors, and what never leaves them.
  for (const shape of [/^lww$/, /^w(ww|wl)/, /ll/]) {
    expect(
      keys.some((key) => shape.test(key)),
      String(shape),
    ).toBe(true)
  }
})
