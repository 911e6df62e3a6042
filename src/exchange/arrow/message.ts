import {
  BUFFER_BYTES,
  CONTINUATION,
  MessageType,
  NODE_BYTES,
  PREFIX_BYTES,
} from '../../arrow/batch-message.js'
import { MillraceError } from '../../spi/index.js'

/** A batch as it was received: its buffers are views. */
export interface ReceivedBatch {
  /** Of a dictionary batch. */
  readonly dictionary: { readonly id: number; readonly isDelta: boolean } | undefined
  readonly rowCount: number
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[]
  readonly buffers: readonly Uint8Array[]
  /** Where the message ends. */
  readonly end: number
}

export const corrupt = (what: string): MillraceError =>
  new MillraceError('CORRUPT_PAGE', `Exchange frame is corrupt: ${what}`)

/**
 * Reads a batch message. Every offset is checked against the bytes that are there.
 * @throws CORRUPT_PAGE
 */
export function readBatchMessage(bytes: Uint8Array, at: number): ReceivedBatch {
  try {
    return readBatch(bytes, at)
  } catch (error) {
    if (error instanceof RangeError) throw corrupt('an offset beyond the end')
    throw error
  }
}

function readBatch(bytes: Uint8Array, at: number): ReceivedBatch {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(at, true) !== CONTINUATION) throw corrupt('no message')
  const metadataLength = view.getInt32(at + 4, true)
  const meta = new DataView(bytes.buffer, bytes.byteOffset + at + PREFIX_BYTES, metadataLength)
  const message = tableAt(meta, meta.getUint32(0, true))
  const type = meta.getUint8(fieldOf(meta, message, 1))
  const bodyStart = at + PREFIX_BYTES + metadataLength
  const bodyLength = int64At(meta, fieldOf(meta, message, 3))
  if (bodyStart + bodyLength > bytes.length) throw corrupt('a body beyond the end')
  let table = referenceAt(meta, fieldOf(meta, message, 2))
  let dictionary: ReceivedBatch['dictionary']
  if (type === MessageType.dictionaryBatch) {
    dictionary = {
      id: int64At(meta, fieldOf(meta, table, 0)),
      isDelta: meta.getUint8(fieldOf(meta, table, 2)) !== 0,
    }
    table = referenceAt(meta, fieldOf(meta, table, 1))
  } else if (type !== MessageType.recordBatch) throw corrupt(`message of type ${type}`)
  const body = bytes.subarray(bodyStart, bodyStart + bodyLength)
  return {
    dictionary,
    rowCount: int64At(meta, fieldOf(meta, table, 0)),
    nodes: readNodes(meta, referenceAt(meta, fieldOf(meta, table, 1))),
    buffers: readBuffers(meta, referenceAt(meta, fieldOf(meta, table, 2)), body),
    end: bodyStart + bodyLength,
  }
}

function tableAt(meta: DataView, at: number): number {
  meta.getInt32(at, true)
  return at
}

/** Where a field of a table is. */
function fieldOf(meta: DataView, table: number, field: number): number {
  const vtable = table - meta.getInt32(table, true)
  const at = 4 + field * 2
  const offset = at < meta.getUint16(vtable, true) ? meta.getUint16(vtable + at, true) : 0
  if (offset === 0) throw corrupt('a field is missing')
  return table + offset
}

const referenceAt = (meta: DataView, at: number): number =>
  tableAt(meta, at + meta.getUint32(at, true))

function int64At(meta: DataView, at: number): number {
  const high = meta.getInt32(at + 4, true)
  if (high < 0 || high > 0x1f_ffff) throw corrupt('a number is out of range')
  return high * 2 ** 32 + meta.getUint32(at, true)
}

function readNodes(meta: DataView, at: number): { length: number; nullCount: number }[] {
  const nodes: { length: number; nullCount: number }[] = []
  const count = meta.getUint32(at, true)
  for (let i = 0, node = at + 4; i < count; i++, node += NODE_BYTES) {
    nodes.push({ length: int64At(meta, node), nullCount: int64At(meta, node + 8) })
  }
  return nodes
}

function readBuffers(meta: DataView, at: number, body: Uint8Array): Uint8Array[] {
  const buffers: Uint8Array[] = []
  const count = meta.getUint32(at, true)
  for (let i = 0, buffer = at + 4; i < count; i++, buffer += BUFFER_BYTES) {
    const start = int64At(meta, buffer)
    const end = start + int64At(meta, buffer + 8)
    if (end > body.length || start % 8 !== 0) throw corrupt('a buffer beyond the body')
    buffers.push(body.subarray(start, end))
  }
  return buffers
}
