import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { Arena, Block, SqlType } from '../../spi/index.js'
import { flattenBlock, gatherBlock } from '../kernels/gather.js'
import { keyKind } from '../keys/key-kind.js'
import { memoryOf } from '../operator-memory.js'
import type { JoinIndexState } from './join-index.js'
import { joinKernels } from './join-kernels.js'

/**
 * Where the rows of a build side lie in the order of their keys, the number of each key is its row, so that look-ups read no heads. It can
 * be so where keys are integers of one column, come once, and codes that are addressed directly are all there.
 * @source DuckDB, perfect hash joins
 */
export interface KeyOrder {
  /** The row of each key, in the order of the keys. */
  readonly rows: Int32Array
  /** Whether rows lie otherwise, so that columns have to be moved for it. */
  readonly moves: boolean
}

/**
 * Where the heads of an index lie, one a row in the order of the keys; undefined where some codes have none.
 * @param index of keys that come once, as if nothing else were known of them
 */
export function headsOfKeys(index: JoinIndexState): number | undefined {
  const { rowCount, hasNullKey, encoder, heads, ranks, table } = index
  if (hasNullKey || table !== undefined || encoder === undefined) return undefined
  const { columns, layout } = encoder
  if (columns.length !== 1 || columns[0]!.kind !== 'range') return undefined
  if (ranks !== undefined) return heads
  // Code 0 is that of null.
  return layout.size === rowCount + 1 ? heads + 4 : undefined
}

/**
 * The order of keys that come once; undefined where it is not worth its cost: columns of another kind than numbers would have to be moved.
 * @param heads see {@link headsOfKeys}
 * @param types of the columns that are kept
 */
export function keyOrder(
  heads: number,
  rowCount: number,
  types: readonly SqlType[],
  arena: Arena,
): KeyOrder | undefined {
  const rows = allocateInt32(arena, rowCount)
  const moved = joinKernels(memoryOf(arena)).rowsOf(heads, rowCount, rows.byteOffset)
  if (moved > 0 && !types.every(isNumeric)) return undefined
  return { rows, moves: moved > 0 }
}

const isNumeric = (type: SqlType): boolean => {
  const kind = keyKind(type)
  return kind === 'range' || kind === 'int64'
}

/** A column of numbers in the order of the keys, all of it in `arena`. */
export const moved = (column: Block, { rows }: KeyOrder, arena: Arena, scratch: Arena): Block =>
  gatherBlock(flattenBlock(column, scratch), rows, rows.length, arena)
