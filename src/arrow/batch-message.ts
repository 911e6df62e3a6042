/**
 * Arrow IPC messages with record and dictionary batches, written without the library: the layout of the tables is
 * fixed, so that they are written in one go.
 * @source Arrow columnar format, "Encapsulated message format"; Message.fbs
 */

export const CONTINUATION = 0xffffffff
const METADATA_V5 = 4
export const MessageType = { schema: 1, dictionaryBatch: 2, recordBatch: 3 } as const
export const PREFIX_BYTES = 8
export const NODE_BYTES = 16
export const BUFFER_BYTES = 16
/** Of the tables before the nodes of a record batch, and of the table that wraps it in a dictionary batch. */
const BATCH_HEAD_BYTES = 80
const DICTIONARY_HEAD_BYTES = 40
/** Of the table that says how buffers are compressed. */
const COMPRESSION_BYTES = 8

/** A batch as lists: what its message says, and where its buffers come from. */
export interface BatchParts {
  rowCount: number
  /** Length and null count of each node, depth first. */
  readonly nodes: readonly number[]
  /** Contents of each buffer, in the order of the nodes. */
  readonly buffers: readonly Uint8Array[]
  /** Of the buffers; absent: none. */
  readonly codec?: BodyCodec
}

/** A batch that is being collected. */
export interface BatchDraft extends BatchParts {
  readonly nodes: number[]
  readonly buffers: Uint8Array[]
}

/** How the buffers of a batch are compressed, each by itself. */
export type BodyCodec = 'LZ4_FRAME'

export const padded = (byteLength: number): number => (byteLength + 7) & ~7

const metadataBytes = (batch: BatchParts, isDictionary: boolean): number =>
  (isDictionary ? DICTIONARY_HEAD_BYTES : 0) +
  BATCH_HEAD_BYTES +
  (batch.nodes.length / 2) * NODE_BYTES +
  8 +
  batch.buffers.length * BUFFER_BYTES +
  (batch.codec === undefined ? 0 : COMPRESSION_BYTES)

function bodyBytes(batch: BatchParts): number {
  let byteLength = 0
  for (const buffer of batch.buffers) byteLength += padded(buffer.length)
  return byteLength
}

/** Bytes of the whole message, a multiple of 8. */
export const batchMessageBytes = (batch: BatchParts, isDictionary: boolean): number =>
  PREFIX_BYTES + metadataBytes(batch, isDictionary) + bodyBytes(batch)

/** Writes a record batch, or with a dictionary's id a dictionary batch. @returns where the message ends */
export function writeBatchMessage(
  target: Uint8Array,
  at: number,
  batch: BatchParts,
  dictionary?: { readonly id: number; readonly isDelta: boolean },
): number {
  const metadata = metadataBytes(batch, dictionary !== undefined)
  const view = new DataView(target.buffer, target.byteOffset + at)
  view.setUint32(0, CONTINUATION, true)
  view.setInt32(4, metadata, true)
  target.fill(0, at + PREFIX_BYTES, at + PREFIX_BYTES + metadata)
  const meta = new DataView(target.buffer, target.byteOffset + at + PREFIX_BYTES, metadata)
  writeMessageTable(meta, dictionary === undefined ? 3 : 2, bodyBytes(batch))
  let table = 40
  if (dictionary !== undefined) {
    writeDictionaryTable(meta, dictionary)
    table += DICTIONARY_HEAD_BYTES
  }
  writeBatchTable(meta, table, batch)
  return writeBuffers(target, at + PREFIX_BYTES + metadata, batch.buffers)
}

/** Message { version, header_type, header, bodyLength } at 20, its vtable at 4; the header's vtable comes at 40. */
function writeMessageTable(meta: DataView, headerType: number, bodyLength: number): void {
  meta.setUint32(0, 20, true)
  writeVtable(meta, 4, 20, [16, 18, 12, 4])
  meta.setInt32(20, 16, true)
  meta.setBigInt64(24, BigInt(bodyLength), true)
  meta.setUint32(32, 52 - 32, true)
  meta.setInt16(36, METADATA_V5, true)
  meta.setUint8(38, headerType)
}

/** DictionaryBatch { id, data, isDelta } at 52, its vtable at 40; it ends at 80. */
function writeDictionaryTable(
  meta: DataView,
  { id, isDelta }: { readonly id: number; readonly isDelta: boolean },
): void {
  writeVtable(meta, 40, 20, [4, 12, 16])
  meta.setInt32(52, 12, true)
  meta.setBigInt64(56, BigInt(id), true)
  meta.setUint32(64, 92 - 64, true)
  meta.setUint8(68, isDelta ? 1 : 0)
}

/** RecordBatch { length, nodes, buffers, compression }: vtable at `base`, table 12 after it, vectors from 36 after it. */
function writeBatchTable(
  meta: DataView,
  base: number,
  { rowCount, nodes, buffers, codec }: BatchParts,
): void {
  const table = base + 12
  if (codec === undefined) writeVtable(meta, base, 20, [4, 12, 16])
  else writeVtable(meta, base, 24, [4, 12, 16, 20])
  meta.setInt32(table, 12, true)
  meta.setBigInt64(table + 4, BigInt(rowCount), true)
  const nodesAt = base + 36
  const buffersAt = nodesAt + 4 + nodes.length * 8 + 4
  meta.setUint32(table + 12, nodesAt - (table + 12), true)
  meta.setUint32(table + 16, buffersAt - (table + 16), true)
  meta.setUint32(nodesAt, nodes.length / 2, true)
  for (let i = 0; i < nodes.length; i++) {
    meta.setUint32(nodesAt + 4 + i * 8, nodes[i]!, true)
  }
  meta.setUint32(buffersAt, buffers.length, true)
  let offset = 0
  let at = buffersAt + 4
  for (const { length } of buffers) {
    meta.setUint32(at, offset >>> 0, true)
    meta.setUint32(at + 8, length, true)
    offset += padded(length)
    at += BUFFER_BYTES
  }
  if (codec === undefined) return
  // BodyCompression: both of its fields have their defaults, LZ4_FRAME and BUFFER.
  writeVtable(meta, at, 4, [])
  meta.setInt32(at + 4, 4, true)
  meta.setUint32(table + 20, at + 4 - (table + 20), true)
}

function writeVtable(
  meta: DataView,
  at: number,
  tableBytes: number,
  fields: readonly number[],
): void {
  meta.setUint16(at, (fields.length + 2) * 2, true)
  meta.setUint16(at + 2, tableBytes, true)
  for (let i = 0; i < fields.length; i++) meta.setUint16(at + 4 + i * 2, fields[i]!, true)
}

function writeBuffers(target: Uint8Array, from: number, buffers: readonly Uint8Array[]): number {
  let at = from
  for (const buffer of buffers) {
    target.set(buffer, at)
    const end = at + buffer.length
    at += padded(buffer.length)
    if (end < at) target.fill(0, end, at)
  }
  return at
}

/** Wraps the metadata of a message that has no body. */
export function encapsulate(metadata: Uint8Array): Uint8Array {
  const message = new Uint8Array(PREFIX_BYTES + metadata.length)
  const view = new DataView(message.buffer)
  view.setUint32(0, CONTINUATION, true)
  view.setInt32(4, metadata.length, true)
  message.set(metadata, PREFIX_BYTES)
  return message
}
