import { divideHalfUp } from '../../expressions/value/decimal.js'
import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  type Block,
  createBlockBuilder,
  isInteger,
  type SqlType,
  type Validity,
} from '../../spi/index.js'
import { argumentBlock, type WindowCallContext } from './call.js'
import type { RowRanges, WindowChunk } from './chunk.js'
import { includedRows, prefixCounts } from './included.js'
import type { TryEvaluate } from './native-aggregates.js'
import { allocateNumbers, numbersOf } from './numbers.js'

/** Sums of doubles over frames longer than this that slide are put together from sums of blocks of rows. */
const LONG_FRAME_ROWS = 4096
const BLOCK_ROWS = 256

const isFloat = (type: SqlType): boolean => type.kind === 'double' || type.kind === 'real'

/** Sums and means of each frame and how many rows they are of. */
interface FrameSums {
  readonly sums: Float64Array
  readonly counts: Int32Array
}

/**
 * sum and avg of numbers. Integers: differences of running sums, exact while those are below 2^53. Doubles are added in
 * the order of rows, since the order is part of the result.
 */
export function sums(context: WindowCallContext, isAverage: boolean): TryEvaluate | undefined {
  const { argumentTypes, returnType } = context.spec.function
  const [type] = argumentTypes
  if (type === undefined) return undefined
  if (!isFloat(type) && !isInteger(type) && type.kind !== 'decimal') return undefined
  const argument = argumentBlock(context, 0)
  // The mean of integers is that of doubles; that of decimals is exact.
  const addsDoubles = isFloat(type) || (isAverage && type.kind !== 'decimal')
  return (chunk, frames) => {
    const numbers = numbersOf(argument, chunk)
    if (numbers === undefined) return undefined
    const included = includedRows(context, argument, chunk)
    const totals = addsDoubles
      ? addDoubles(numbers, included, frames, chunk)
      : subtractRunning(numbers, included, frames, chunk)
    if (totals === undefined) return undefined
    const counts = frameCounts(included, frames, chunk)
    return resultBlock(returnType, { sums: totals, counts }, chunk, isAverage)
  }
}

function frameCounts(
  included: Uint8Array,
  { starts, ends }: RowRanges,
  { from, rowCount, arena }: WindowChunk,
): Int32Array {
  const before = prefixCounts(included, arena)
  const counts = allocateInt32(arena, rowCount)
  for (let i = 0; i < rowCount; i++) {
    counts[i] = before[ends[i]! - from]! - before[starts[i]! - from]!
  }
  return counts
}

/** @returns undefined where a running sum may leave the integers that doubles hold */
function subtractRunning(
  numbers: Float64Array,
  included: Uint8Array,
  { starts, ends }: RowRanges,
  { arena, from, rowCount }: WindowChunk,
): Float64Array | undefined {
  const running = allocateNumbers(arena, rowCount + 1)
  running[0] = 0
  let sum = 0
  let largest = 0
  for (let i = 0; i < rowCount; i++) {
    if (included[i] !== 0) {
      sum += numbers[i]!
      largest += Math.abs(numbers[i]!)
    }
    running[i + 1] = sum
  }
  if (largest > Number.MAX_SAFE_INTEGER) return undefined
  const out = allocateNumbers(arena, rowCount)
  for (let i = 0; i < rowCount; i++)
    out[i] = running[ends[i]! - from]! - running[starts[i]! - from]!
  return out
}

function addDoubles(
  numbers: Float64Array,
  included: Uint8Array,
  { starts, ends }: RowRanges,
  { arena, from, rowCount }: WindowChunk,
): Float64Array {
  const out = allocateNumbers(arena, rowCount)
  let blocks: Float64Array | undefined
  let start = from
  let end = from
  let sum = 0
  const add = (first: number, last: number) => {
    for (let i = first - from; i < last - from; i++) if (included[i] !== 0) sum += numbers[i]!
  }
  for (let i = 0; i < rowCount; i++) {
    const nextStart = starts[i]!
    const nextEnd = ends[i]!
    if (nextStart === start && nextEnd >= end) add(end, nextEnd)
    else {
      sum = 0
      if (nextEnd - nextStart <= LONG_FRAME_ROWS) add(nextStart, nextEnd)
      else {
        blocks ??= blockSums(numbers, included, arena)
        const firstBlock = Math.ceil((nextStart - from) / BLOCK_ROWS)
        const lastBlock = Math.floor((nextEnd - from) / BLOCK_ROWS)
        add(nextStart, from + firstBlock * BLOCK_ROWS)
        for (let block = firstBlock; block < lastBlock; block++) sum += blocks[block]!
        add(from + lastBlock * BLOCK_ROWS, nextEnd)
      }
    }
    start = nextStart
    end = nextEnd
    out[i] = sum
  }
  return out
}

function blockSums(numbers: Float64Array, included: Uint8Array, arena: Arena): Float64Array {
  const blocks = allocateNumbers(arena, Math.ceil(numbers.length / BLOCK_ROWS)).fill(0)
  for (let i = 0; i < numbers.length; i++) {
    const block = Math.floor(i / BLOCK_ROWS)
    if (included[i] !== 0) blocks[block] = blocks[block]! + numbers[i]!
  }
  return blocks
}

function resultBlock(
  type: SqlType,
  { sums: totals, counts }: FrameSums,
  chunk: WindowChunk,
  isAverage: boolean,
): Block {
  const { arena, rowCount } = chunk
  const flat = { encoding: 'flat', type, rowCount, validity: validityOf(counts, arena) } as const
  if (isFloat(type)) {
    const bytes = arena.allocate(rowCount * 8)
    const values =
      type.kind === 'real'
        ? new Float32Array(bytes.buffer, bytes.byteOffset, rowCount)
        : new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
    for (let i = 0; i < rowCount; i++) values[i] = isAverage ? totals[i]! / counts[i]! : totals[i]!
    return { storage: type.kind === 'real' ? 'f32' : 'f64', values, ...flat }
  }
  if (isAverage) {
    const builder = createBlockBuilder(type, arena)
    for (let i = 0; i < rowCount; i++) {
      const count = counts[i]!
      builder.append(count === 0 ? null : divideHalfUp(BigInt(totals[i]!), BigInt(count)))
    }
    return builder.build()
  }
  const bytes = arena.allocate(rowCount * 8)
  const values = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
  // Integers below 2^53 in two halves: a BigInt a row would take several times as long.
  const halves = new Int32Array(bytes.buffer, bytes.byteOffset, rowCount * 2)
  for (let i = 0; i < rowCount; i++) {
    const total = totals[i]!
    halves[2 * i] = total | 0
    halves[2 * i + 1] = Math.floor(total / 2 ** 32)
  }
  return { storage: 'i64', values, base: 0, factor: 1, ...flat }
}

/** Sums of no rows are null. */
function validityOf(counts: Int32Array, arena: Arena): Validity {
  if (!counts.includes(0)) return null
  const validity = zeroed(arena.allocate((counts.length + 7) >> 3))
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] !== 0) validity[i >> 3]! |= 1 << (i & 7)
  }
  return validity
}
