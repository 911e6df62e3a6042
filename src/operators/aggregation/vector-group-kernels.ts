import { zeroed } from '../../expressions/wasm/buffers.js'
import type { FunctionBuilder, Local } from '../../expressions/wasm/builder.js'
import { ParameterReader, ParameterWriter } from '../../expressions/wasm/layout.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { rowSlots, writeRows } from '../../expressions/wasm/row-kernels.js'
import { i32 } from '../../expressions/wasm/scalar.js'
import { i8x16, i16x8, i32x4, i64x2, v128 } from '../../expressions/wasm/simd.js'
import type { Expr } from '../../expressions/wasm/value.js'
import {
  hasVectors,
  VECTOR_ROWS,
  type VectorValues,
  vectorKey,
  vectorReader,
} from '../../expressions/wasm/vector-arithmetic.js'
import type { Arena } from '../../spi/index.js'
import { at } from '../keys/key-kernels.js'
import type { FusedLoop, KeyPart } from './fused-loop-kernels.js'

/**
 * The fused loop of rows that have groups, of sums of what vectors can compute: keys and arguments of four rows at once, which are then
 * added row by row, two words of a state at a time. Every other row has states of its own, so that neighbours of one group need not wait
 * for each other.
 */

type V = Expr<'v128'>
type Builder = FunctionBuilder<'i32'>

/** Of fewer rows that are left, most of what is computed for four at once would be dropped. */
const DENSE_SHARE = 3 / 4
const PAIR_BYTES = 16

/** Whether a page can be added so, and had better be. */
export function addsVectors(loop: FusedLoop): boolean {
  const { bound, columns, keys, runs, words } = loop
  return (
    keys.length > 0 &&
    runs === undefined &&
    words.columns.some(({ sum }) => sum > 0) &&
    columns.every(({ guards }) => guards.length === 0) &&
    keys.every((key) => key.kind === 'value' || (key.codeBytes < 4 && key.validity === 0)) &&
    isDense(loop) &&
    hasVectors(bound)
  )
}

function isDense({ selection: { positions, count } }: FusedLoop): boolean {
  if (positions === null) return true
  return count > 0 && count >= (positions[count - 1]! - positions[0]! + 1) * DENSE_SHARE
}

interface VectorGroupKernel {
  /** @returns 1: no row fails */
  run(params: number, count: number): number
}

/**
 * Adds a page that {@link addsVectors}.
 * @param states zeroed, `stateBytes` a code
 */
export function runVectorGroups(
  memory: WebAssembly.Memory,
  loop: FusedLoop,
  states: Uint8Array,
  arena: Arena,
): void {
  const { bound, keys, selection, words } = loop
  const { run } = kernel<VectorGroupKernel>(memory, kernelKey(loop), (m) => {
    m.function('run', { params: 'i32', count: 'i32' }, 'i32', (f, p) => {
      buildLoop(f, p.params, p.count, loop)
    })
  })
  const others = zeroed(arena.allocate(states.byteLength))
  const writer = new ParameterWriter(arena, 4 + keys.length * 2 + rowSlots(bound.program))
  writer.i32(states.byteOffset)
  writer.i32(others.byteOffset)
  writer.i32(states.byteLength)
  writer.i32(selection.positions?.byteOffset ?? 0)
  for (const key of keys) {
    writer.i32(key.kind === 'codes' ? key.address : Number(BigInt.asIntN(32, BigInt(key.min))))
    writer.i32(key.stride * words.stateBytes)
  }
  writeRows(writer, bound)
  run(writer.address, selection.count)
}

function kernelKey(loop: FusedLoop): string {
  const { bound, columns, keys, selection } = loop
  const parts = keys.map((key) =>
    key.kind === 'value' ? `value ${key.expression}` : `codes ${key.codeBytes}`,
  )
  const sums = columns.map(({ value, isSummed }) => (isSummed ? value : '*'))
  const selected = selection.positions === null ? 'all' : 'positions'
  return `vector groups ${selected} by ${parts.join(', ')}: ${sums.join(', ')} of ${bound.key} ${vectorKey(bound)}`
}

function buildLoop(f: Builder, params: Local<'i32'>, count: Local<'i32'>, loop: FusedLoop): void {
  const reader = new ParameterReader(f, params)
  const states = [reader.i32(), reader.i32()] as const
  const stateBytes = reader.i32()
  const positions = reader.i32()
  const offsetsAt = offsetReader(f, reader, loop)
  const valuesAt = vectorReader(f, reader, loop.bound)
  const position = (i: Expr<'i32'>) => i32.load(at(positions, i, 2))
  const isSelected = loop.selection.positions !== null
  const i = f.local('i32')
  const row = f.local('i32')
  f.while(i32.lt_s(i, count), () => {
    f.set(row, isSelected ? position(i) : i)
    const values = valuesAt(row)
    const addRow = rowAdder(f, loop, values, states, offsetsAt(row, values))
    const last = i32.add(i, VECTOR_ROWS - 1)
    const areNeighbours = isSelected
      ? i32.if(i32.lt_s(last, count), i32.eq(i32.sub(position(last), row), VECTOR_ROWS - 1), 0)
      : i32.lt_s(last, count)
    f.if(
      areNeighbours,
      () => {
        for (let lane = 0; lane < VECTOR_ROWS; lane++) addRow(lane)
        f.set(i, i32.add(i, VECTOR_ROWS))
      },
      () => {
        for (let lane = 0; lane < VECTOR_ROWS; lane++) {
          const isNext = isSelected
            ? i32.if(i32.lt_s(i, count), i32.eq(position(i), i32.add(row, lane)), 0)
            : i32.lt_s(i, count)
          f.if(isNext, () => {
            addRow(lane)
            f.set(i, i32.add(i, 1))
          })
        }
      },
    )
  })
  const [some, others] = states
  const place = f.local('i32')
  f.for(
    place,
    0,
    stateBytes,
    () => {
      const state = f.let(i32.add(some, place))
      f.store128(state, i64x2.add(v128.load(state), v128.load(i32.add(others, place))))
    },
    PAIR_BYTES,
  )
  f.return(1)
}

/** What is added to a state, pair of words after pair: rows counted, then sums. */
function wordsOf({ columns, words, bound }: FusedLoop, values: VectorValues): readonly LongsOf[] {
  const all: LongsOf[] = [() => ONES]
  columns.forEach(({ value, isSummed }, i) => {
    const { sum } = words.columns[i]!
    if (!isSummed) return
    const longs = values.longs(bound.program.expressions[value!]!)
    all[sum / 8] = (half) => longs[half]
  })
  return all
}
type LongsOf = (half: 0 | 1) => V

const ONES = v128.const(new Uint8Array(BigInt64Array.of(1n, 1n).buffer))
const ZEROS = v128.const(new Uint8Array(16))
const LANES = [
  [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
  [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
] as const

/** @param offsets of the states of the four rows. @returns what emits the adding of one */
function rowAdder(
  f: Builder,
  loop: FusedLoop,
  values: VectorValues,
  states: readonly [Local<'i32'>, Local<'i32'>],
  offsets: Local<'v128'>,
): (lane: number) => void {
  const words = wordsOf(loop, values)
  return (lane) => {
    const state = f.let(i32.add(states[lane % 2]!, i32x4.extract_lane(offsets, lane)))
    const half = lane < 2 ? 0 : 1
    for (let word = 0; word < words.length; word += 2) {
      const [a, b] = [words[word]!(half), words[word + 1]?.(half) ?? ZEROS]
      const pair = i8x16.shuffle(a, b, LANES[lane % 2]!)
      f.store128(state, i64x2.add(v128.load(state, word * 8), pair), word * 8)
    }
  }
}

/** Emits the reading of how keys become codes. @returns what emits the offsets of the states of four rows */
function offsetReader(
  f: Builder,
  reader: ParameterReader,
  { keys, bound }: FusedLoop,
): (row: Local<'i32'>, values: VectorValues) => Local<'v128'> {
  const parts = keys.map((key) => {
    const start = reader.i32()
    const stride = f.let(i32x4.splat(reader.i32()))
    const partOf =
      key.kind === 'codes'
        ? codesReader(key, start)
        : valueReader(f.let(i32x4.splat(start)), bound.program.expressions[key.expression]!)
    return (row: Local<'i32'>, values: VectorValues) => i32x4.mul(partOf(row, values), stride)
  })
  return (row, values) =>
    f.let(parts.map((part) => part(row, values)).reduce((a, b) => i32x4.add(a, b)))
}

type PartReader = (row: Local<'i32'>, values: VectorValues) => V

function codesReader(
  { codeBytes }: Extract<KeyPart, { kind: 'codes' }>,
  codes: Local<'i32'>,
): PartReader {
  return codeBytes === 1
    ? (row) =>
        i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(i32.add(codes, row))))
    : (row) => v128.load16x4_u(at(codes, row, 1))
}

const valueReader =
  (
    min: Local<'v128'>,
    expression: FusedLoop['bound']['program']['expressions'][number],
  ): PartReader =>
  (_row, values) =>
    i32x4.sub(values.words(expression), min)
