import type { BytesBlock } from '../../../spi/index.js'
import type { ColumnData } from './batch-columns.js'
import { ArrowFormatError } from './format-error.js'

/** Values up to this long are in the view itself. */
const INLINE_BYTES_MAX = 12
const VIEW_BYTES = 16

/**
 * Values of views, put one after the other.
 * @source Arrow columnar format, "Variable-size Binary View Layout"
 */
export function viewBytes(
  { buffers, validity }: ColumnData,
  start: number,
  rowCount: number,
): Pick<BytesBlock, 'storage' | 'offsets' | 'bytes'> {
  const [views, ...contents] = buffers
  const at = new DataView(views!.buffer, views!.byteOffset, views!.byteLength)
  const offsets = new Int32Array(rowCount + 1)
  let end = 0
  for (let i = 0; i < rowCount; i++) {
    const position = start + i
    const isPresent = validity === null || (validity[position >> 3]! & (1 << (position & 7))) !== 0
    const length = isPresent ? at.getInt32(position * VIEW_BYTES, true) : 0
    end += length
    if (length < 0 || end > 0x7fff_ffff) throw new ArrowFormatError('values out of range')
    offsets[i + 1] = end
  }
  // What the views say is allocated only once each was found to be there.
  const parts = Array.from({ length: rowCount }, (_, i) => {
    const length = offsets[i + 1]! - offsets[i]!
    const view = (start + i) * VIEW_BYTES
    if (length <= INLINE_BYTES_MAX) return views!.subarray(view + 4, view + 4 + length)
    const content = contents[at.getInt32(view + 8, true)]
    const from = at.getInt32(view + 12, true)
    if (content === undefined || from < 0 || from + length > content.length) {
      throw new ArrowFormatError('a value beyond its buffer')
    }
    return content.subarray(from, from + length)
  })
  const bytes = new Uint8Array(end)
  for (const [i, part] of parts.entries()) bytes.set(part, offsets[i]!)
  return { storage: 'bytes', offsets, bytes }
}
