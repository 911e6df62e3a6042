import type { WindowPartition } from '../../function-definition.js'

/** The positions whose first argument is not NULL, ascending: what IGNORE NULLS looks at. */
export function presentPositions(partition: WindowPartition): Int32Array {
  const found: number[] = []
  for (let i = 0; i < partition.rowCount; i++) if (partition.argument(0, i) !== null) found.push(i)
  return Int32Array.from(found)
}

/** The index of the first element that is at least `position`. O(log n). */
export function lowerBound(sorted: Int32Array, position: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < position) low = middle + 1
    else high = middle
  }
  return low
}
