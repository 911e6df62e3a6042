import { crc32 } from 'node:zlib'
import { compressLz4, decompressLz4 } from '../../arrow/lz4.js'
import { corrupt } from './message.js'

/** The body of a frame as it is sent or stored. */
export interface EncodedBody {
  readonly bytes: Uint8Array
  /** Bytes before the first Arrow message, once decompressed: a multiple of 8. */
  readonly parametersLength: number
  /** Length before compression. */
  readonly rawLength: number
  readonly codec: Codec
  /** CRC-32 of `bytes`. */
  readonly checksum: number
}

export const Codec = { none: 0, lz4: 1 } as const
export type Codec = (typeof Codec)[keyof typeof Codec]

/** A body before it is sealed. */
export interface RawBody {
  readonly bytes: Uint8Array
  readonly parametersLength: number
}

/** Bodies below this are not worth compressing. */
const COMPRESSED_BYTES_MIN = 512
/** Of the raw bytes: a body that does not get smaller than this is sent as it is. @source Trino PagesSerde */
const COMPRESSED_FRACTION_MAX = 0.8

/** Gives a body its checksum, compressed where that is asked for and pays. */
export function sealBody({ bytes, parametersLength }: RawBody, compress: boolean): EncodedBody {
  const compressed =
    compress && bytes.length >= COMPRESSED_BYTES_MIN
      ? compressLz4(bytes, Math.floor(bytes.length * COMPRESSED_FRACTION_MAX))
      : undefined
  // The writer's room is larger than what it wrote: what waits to be sent holds no more than that.
  const sealed = compressed?.slice() ?? bytes
  return {
    bytes: sealed,
    parametersLength,
    rawLength: bytes.length,
    codec: compressed === undefined ? Codec.none : Codec.lz4,
    checksum: crc32(sealed),
  }
}

/** The body as it was before it was sealed, aligned for typed arrays. @throws CORRUPT_PAGE */
export function openBody(body: EncodedBody): RawBody {
  const { bytes, parametersLength, rawLength } = body
  if (crc32(bytes) !== body.checksum) throw corrupt('its checksum does not match')
  const raw = body.codec === Codec.lz4 ? decompressLz4(bytes, rawLength) : bytes
  if (raw === undefined) throw corrupt('its compressed bytes')
  if (raw.length !== rawLength || parametersLength % 8 !== 0 || parametersLength > rawLength) {
    throw corrupt('its lengths do not match')
  }
  // Typed arrays want their values aligned: small messages come from anywhere in a pool.
  return { bytes: raw.byteOffset % 8 === 0 ? raw : new Uint8Array(raw), parametersLength }
}
