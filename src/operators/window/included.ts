import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { type Arena, type Block, flatBlockOf, flatPositionOf, isNull } from '../../spi/index.js'
import type { WindowCallContext } from './call.js'
import type { WindowChunk } from './chunk.js'

/** Whether a BOOLEAN is true, neither false nor null. */
export function isTrueAt(block: Block, position: number): boolean {
  if (isNull(block, position)) return false
  const flat = flatBlockOf(block)
  const at = flatPositionOf(block, position)
  return flat.storage === 'bool' && flat.values[at] !== 0
}

/** A byte for each row of a chunk: 1 where the filter passes it and the argument is not null. */
export function includedRows(
  { spec, rows }: WindowCallContext,
  argument: Block | undefined,
  chunk: WindowChunk,
): Uint8Array {
  const included = chunk.arena.allocate(chunk.rowCount).fill(1)
  const filter = spec.filterChannel === undefined ? undefined : rows.blocks[spec.filterChannel]!
  for (let i = 0; i < chunk.rowCount; i++) {
    const row = chunk.from + i
    if (argument !== undefined && isNull(argument, row)) included[i] = 0
    else if (filter !== undefined && !isTrueAt(filter, row)) included[i] = 0
  }
  return included
}

/** How many of the first i rows are included, i from 0 to all. */
export function prefixCounts(included: Uint8Array, arena: Arena): Int32Array {
  const counts = allocateInt32(arena, included.length + 1)
  let count = 0
  counts[0] = 0
  for (let i = 0; i < included.length; i++) {
    count += included[i]!
    counts[i + 1] = count
  }
  return counts
}
