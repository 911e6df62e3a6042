import type { Arena, Block } from '../../spi/index.js'
import type { ChannelOrder } from '../spec.js'
import { radixSort } from './radix-sort.js'
import { rowOrder } from './row-order.js'
import { encodeSortKeys, type SortEntries, type SortKeys } from './sort-keys.js'

/**
 * Positions 0 to rowCount - 1 of rows in their order; equal rows keep the order they came in. The keys' words are sorted
 * by radix; only runs of equal words that do not decide the order are compared row by row.
 * @param blocks by channel, all of rowCount positions, in the memory of `arena`, which also holds the result
 */
export function sortPositions(
  memory: WebAssembly.Memory,
  blocks: readonly Block[],
  orderBy: readonly ChannelOrder[],
  rowCount: number,
  arena: Arena,
): Int32Array {
  const sortEntries: SortEntries = (entries, direction) =>
    sortPositions(memory, [entries], [{ ...direction, channel: 0 }], entries.rowCount, arena)
  const keys = encodeSortKeys(memory, blocks, orderBy, rowCount, arena, sortEntries)
  const positions = radixSort(memory, keys.words, rowCount, arena)
  const undecided = orderBy.slice(keys.decided)
  if (undecided.length > 0) sortRuns(memory, keys, positions, blocks, undecided)
  return positions
}

/** Sorts each run of equal words by the remaining columns. */
function sortRuns(
  memory: WebAssembly.Memory,
  { words }: SortKeys,
  positions: Int32Array,
  blocks: readonly Block[],
  orderBy: readonly ChannelOrder[],
): void {
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
  for (let i = 1; i <= positions.length; i++) {
    if (i < positions.length && sameWords(positions[i - 1]!, positions[i]!)) continue
    if (i - start > 1) sortRange(positions, start, i, compare)
    start = i
  }
}

/** Array.prototype.sort is faster than that of typed arrays with a comparison. */
function sortRange(
  positions: Int32Array,
  start: number,
  end: number,
  compare: (a: number, b: number) => number,
): void {
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
