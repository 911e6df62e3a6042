import { MessageType } from '../../../arrow/batch-message.js'
import { FILE_BLOCK_BYTES, type FileBlock } from '../../../arrow/file-footer.js'
import { type FileReader, openFile } from '../file-reader.js'
import type { DataFile } from '../format.js'
import { type BatchHeader, readBatchHeader } from './batch-header.js'
import { FlatTable, sizeAt } from './flatbuffer-reader.js'
import { ArrowFormatError, arrowFailure } from './format-error.js'
import { type ArrowField, checkVersion, readSchema } from './schema.js'

/** What an IPC file says of itself; of a stream only what stands at its beginning. */
export interface ArrowFile {
  readonly fields: readonly ArrowField[]
  /** Absent for streams: their batches are met one after the other. */
  readonly footer?: {
    readonly dictionaries: readonly FileBlock[]
    readonly batches: readonly FileBlock[]
  }
  /** Of a stream: where the message after the schema begins. */
  readonly next: number
}

/** A dictionary or record batch, whose body has not been read. */
export interface BatchMessage {
  readonly dictionary?: { readonly id: bigint; readonly isDelta: boolean }
  readonly header: BatchHeader
  readonly bodyOffset: number
  readonly bodyLength: number
  /** Where the next message of a stream begins. */
  readonly end: number
}

const MAGIC = 'ARROW1'
const TRAILER_BYTES = 10
const CONTINUATION = 0xffffffff
/** Metadata says where buffers are and no values: more than this is damaged. */
const METADATA_BYTES_MAX = 256 << 20

/** Opens a file and reads its schema. The caller closes the reader. @throws HIVE_BAD_DATA, and what openFile throws */
export async function openArrow(
  file: DataFile,
  signal: AbortSignal,
): Promise<{ readonly reader: FileReader; readonly arrow: ArrowFile }> {
  const reader = await openFile(file, signal)
  try {
    return { reader, arrow: await readArrowFile(reader) }
  } catch (error) {
    await reader.close()
    throw arrowFailure(error, file.path)
  }
}

async function readArrowFile(reader: FileReader): Promise<ArrowFile> {
  const { size } = reader.file
  if (size === 0) throw new ArrowFormatError('it is empty')
  const head = textOf(await reader.read(0, Math.min(size, MAGIC.length)))
  return head === MAGIC ? readFooter(reader) : readStreamHead(reader)
}

const textOf = (bytes: Uint8Array<ArrayBuffer>): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

async function readFooter(reader: FileReader): Promise<ArrowFile> {
  const { size } = reader.file
  const trailer = await reader.read(size - TRAILER_BYTES, TRAILER_BYTES)
  if (textOf(trailer.subarray(4)) !== MAGIC) {
    throw new ArrowFormatError('it ends before its footer')
  }
  const length = viewOf(trailer).getInt32(0, true)
  const start = size - TRAILER_BYTES - length
  if (length <= 0 || start < MAGIC.length) throw new ArrowFormatError('a footer of another length')
  const footer = FlatTable.root(await reader.read(start, length))
  checkVersion(footer.int16(0, 0))
  const schema = footer.table(1)
  if (schema === undefined) throw new ArrowFormatError('no schema')
  return {
    fields: readSchema(schema),
    footer: { dictionaries: fileBlocks(footer, 2), batches: fileBlocks(footer, 3) },
    next: size,
  }
}

function fileBlocks(footer: FlatTable, field: number): readonly FileBlock[] {
  const { view, start, count } = footer.structs(field, FILE_BLOCK_BYTES)
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * FILE_BLOCK_BYTES
    return {
      offset: sizeAt(view, at),
      metadataLength: view.getInt32(at + 8, true),
      bodyLength: sizeAt(view, at + 16),
    }
  })
}

async function readStreamHead(reader: FileReader): Promise<ArrowFile> {
  const found = await readMetadata(reader, 0)
  if (found === undefined) throw new ArrowFormatError('no schema')
  checkVersion(found.message.int16(0, 0))
  const schema =
    found.message.int8(1, 0) === MessageType.schema ? found.message.table(2) : undefined
  if (schema === undefined) throw new ArrowFormatError('no schema')
  return { fields: readSchema(schema), next: found.end }
}

/** The metadata of the message at an offset, undefined at the end of a stream. */
async function readMetadata(
  reader: FileReader,
  offset: number,
): Promise<{ readonly message: FlatTable; readonly end: number } | undefined> {
  const { size } = reader.file
  // A stream may end without saying so.
  if (offset === size) return undefined
  const prefix = viewOf(await reader.read(offset, Math.min(8, size - offset)))
  // Before version 0.15 messages began with their length.
  const isOld = prefix.getUint32(0, true) !== CONTINUATION
  const length = prefix.getInt32(isOld ? 0 : 4, true)
  if (length === 0) return undefined
  const start = offset + (isOld ? 4 : 8)
  if (length < 0 || length > METADATA_BYTES_MAX || start + length > size) {
    throw new ArrowFormatError('a message of another length')
  }
  return { message: FlatTable.root(await reader.read(start, length)), end: start + length }
}

/**
 * The batch message at an offset, undefined at the end of a stream.
 * @throws ArrowFormatError for what is no batch, and where its body is not all there
 */
export async function readBatchMessage(
  reader: FileReader,
  offset: number,
): Promise<BatchMessage | undefined> {
  const found = await readMetadata(reader, offset)
  if (found === undefined) return undefined
  const { message, end: bodyOffset } = found
  const bodyLength = message.size(3)
  if (bodyOffset + bodyLength > reader.file.size) throw new ArrowFormatError('it ends in a batch')
  const kind = message.int8(1, 0)
  const table = message.table(2)
  const batch = kind === MessageType.dictionaryBatch ? table?.table(1) : table
  if (
    table === undefined ||
    batch === undefined ||
    (kind !== MessageType.dictionaryBatch && kind !== MessageType.recordBatch)
  ) {
    throw new ArrowFormatError(`a message that is no batch, of type ${kind}`)
  }
  return {
    header: readBatchHeader(batch, bodyLength),
    bodyOffset,
    bodyLength,
    end: bodyOffset + bodyLength,
    ...(kind === MessageType.dictionaryBatch
      ? { dictionary: { id: table.id(0), isDelta: table.bool(2) } }
      : {}),
  }
}
