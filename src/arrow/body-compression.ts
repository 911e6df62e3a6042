import type { BatchParts, BodyCodec } from './batch-message.js'
import { compressLz4 } from './lz4.js'

/** Of a buffer that is kept as it is, instead of its length. @source Message.fbs, BodyCompressionMethod */
const NOT_COMPRESSED = -1n
/** A frame of independent blocks of up to 4 MiB, without checksums; the last byte is that of the two before it. @source LZ4 Frame Format Description */
const FRAME_HEAD = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73)
const BLOCK_BYTES = 4 << 20
/** In a block's length: its bytes are not compressed. */
const STORED_BIT = 0x8000_0000

/** The batch with its buffers compressed: what does not get smaller is kept. */
export function compressBuffers(batch: BatchParts, codec: BodyCodec): BatchParts {
  const buffers = batch.buffers.map((buffer) => {
    if (buffer.length === 0) return buffer
    const frame = lz4Frame(buffer)
    const isSmaller = frame.length < buffer.length
    const content = isSmaller ? frame : buffer
    const bytes = new Uint8Array(8 + content.length)
    const length = isSmaller ? BigInt(buffer.length) : NOT_COMPRESSED
    new DataView(bytes.buffer).setBigInt64(0, length, true)
    bytes.set(content, 8)
    return bytes
  })
  return { rowCount: batch.rowCount, nodes: batch.nodes, buffers, codec }
}

function lz4Frame(source: Uint8Array): Uint8Array {
  const blocks: { readonly bytes: Uint8Array; readonly isStored: boolean }[] = []
  let byteLength = FRAME_HEAD.length + 4
  for (let at = 0; at < source.length; at += BLOCK_BYTES) {
    const raw = source.subarray(at, at + BLOCK_BYTES)
    const compressed = compressLz4(raw, raw.length - 1)
    blocks.push({ bytes: compressed ?? raw, isStored: compressed === undefined })
    byteLength += 4 + (compressed ?? raw).length
  }
  const frame = new Uint8Array(byteLength)
  const view = new DataView(frame.buffer)
  frame.set(FRAME_HEAD)
  let at = FRAME_HEAD.length
  for (const { bytes, isStored } of blocks) {
    view.setUint32(at, isStored ? (bytes.length | STORED_BIT) >>> 0 : bytes.length, true)
    frame.set(bytes, at + 4)
    at += 4 + bytes.length
  }
  return frame
}
