import { expect, test } from 'vitest'
import { zeroed } from '../../../../src/expressions/wasm/buffers.js'
import { bindRows, prepareRowProgram } from '../../../../src/expressions/wasm/row-kernels.js'
import { canLower } from '../../../../src/expressions/wasm/row-lowering.js'
import { vectorKey } from '../../../../src/expressions/wasm/vector-arithmetic.js'
import { stateWords } from '../../../../src/operators/aggregation/fused-loop-kernels.js'
import {
  runVectorSums,
  sumsVectors,
} from '../../../../src/operators/aggregation/vector-sum-kernels.js'
import { SEED } from '../../../support/seed.js'
import { FAMILIES, MAGNITUDES, randomTree, sumOf } from '../../kernel-support/arithmetic-trees.js'
import { createRandom } from '../../kernel-support/cells.js'
import { randomBlock, sharedArena } from '../../kernel-support/random-blocks.js'

const arena = sharedArena()
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
    const rows = Array.from({ length: rowCount }, (_, row) => row)
    const expressions = Array.from({ length: 1 + random.below(3) }, () =>
      randomTree(random, types, 3),
    ).filter(canLower)
    const bound = bindRows(prepareRowProgram(...expressions), page, arena)
    if (expressions.length === 0 || bound === undefined) continue
    const columns = expressions.map((_, value) => ({ value, isSummed: true, guards: [] }))
    const selection = { count: rowCount, positions: null }
    const words = stateWords(bound, columns)
    const loop = { bound, columns, words, keys: [], selection, runs: undefined }
    if (!sumsVectors(loop)) continue
    keys.push(vectorKey(bound))
    const state = zeroed(arena.allocate(words.stateBytes))
    runVectorSums(arena.memory, loop, state.byteOffset, arena)
    const sums = new DataView(state.buffer, state.byteOffset, state.byteLength)
    expect(sums.getBigInt64(0, true), `seed ${seed}`).toBe(BigInt(rowCount))
    expressions.forEach((expression, i) => {
      const sum = sums.getBigInt64(words.columns[i]!.sum, true)
      expect(sum, `seed ${seed}: ${i}`).toBe(sumOf(expression, page, rows))
    })
  }
  expect(keys.length).toBeGreaterThan(200)
  // Products of words that leave 32 bits, of wider factors, and what never leaves them.
  for (const shape of [/lww/, /^w(ww|wl)/, /ll/]) {
    expect(
      keys.some((key) => shape.test(key)),
      String(shape),
    ).toBe(true)
  }
})
