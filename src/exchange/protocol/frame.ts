import { crc32 } from 'node:zlib'
import { corrupt } from '../arrow/message.js'
import { Codec, type EncodedBody } from '../arrow/sealed-body.js'

/**
 * The header of every frame, on connections and in files: 40 bytes, little-endian. docs/exchange.md has the format byte by
 * byte.
 */
export interface FrameHeader {
  readonly kind: FrameKind
  /** Names the stream on its connection; 0 in files and for the connection itself. */
  readonly stream: number
  /** Counts the frames of a stream from 0; control frames have 0. */
  readonly sequence: number
  /** Slot of a schema, number of a dictionary, schema of a page. */
  readonly number: number
  readonly bodyLength: number
  readonly parametersLength: number
  readonly rawLength: number
  readonly codec: Codec
  /** CRC-32 of the body; on the wire combined with the header's own. */
  readonly checksum: number
}

export const FRAME_VERSION = 1
export const HEADER_BYTES = 40
/** No body is longer. */
export const BODY_BYTES_MAX = 512 * 2 ** 20

const KINDS = ['control', 'schema', 'dictionary', 'page', 'end'] as const
export type FrameKind = (typeof KINDS)[number]

const MAGIC = 0x584d
/** The header's own bytes that its checksum covers: all before it. */
const CHECKED_BYTES = 36

export function writeHeader(header: FrameHeader, target: Buffer, at = 0): void {
  target.writeUInt16LE(MAGIC, at)
  target.writeUInt8(FRAME_VERSION, at + 2)
  target.writeUInt8(KINDS.indexOf(header.kind) + 1, at + 3)
  target.writeUInt32LE(header.stream, at + 4)
  target.writeUInt32LE(header.sequence >>> 0, at + 8)
  target.writeUInt32LE(Math.floor(header.sequence / 2 ** 32), at + 12)
  target.writeUInt32LE(header.number, at + 16)
  target.writeUInt32LE(header.bodyLength, at + 20)
  target.writeUInt32LE(header.parametersLength, at + 24)
  target.writeUInt32LE(header.rawLength, at + 28)
  target.writeUInt32LE(header.codec, at + 32)
  const own = crc32(target.subarray(at, at + CHECKED_BYTES))
  target.writeUInt32LE((own ^ header.checksum) >>> 0, at + CHECKED_BYTES)
}

/** @throws CORRUPT_PAGE */
export function readHeader(bytes: Buffer, at = 0): FrameHeader {
  if (bytes.length < at + HEADER_BYTES) throw corrupt('it is too short')
  if (bytes.readUInt16LE(at) !== MAGIC) throw corrupt('it has no header')
  const version = bytes.readUInt8(at + 2)
  if (version !== FRAME_VERSION) throw corrupt(`its format is ${version}, not ${FRAME_VERSION}`)
  const kind = KINDS[bytes.readUInt8(at + 3) - 1]
  if (kind === undefined) throw corrupt(`its kind is ${bytes.readUInt8(at + 3)}`)
  const codec = bytes.readUInt32LE(at + 32)
  if (codec !== Codec.none && codec !== Codec.lz4) throw corrupt(`its codec is ${codec}`)
  const bodyLength = bytes.readUInt32LE(at + 20)
  const rawLength = bytes.readUInt32LE(at + 28)
  if (Math.max(bodyLength, rawLength) > BODY_BYTES_MAX)
    throw corrupt(`a body of ${bodyLength} bytes`)
  const own = crc32(bytes.subarray(at, at + CHECKED_BYTES))
  return {
    kind,
    stream: bytes.readUInt32LE(at + 4),
    sequence: bytes.readUInt32LE(at + 8) + bytes.readUInt32LE(at + 12) * 2 ** 32,
    number: bytes.readUInt32LE(at + 16),
    bodyLength,
    parametersLength: bytes.readUInt32LE(at + 24),
    rawLength,
    checksum: (bytes.readUInt32LE(at + CHECKED_BYTES) ^ own) >>> 0,
    codec,
  }
}

/** The body that a header describes. */
export const bodyOf = (header: FrameHeader, bytes: Uint8Array): EncodedBody => ({
  bytes,
  parametersLength: header.parametersLength,
  rawLength: header.rawLength,
  codec: header.codec,
  checksum: header.checksum,
})

const EMPTY: EncodedBody = {
  bytes: new Uint8Array(0),
  parametersLength: 0,
  rawLength: 0,
  codec: Codec.none,
  checksum: 0,
}

/** A frame of a stream before its place in the stream and its connection are known. */
export interface DataFrame {
  readonly kind: Exclude<FrameKind, 'control'>
  readonly number: number
  readonly body: EncodedBody
}

export const END_FRAME: DataFrame = { kind: 'end', number: 0, body: EMPTY }

export const headerOf = (frame: DataFrame, stream: number, sequence: number): FrameHeader => ({
  kind: frame.kind,
  stream,
  sequence,
  number: frame.number,
  bodyLength: frame.body.bytes.length,
  parametersLength: frame.body.parametersLength,
  rawLength: frame.body.rawLength,
  codec: frame.body.codec,
  checksum: frame.body.checksum,
})
