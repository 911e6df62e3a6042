import { decodeLz4Block } from '../../../arrow/lz4.js'
import type { InflateZstd } from '../zstd.js'
import type { BufferCodec } from './batch-header.js'
import { ArrowFormatError } from './format-error.js'

const LZ4_MAGIC = 0x184d2204
const LZ4_RATIO_MAX = 256
const ZSTD_MAGIC = 0xfd2fb528
/** A frame that does not say its length may say a buffer's is longer by this at most: a block of 3 bytes stands for 128 KiB. */
const ZSTD_RATIO_MAX = 65_536
/** Instead of a length: the buffer is not compressed. */
const NOT_COMPRESSED = -1n

/** The bytes of a compressed buffer, which begins with its length. @throws ArrowFormatError */
export function decompressBuffer(
  buffer: Uint8Array,
  codec: BufferCodec,
  zstd: InflateZstd | undefined,
): Uint8Array {
  if (buffer.length === 0) return buffer
  if (buffer.length < 8) throw new ArrowFormatError('a compressed buffer without its length')
  const length = viewOf(buffer).getBigInt64(0, true)
  const content = buffer.subarray(8)
  if (length === NOT_COMPRESSED) return content
  if (length === 0n) return content.subarray(0, 0)
  const ratio = codec === 'ZSTD' ? ZSTD_RATIO_MAX : LZ4_RATIO_MAX
  if (length < 0n || length > BigInt(content.length * ratio)) {
    throw new ArrowFormatError('a compressed buffer of another length')
  }
  return codec === 'ZSTD'
    ? inflateZstd(content, Number(length), zstd)
    : inflateLz4(content, Number(length))
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** @source RFC 8878, section 3.1.1.1 */
function zstdContentBytes(frame: Uint8Array): number | undefined {
  const view = viewOf(frame)
  if (view.getUint32(0, true) !== ZSTD_MAGIC) throw new ArrowFormatError('no zstd frame')
  const descriptor = view.getUint8(4)
  const isSingle = (descriptor & 0x20) !== 0
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!
  switch (descriptor >> 6) {
    case 0:
      return isSingle ? view.getUint8(at) : undefined
    case 1:
      return view.getUint16(at, true) + 256
    case 2:
      return view.getUint32(at, true)
    default:
      return Number(view.getBigUint64(at, true))
  }
}

function inflateZstd(
  frame: Uint8Array,
  byteLength: number,
  zstd: InflateZstd | undefined,
): Uint8Array {
  if (zstd === undefined) throw new Error('the zstd decoder has not been loaded')
  const said = zstdContentBytes(frame)
  if (said !== undefined && said !== byteLength) {
    throw new ArrowFormatError('a zstd frame of another length')
  }
  let bytes: Uint8Array
  try {
    bytes = zstd(frame, byteLength)
  } catch (error) {
    throw new ArrowFormatError('a zstd frame that is damaged', { cause: error })
  }
  if (bytes.length !== byteLength) throw new ArrowFormatError('a zstd frame of another length')
  return bytes
}

/** @source LZ4 Frame Format Description */
function inflateLz4(frame: Uint8Array, byteLength: number): Uint8Array {
  const view = viewOf(frame)
  if (view.getUint32(0, true) !== LZ4_MAGIC) throw new ArrowFormatError('no LZ4 frame')
  const flags = view.getUint8(4)
  if (flags >> 6 !== 1) throw new ArrowFormatError('an LZ4 frame of another version')
  const hasBlockChecksums = (flags & 0x10) !== 0
  let at = 7 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0)
  const target = new Uint8Array(byteLength)
  let length = 0
  for (;;) {
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) break
    const blockBytes = word & 0x7fff_ffff
    if (at + blockBytes > frame.length) throw new ArrowFormatError('an LZ4 frame that ends early')
    const block = frame.subarray(at, at + blockBytes)
    at += blockBytes + (hasBlockChecksums ? 4 : 0)
    if (word > 0x7fff_ffff) {
      if (length + blockBytes > byteLength) throw damagedLz4()
      target.set(block, length)
      length += blockBytes
    } else {
      length = decodeLz4Block(block, target, length)
      if (length < 0) throw damagedLz4()
    }
  }
  if (length !== byteLength) throw damagedLz4()
  return target
}

const damagedLz4 = (): ArrowFormatError => new ArrowFormatError('an LZ4 frame that is damaged')
