import { type Domain, domainsOverlap, onlyNull } from '../../../spi/index.js'
import { ParquetFormatError } from './format-error.js'
import type { ChunkStatistics } from './metadata.js'
import { appendRows, type RowRange } from './row-ranges.js'
import type { Leaf } from './schema.js'
import { statisticsDomain } from './statistic-values.js'
import { ThriftReader } from './thrift-reader.js'

/** Where a data page lies, its header with it, and which rows it has. */
export interface PageLocation {
  readonly offset: number
  readonly byteLength: number
  readonly rows: RowRange
}

/** What a column index says of a page. */
interface PageBounds {
  readonly isNull: boolean
  readonly statistics: ChunkStatistics
}

/**
 * The pages of a chunk.
 * @source OffsetIndex of https://github.com/apache/parquet-format/blob/master/PageIndex.md
 * @throws ParquetFormatError where they don't follow each other and have all rows
 */
export function readOffsetIndex(bytes: Uint8Array, rowCount: number): readonly PageLocation[] {
  const reader = new ThriftReader(bytes)
  const pages: { offset: number; byteLength: number; firstRow: number }[] = []
  const readPage = (): void => {
    const page = { offset: -1, byteLength: -1, firstRow: -1 }
    reader.expectStruct()
    reader.struct((field) => {
      if (field === 1) page.offset = reader.long()
      else if (field === 2) page.byteLength = reader.integer()
      else if (field === 3) page.firstRow = reader.long()
      else return false
      return true
    })
    pages.push(page)
  }
  reader.struct((field) => {
    if (field !== 1) return false
    reader.list(readPage)
    return true
  })
  if (pages.length === 0 && rowCount > 0) {
    throw new ParquetFormatError('its page index has no pages')
  }
  let end = 0
  return pages.map(({ offset, byteLength, firstRow }, i) => {
    const to = pages[i + 1]?.firstRow ?? rowCount
    if (offset < end || byteLength <= 0 || to < firstRow || (i === 0 && firstRow !== 0)) {
      throw new ParquetFormatError('pages of its page index are out of order')
    }
    end = offset + byteLength
    return { offset, byteLength, rows: { from: firstRow, to } }
  })
}

/** @source ColumnIndex of https://github.com/apache/parquet-format/blob/master/PageIndex.md */
function readColumnIndex(bytes: Uint8Array): readonly PageBounds[] {
  const reader = new ThriftReader(bytes)
  let nulls: readonly boolean[] = []
  let mins: readonly Uint8Array[] = []
  let maxs: readonly Uint8Array[] = []
  let nullCounts: readonly number[] | undefined
  reader.struct((field) => {
    if (field === 1) nulls = reader.list(() => reader.boolean())
    else if (field === 2) mins = reader.list(() => reader.binary())
    else if (field === 3) maxs = reader.list(() => reader.binary())
    else if (field === 5) nullCounts = reader.list(() => reader.long())
    else return false
    return true
  })
  const { length } = nulls
  if (
    mins.length !== length ||
    maxs.length !== length ||
    (nullCounts?.length ?? length) !== length
  ) {
    throw new ParquetFormatError('its page index has bounds of other pages')
  }
  return nulls.map((isNull, i) => {
    const nullCount = nullCounts?.[i]
    const bounds = { min: mins[i]!, max: maxs[i]!, isOrdered: true }
    return { isNull, statistics: nullCount === undefined ? bounds : { ...bounds, nullCount } }
  })
}

/** The rows of pages that may have a value of a domain. @throws ParquetFormatError */
export function rowsInDomain(
  leaf: Leaf,
  columnIndex: Uint8Array,
  pages: readonly PageLocation[],
  wanted: Domain,
): readonly RowRange[] {
  const bounds = readColumnIndex(columnIndex)
  if (bounds.length !== pages.length) {
    throw new ParquetFormatError('its page index has bounds of other pages')
  }
  const found: RowRange[] = []
  pages.forEach(({ rows }, i) => {
    const { isNull, statistics } = bounds[i]!
    const may = isNull
      ? onlyNull(leaf.type)
      : statisticsDomain(leaf, statistics, rows.to - rows.from)
    if (domainsOverlap(may, wanted)) appendRows(found, rows)
  })
  return found
}
