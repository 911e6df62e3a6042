import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { gatherNullableBlock } from '../kernels/gather.js'
import { positionOrder } from '../sort/row-order.js'
import { argumentBlock, type WindowCallContext } from './call.js'
import type { RowRanges, WindowChunk } from './chunk.js'
import { includedRows } from './included.js'
import type { TryEvaluate } from './native-aggregates.js'
import { numbersOf } from './numbers.js'

/** Tells whether one row's value is more extreme than another's. */
type IsBetter = (row: number, other: number) => boolean

/**
 * min and max over frames that only move forward: the candidates of a frame are kept in a queue in which each is better
 * than those after it. O(rows). Of equal values the first counts.
 * @param sign 1 for max, -1 for min
 */
export function extremes(context: WindowCallContext, sign: 1 | -1): TryEvaluate {
  const argument = argumentBlock(context, 0)
  const { type } = argument
  const isNumber = type.kind !== 'timestamp with time zone' && type.kind !== 'time with time zone'
  return (chunk, frames) => {
    if (!movesForward(frames, chunk.rowCount)) return undefined
    const included = includedRows(context, argument, chunk)
    const numbers = isNumber ? numbersOf(argument, chunk) : undefined
    const order = positionOrder(type, { ascending: true, nullsFirst: false })
    const isBetter: IsBetter =
      numbers === undefined
        ? (row, other) => sign * order(argument, row, argument, other) > 0
        : betterNumber(numbers, chunk.from, sign)
    const rows = bestRows(chunk, frames, included, isBetter)
    return gatherNullableBlock(argument, rows, chunk.rowCount, chunk.arena)
  }
}

function movesForward({ starts, ends }: RowRanges, rowCount: number): boolean {
  for (let i = 1; i < rowCount; i++) {
    if (starts[i]! < starts[i - 1]! || ends[i]! < ends[i - 1]!) return false
  }
  return true
}

/** NaN is neither least nor greatest but of nothing else. */
const betterNumber =
  (numbers: Float64Array, from: number, sign: 1 | -1): IsBetter =>
  (row, other) => {
    const value = numbers[row - from]!
    const best = numbers[other - from]!
    if (Number.isNaN(best)) return !Number.isNaN(value)
    return sign > 0 ? value > best : value < best
  }

/** The best row of each frame; -1 where it has no values. */
function bestRows(
  chunk: WindowChunk,
  { starts, ends }: RowRanges,
  included: Uint8Array,
  isBetter: IsBetter,
): Int32Array {
  const { rowCount, from } = chunk
  const best = allocateInt32(chunk.arena, rowCount)
  const queue = allocateInt32(chunk.arena, rowCount)
  let head = 0
  let tail = 0
  let next = from
  for (let i = 0; i < rowCount; i++) {
    for (; next < ends[i]!; next++) {
      if (included[next - from] === 0) continue
      while (tail > head && isBetter(next, queue[tail - 1]!)) tail -= 1
      queue[tail++] = next
    }
    while (head < tail && queue[head]! < starts[i]!) head += 1
    best[i] = head < tail && starts[i] !== ends[i] ? queue[head]! : -1
  }
  return best
}
