import { ArrowFormatError } from './format-error.js'

type Bits = 8 | 16 | 32 | 64
interface Views {
  readonly 8: Int8Array
  readonly 16: Int16Array
  readonly 32: Int32Array
  readonly 64: BigInt64Array
}

/** Values of a buffer as signed integers: a view of it where it is aligned, else a copy. */
export function typedView<B extends Bits>(
  bytes: Uint8Array,
  bits: B,
  start: number,
  count: number,
): Views[B]
export function typedView(
  bytes: Uint8Array,
  bits: Bits,
  start: number,
  count: number,
): Views[Bits] {
  const width = bits / 8
  const { buffer, byteOffset } = alignedBytes(bytes, width, start * width, count * width)
  switch (bits) {
    case 8:
      return new Int8Array(buffer, byteOffset, count)
    case 16:
      return new Int16Array(buffer, byteOffset, count)
    case 32:
      return new Int32Array(buffer, byteOffset, count)
    case 64:
      return new BigInt64Array(buffer, byteOffset, count)
  }
}

/** A part of a buffer that begins at a multiple of `width`. */
export function alignedBytes(
  bytes: Uint8Array,
  width: number,
  from: number,
  byteLength: number,
): Uint8Array {
  if (from + byteLength > bytes.length) throw new ArrowFormatError('a buffer that is too short')
  const part = bytes.subarray(from, from + byteLength)
  return part.byteOffset % width === 0 ? part : part.slice()
}

/**
 * Offsets that begin at 0, and the range that they are about.
 * @throws ArrowFormatError where they descend, or are about more than a page can hold
 */
export function offsetsIn(
  bytes: Uint8Array,
  bits: 32 | 64,
  start: number,
  rowCount: number,
): { readonly values: Int32Array; readonly first: number; readonly end: number } {
  const values = new Int32Array(rowCount + 1)
  // Of nothing there may be no offsets at all.
  if (rowCount === 0) return { values, first: 0, end: 0 }
  const source = typedView(bytes, bits, start, rowCount + 1)
  const first = Number(source[0]!)
  let last = first
  for (let i = 0; i <= rowCount; i++) {
    const offset = Number(source[i]!)
    if (offset < last) throw new ArrowFormatError('offsets that descend')
    values[i] = offset - first
    last = offset
  }
  if (first < 0 || last - first > 0x7fff_ffff) throw new ArrowFormatError('offsets out of range')
  return { values, first, end: last }
}
