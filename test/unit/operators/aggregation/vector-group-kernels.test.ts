import { expect, test } from 'vitest'
import { input } from '../../../../src/expressions/ir-build.js'
import { zeroed } from '../../../../src/expressions/wasm/buffers.js'
import { bindRows, prepareRowProgram } from '../../../../src/expressions/wasm/row-kernels.js'
import { canLower } from '../../../../src/expressions/wasm/row-lowering.js'
import { vectorKey } from '../../../../src/expressions/wasm/vector-arithmetic.js'
import {
  type KeyPart,
  stateWords,
} from '../../../../src/operators/aggregation/fused-loop-kernels.js'
import {
  addsVectors,
  runVectorGroups,
} from '../../../../src/operators/aggregation/vector-group-kernels.js'
import { type Arena, type Block, readValue, type SqlType } from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { FAMILIES, MAGNITUDES, randomTree, sumOf } from '../../kernel-support/arithmetic-trees.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'
import { randomBlock, sharedArena } from '../../kernel-support/random-blocks.js'

const arena = sharedArena()

/** A part of the code of rows, and what it is of each. */
interface Part {
  readonly key: KeyPart
  readonly size: number
  readonly of: (row: number) => number
}

function codesPart(random: Random, rowCount: number, stride: number): Part {
  const Codes = random.pick([Uint8Array, Uint16Array])
  const size = 1 + random.below(random.pick([4, 200]))
  const bytes = arena.allocate(rowCount * Codes.BYTES_PER_ELEMENT)
  const codes = new Codes(bytes.buffer, bytes.byteOffset, rowCount)
  for (let row = 0; row < rowCount; row++) codes[row] = random.below(size)
  const codeBytes = codes.BYTES_PER_ELEMENT as 1 | 2
  const common = { validity: 0, nullPart: size, stride } as const
  return {
    key: { kind: 'codes', address: codes.byteOffset, codeBytes, ...common },
    size,
    of: (row) => codes[row]!,
  }
}

/** The values of a column, less the smallest one. */
function valuePart(block: Block, expression: number, stride: number): Part {
  const values = Array.from({ length: block.rowCount }, (_, row) => Number(readValue(block, row)))
  const min = Math.min(...values)
  const size = Math.max(...values) - min + 1
  return {
    key: { kind: 'value', expression, min, nullPart: size, stride },
    size,
    of: (row) => values[row]! - min,
  }
}

/** Rows that a filter leaves: all, or most of them. */
function randomSelection(random: Random, rowCount: number, to: Arena) {
  if (random.chance(0.3)) return { count: rowCount, positions: null }
  const dropped = random.pick([0, 0.02, 0.2])
  const rows = Array.from({ length: rowCount }, (_, row) => row).filter(
    () => !random.chance(dropped),
  )
  const bytes = to.allocate(4 * rows.length)
  const positions = new Int32Array(bytes.buffer, bytes.byteOffset, rows.length)
  positions.set(rows)
  return { count: rows.length, positions }
}

test(`sums of groups by vectors are those of rows, from seed ${SEED}`, () => {
  const keys: string[] = []
  let tries = 0
  for (let seed = SEED; seed < SEED + 1500; seed++) {
    const random = createRandom(seed)
    arena.reset()
    const types: readonly SqlType[] = random.pick(FAMILIES)
    const rowCount = 1 + random.below(random.pick([8, 70]))
    const encodings = ['flat', 'flat', 'flat', 'constant'] as const
    const options = { magnitudes: random.pick(MAGNITUDES), nulls: 0, encodings }
    const blocks = types.map((type) => randomBlock(random, type, rowCount, arena, options))
    const page = { rowCount, blocks }
    const trees = Array.from({ length: 1 + random.below(5) }, () =>
      randomTree(random, types, 3),
    ).filter(canLower)
    const bound = bindRows(prepareRowProgram(...trees, input(0, types[0]!)), page, arena)
    if (trees.length === 0 || bound === undefined) continue
    const parts: Part[] = []
    for (let i = 1 + random.below(2), stride = 1; i > 0; i--) {
      const isValue = parts.length === 0 && random.chance(0.3)
      const part = isValue
        ? valuePart(blocks[0]!, trees.length, stride)
        : codesPart(random, rowCount, stride)
      parts.push(part)
      stride *= part.size
    }
    const codeCount = parts.reduce((count, { size }) => count * size, 1)
    if (codeCount > 1000) continue
    const columns = trees.map((_, value) => ({ value, isSummed: random.chance(0.8), guards: [] }))
    const words = stateWords(bound, columns)
    const selection = randomSelection(random, rowCount, arena)
    const loop = {
      bound,
      columns,
      words,
      keys: parts.map(({ key }) => key),
      selection,
      runs: undefined,
    }
    tries++
    if (!addsVectors(loop)) continue
    keys.push(vectorKey(bound))
    const states = zeroed(arena.allocate(codeCount * words.stateBytes))
    runVectorGroups(arena.memory, loop, states, arena)

    const rowsOf = new Map<number, number[]>()
    for (let i = 0; i < selection.count; i++) {
      const row = selection.positions === null ? i : selection.positions[i]!
      let [code, stride] = [0, 1]
      for (const part of parts) {
        code += part.of(row) * stride
        stride *= part.size
      }
      rowsOf.set(code, [...(rowsOf.get(code) ?? []), row])
    }
    const view = new DataView(states.buffer, states.byteOffset, states.byteLength)
    for (let code = 0; code < codeCount; code++) {
      const rows = rowsOf.get(code) ?? []
      const wordAt = (word: number) => view.getBigInt64(code * words.stateBytes + word, true)
      expect(wordAt(0), `seed ${seed}: rows of ${code}`).toBe(BigInt(rows.length))
      columns.forEach(({ isSummed }, i) => {
        if (!isSummed) return
        const sum = wordAt(words.columns[i]!.sum)
        expect(sum, `seed ${seed}: ${i} of ${code}`).toBe(sumOf(trees[i]!, page, rows))
      })
    }
  }
  expect(tries).toBeGreaterThan(600)
  expect(keys.length).toBeGreaterThan(200)
  for (const shape of [/lww/, /^w(ww|wl)/, /ll/]) {
    expect(
      keys.some((key) => shape.test(key)),
      String(shape),
    ).toBe(true)
  }
})
