import type { OutputBounds } from './statistics.js'
import { ThriftWriter } from './thrift-writer.js'

/** What is known of a data page once it is written. */
export interface WrittenPage {
  /** With its header. */
  readonly byteLength: number
  /** Within the row group. */
  readonly firstRow: number
  readonly valueCount: number
  readonly nullCount: number
  readonly bounds: OutputBounds | undefined
}

/** Where the pages of a chunk are. @param offset of the first one @source OffsetIndex of parquet-format's PageIndex.md */
export function offsetIndex(pages: readonly WrittenPage[], offset: number): Uint8Array {
  const writer = new ThriftWriter()
  let at = offset
  writer.content(() => {
    writer.structs(1, pages, ({ byteLength, firstRow }) => {
      writer.long(1, at)
      writer.integer(2, byteLength)
      writer.long(3, firstRow)
      at += byteLength
    })
  })
  return writer.bytes()
}

const NO_BOUND = new Uint8Array(0)
/** Pages are in the order of the rows. */
const UNORDERED = 0

/**
 * What the pages of a chunk have; undefined where that is not known of all of them.
 * @source ColumnIndex of parquet-format's PageIndex.md
 */
export function columnIndex(pages: readonly WrittenPage[]): Uint8Array | undefined {
  const isNull = pages.map(({ valueCount, nullCount }) => valueCount === nullCount)
  if (!pages.every(({ bounds }, i) => isNull[i] || bounds !== undefined)) return undefined
  const writer = new ThriftWriter()
  writer.content(() => {
    writer.booleans(1, isNull)
    writer.binaries(
      2,
      pages.map(({ bounds }) => bounds?.min ?? NO_BOUND),
    )
    writer.binaries(
      3,
      pages.map(({ bounds }) => bounds?.max ?? NO_BOUND),
    )
    writer.integer(4, UNORDERED)
    writer.longs(
      5,
      pages.map(({ nullCount }) => nullCount),
    )
  })
  return writer.bytes()
}
