import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { type Arena, type Block, type SqlType, storageClass } from '../../spi/index.js'
import type { ChannelOrder } from '../spec.js'
import { allSteps, type Steps } from '../steps.js'
import { radixSort } from './radix-sort.js'
import { rowOrder } from './row-order.js'
import { encodeSortKeys, type SortEntries, type SortKeys } from './sort-keys.js'

/**
 * Positions 0 to rowCount - 1 of rows in their order; equal rows keep the order they came in. The keys' words are sorted
 * by radix; only runs of equal words that do not decide the order are compared row by row.
 * @param blocks by channel, all of rowCount positions, in the memory of `arena`, which also holds the result
 */
export const sortPositions = (
  memory: WebAssembly.Memory,
  blocks: readonly Block[],
  orderBy: readonly ChannelOrder[],
  rowCount: number,
  arena: Arena,
): Int32Array => allSteps(sortInSteps(memory, blocks, orderBy, rowCount, arena))

/**
 * What sorting takes for a row, beside its columns: the code of one column after another, the words of all, a word and a position
 * twice, and a position and a null's flag while equal words are compared. Values of 16 bytes have two words; one more is for the nulls of
 * those that have all of 64 bits.
 */
export function sortBytesPerRow(
  orderBy: readonly ChannelOrder[],
  types: readonly SqlType[],
): number {
  const words = orderBy.reduce(
    (sum, { channel }) => sum + (storageClass(types[channel]!) === 'fixed16' ? 2 : 1),
    1,
  )
  return 8 + 8 * words + 2 * (8 + 4) + 8
}

/** {@link sortPositions} of many rows, in steps. */
export function* sortInSteps(
  memory: WebAssembly.Memory,
  blocks: readonly Block[],
  orderBy: readonly ChannelOrder[],
  rowCount: number,
  arena: Arena,
): Steps<Int32Array> {
  const sortEntries: SortEntries = (entries, direction) =>
    sortInSteps(memory, [entries], [{ ...direction, channel: 0 }], entries.rowCount, arena)
  const keys = yield* encodeSortKeys(memory, blocks, orderBy, rowCount, arena, sortEntries)
  const positions = yield* radixSort(memory, keys.words, rowCount, arena)
  const undecided = orderBy.slice(keys.decided)
  if (undecided.length > 0) yield* sortRuns(memory, keys, positions, blocks, undecided, arena)
  return positions
}

type Compare = (a: number, b: number) => number

/** Rows that are compared in one step. */
const COMPARED_ROWS = 4096

/** Sorts each run of equal words by the remaining columns. */
function* sortRuns(
  memory: WebAssembly.Memory,
  { words }: SortKeys,
  positions: Int32Array,
  blocks: readonly Block[],
  orderBy: readonly ChannelOrder[],
  arena: Arena,
): Steps<void> {
  const order = rowOrder(
    orderBy,
    blocks.map((block) => block.type),
  )
  const compare = (a: number, b: number) => order(blocks, a, blocks, b) || a - b
  const halves = words.map((address) => new Int32Array(memory.buffer, address))
  const sameWords = (a: number, b: number): boolean => {
    for (const half of halves) {
      if (half[2 * a] !== half[2 * b] || half[2 * a + 1] !== half[2 * b + 1]) return false
    }
    return true
  }
  let start = 0
  let seen = 0
  for (let i = 1; i <= positions.length; i++) {
    if (i - seen === COMPARED_ROWS) {
      seen = i
      yield
    }
    if (i < positions.length && sameWords(positions[i - 1]!, positions[i]!)) continue
    if (i - start > COMPARED_ROWS)
      yield* sortLongRange(positions.subarray(start, i), compare, arena)
    else if (i - start > 1) sortRange(positions, start, i, compare)
    start = i
  }
}

/** Array.prototype.sort is faster than that of typed arrays with a comparison. */
function sortRange(positions: Int32Array, start: number, end: number, compare: Compare): void {
  if (end - start === 2) {
    const a = positions[start]!
    const b = positions[start + 1]!
    if (compare(a, b) > 0) {
      positions[start] = b
      positions[start + 1] = a
    }
    return
  }
  positions.set(Array.from(positions.subarray(start, end)).sort(compare), start)
}

/** Sorts parts, then merges them two by two. O(n log n). */
function* sortLongRange(range: Int32Array, compare: Compare, arena: Arena): Steps<void> {
  for (let start = 0; start < range.length; start += COMPARED_ROWS) {
    sortRange(range, start, Math.min(range.length, start + COMPARED_ROWS), compare)
    yield
  }
  let from = range
  let to = allocateInt32(arena, range.length)
  for (let width = COMPARED_ROWS; width < range.length; width *= 2) {
    for (let start = 0; start < range.length; start += 2 * width) {
      const middle = Math.min(range.length, start + width)
      const end = Math.min(range.length, middle + width)
      let left = start
      let right = middle
      for (let i = start; i < end; i++) {
        const takesLeft = right === end || (left < middle && compare(from[left]!, from[right]!) < 0)
        to[i] = from[takesLeft ? left++ : right++]!
        if (i % COMPARED_ROWS === 0) yield
      }
    }
    ;[from, to] = [to, from]
  }
  if (from !== range) range.set(from)
}
