import { BUFFER_BYTES, NODE_BYTES } from '../../../arrow/batch-message.js'
import { type FlatTable, sizeAt } from './flatbuffer-reader.js'
import { ArrowFormatError } from './format-error.js'

/** Codecs of buffers, by Arrow's numbers. @source Message.fbs, CompressionType */
const CODECS = ['LZ4_FRAME', 'ZSTD'] as const
export type BufferCodec = (typeof CODECS)[number]

/** What the metadata of a batch says. */
export interface BatchHeader {
  readonly rowCount: number
  /** Depth first. */
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[]
  /** In the body. */
  readonly buffers: readonly BufferRange[]
  readonly codec: BufferCodec | undefined
  /** How many buffers of values each field of views has. */
  readonly variadicCounts: readonly number[]
}

export interface BufferRange {
  readonly offset: number
  readonly byteLength: number
}

/** @throws ArrowFormatError for buffers outside of the body, or more than it can hold */
export function readBatchHeader(batch: FlatTable, bodyLength: number): BatchHeader {
  const nodes = batch.structs(1, NODE_BYTES)
  const variadic = batch.structs(4, 8)
  return {
    rowCount: batch.size(0),
    nodes: Array.from({ length: nodes.count }, (_, i) => ({
      length: sizeAt(nodes.view, nodes.start + i * NODE_BYTES),
      nullCount: sizeAt(nodes.view, nodes.start + i * NODE_BYTES + 8),
    })),
    buffers: readBuffers(batch, bodyLength),
    codec: readCodec(batch.table(3)),
    variadicCounts: Array.from({ length: variadic.count }, (_, i) =>
      sizeAt(variadic.view, variadic.start + i * 8),
    ),
  }
}

function readBuffers(batch: FlatTable, bodyLength: number): readonly BufferRange[] {
  const { view, start, count } = batch.structs(2, BUFFER_BYTES)
  let end = 0
  return Array.from({ length: count }, (_, i) => {
    const offset = sizeAt(view, start + i * BUFFER_BYTES)
    const byteLength = sizeAt(view, start + i * BUFFER_BYTES + 8)
    if (byteLength === 0) return { offset: end, byteLength }
    // One after the other: bytes that are several buffers at once would let a small file be large.
    if (offset < end || offset + byteLength > bodyLength) {
      throw new ArrowFormatError('a buffer outside of its batch')
    }
    end = offset + byteLength
    return { offset, byteLength }
  })
}

function readCodec(compression: FlatTable | undefined): BufferCodec | undefined {
  if (compression === undefined) return undefined
  const codec = CODECS[compression.int8(0, 0)]
  if (codec === undefined) throw new ArrowFormatError('buffers of an unknown compression')
  return codec
}
