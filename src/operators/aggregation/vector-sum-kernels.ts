import type { FunctionBuilder, Local } from '../../expressions/wasm/builder.js'
import { ParameterReader, ParameterWriter } from '../../expressions/wasm/layout.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { rowSlots, writeRows } from '../../expressions/wasm/row-kernels.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import { i32x4, i64x2, v128 } from '../../expressions/wasm/simd.js'
import type { Expr } from '../../expressions/wasm/value.js'
import {
  hasVectors,
  VECTOR_ROWS,
  type VectorValues,
  vectorKey,
  vectorReader,
} from '../../expressions/wasm/vector-arithmetic.js'
import type { Arena } from '../../spi/index.js'
import type { FusedLoop } from './fused-loop-kernels.js'

/** The fused loop of one group over all rows of a page, of sums of what vectors can compute: four rows at a time, in registers. */

type V = Expr<'v128'>

/** Whether a page can be summed so. */
export const sumsVectors = ({ bound, columns, keys, selection }: FusedLoop): boolean =>
  keys.length === 0 &&
  selection.positions === null &&
  columns.every(({ guards }) => guards.length === 0) &&
  hasVectors(bound)

interface VectorSumKernel {
  /** @returns 1: no row fails */
  run(params: number, count: number): number
}

/** Sets the state of the group for a page that {@link sumsVectors}. */
export function runVectorSums(
  memory: WebAssembly.Memory,
  loop: FusedLoop,
  state: number,
  arena: Arena,
): void {
  const { bound, selection } = loop
  const { run } = kernel<VectorSumKernel>(memory, kernelKey(loop), (m) => {
    m.function('run', { params: 'i32', count: 'i32' }, 'i32', (f, p) => {
      buildVectorSums(f, p.params, p.count, loop)
    })
  })
  const writer = new ParameterWriter(arena, 1 + rowSlots(bound.program))
  writer.i32(state)
  writeRows(writer, bound)
  run(writer.address, selection.count)
}

/** What is summed, by place among the program's expressions, and where its sum lies in the state. */
const sumsOf = ({ columns, words }: FusedLoop): readonly { value: number; word: number }[] =>
  columns.flatMap(({ value, isSummed }, i) =>
    isSummed && value !== undefined ? [{ value, word: words.columns[i]!.sum }] : [],
  )

function kernelKey(loop: FusedLoop): string {
  const sums = sumsOf(loop).map(({ value, word }) => `${value} at ${word}`)
  return `vector sums ${sums.join(', ')} of ${loop.bound.key} ${vectorKey(loop.bound)}`
}

function buildVectorSums(
  f: FunctionBuilder<'i32'>,
  params: Local<'i32'>,
  count: Local<'i32'>,
  loop: FusedLoop,
): void {
  const reader = new ParameterReader(f, params)
  const state = reader.i32()
  const valuesAt = vectorReader(f, reader, loop.bound)
  const sums = sumsOf(loop).map(({ value, word }) => ({
    expression: loop.bound.program.expressions[value]!,
    word,
    total: f.local('v128'),
  }))
  const addAll = ({ longs }: VectorValues, counted: (pair: V, half: 0 | 1) => V) => {
    for (const { expression, total } of sums) {
      const [low, high] = longs(expression)
      f.set(total, i64x2.add(total, i64x2.add(counted(low, 0), counted(high, 1))))
    }
  }
  const row = f.local('i32')
  const whole = f.let(i32.and(count, -VECTOR_ROWS))
  f.for(row, 0, whole, () => addAll(valuesAt(row), (pair) => pair), VECTOR_ROWS)
  f.if(i32.lt_s(whole, count), () => {
    f.set(row, whole)
    const left = f.let(i32x4.lt_s(LANES, i32x4.splat(i32.sub(count, whole))))
    const isRow = [i64x2.extend_low_i32x4_s(left), i64x2.extend_high_i32x4_s(left)] as const
    addAll(valuesAt(row), (pair, half) => v128.and(pair, isRow[half]))
  })
  f.store64(state, i64.extend_i32_u(count))
  for (const { word, total } of sums) {
    f.store64(state, i64.add(i64x2.extract_lane(total, 0), i64x2.extract_lane(total, 1)), word)
  }
  f.return(1)
}

const LANES = v128.const(new Uint8Array(Int32Array.of(0, 1, 2, 3).buffer))
