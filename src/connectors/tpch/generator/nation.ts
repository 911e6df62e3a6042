import type { CodedColumn, GeneratedRows, GenerationContext, RowRange } from './column.js'
import { integerColumn, sequenceColumn } from './column.js'
import { commentColumn, commentStream } from './comments.js'
import { NATION_NAMES, NATION_REGION_KEYS, REGION_NAMES } from './distributions.js'

export type NationColumn = 'nationkey' | 'name' | 'regionkey' | 'comment' | 'row_number'
export type RegionColumn = 'regionkey' | 'name' | 'comment' | 'row_number'

const NATION_COMMENT = commentStream(606179079, 72)
const REGION_COMMENT = commentStream(1500869201, 72)
const NATIONS = { id: 'nation', values: NATION_NAMES }
const REGIONS = { id: 'region', values: REGION_NAMES }

export const NATION_COUNT = NATION_NAMES.length
export const REGION_COUNT = REGION_NAMES.length

/** The nations, the same at every scale factor. */
export function nationRows(
  { startRow, endRow }: RowRange,
  context: GenerationContext,
): GeneratedRows<NationColumn> {
  const rowCount = endRow - startRow
  const regionKeys = Int32Array.from(NATION_REGION_KEYS).subarray(startRow, endRow)
  return {
    rowCount,
    columns: {
      nationkey: () => sequenceColumn(context, startRow, rowCount),
      name: () => nameColumn(context, startRow, rowCount, NATIONS),
      regionkey: () => integerColumn(context, regionKeys, 0, REGION_COUNT - 1),
      comment: () =>
        commentColumn(
          context,
          NATION_COMMENT,
          startRow,
          new Uint8Array(rowCount).fill(1),
          rowCount,
        ),
      row_number: () => sequenceColumn(context, startRow, rowCount),
    },
  }
}

/** The regions, the same at every scale factor. */
export function regionRows(
  { startRow, endRow }: RowRange,
  context: GenerationContext,
): GeneratedRows<RegionColumn> {
  const rowCount = endRow - startRow
  return {
    rowCount,
    columns: {
      regionkey: () => sequenceColumn(context, startRow, rowCount),
      name: () => nameColumn(context, startRow, rowCount, REGIONS),
      comment: () =>
        commentColumn(
          context,
          REGION_COMMENT,
          startRow,
          new Uint8Array(rowCount).fill(1),
          rowCount,
        ),
      row_number: () => sequenceColumn(context, startRow, rowCount),
    },
  }
}

function nameColumn(
  context: GenerationContext,
  startRow: number,
  rowCount: number,
  dictionary: { id: string; values: readonly string[] },
): CodedColumn {
  const codes = context.allocate(rowCount)
  for (let i = 0; i < rowCount; i++) {
    codes[i] = startRow + i
  }
  return { kind: 'coded', codes, dictionary }
}
