/** What a binary message carries. The numbers are those of the exchange's frames. */
export const FrameKind = { schema: 2, dictionary: 3, page: 4 } as const
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind]

/** Bytes before the body of a binary message; a multiple of 8, so that bodies stay aligned. */
const FRAME_HEADER_BYTES = 24

/** A binary message before it belongs to a query. */
export interface FrameBody {
  readonly kind: FrameKind
  readonly rowCount: number
  /** Format `pages`: the slot of the schema, or the number of the dictionary. */
  readonly number: number
  /** Format `pages`: bytes of the parameters at the start of the body. */
  readonly parametersLength: number
  /** Parts of the body, one after another. */
  readonly parts: readonly Uint8Array[]
}

/**
 * The header: kind (u8), 3 bytes 0, then six u32, little-endian: query, sequence, rowCount, number, parametersLength.
 */
export function frameBytes(body: FrameBody, query: number, sequence: number): Buffer {
  let byteLength = FRAME_HEADER_BYTES
  for (const part of body.parts) byteLength += part.length
  const bytes = Buffer.allocUnsafeSlow(byteLength)
  bytes.writeUInt32LE(body.kind, 0)
  bytes.writeUInt32LE(query, 4)
  bytes.writeUInt32LE(sequence, 8)
  bytes.writeUInt32LE(body.rowCount, 12)
  bytes.writeUInt32LE(body.number, 16)
  bytes.writeUInt32LE(body.parametersLength, 20)
  let at = FRAME_HEADER_BYTES
  for (const part of body.parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
