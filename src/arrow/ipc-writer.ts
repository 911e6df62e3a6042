import type { Page, SqlType } from '../spi/index.js'
import {
  type BatchDraft,
  type BodyCodec,
  batchMessageBytes,
  padded,
  writeBatchMessage,
} from './batch-message.js'
import { compressBuffers } from './body-compression.js'
import { addColumn } from './column-writer.js'
import { type FileBlock, fileFooter } from './file-footer.js'
import { schemaMessage } from './schema-message.js'

export interface ArrowColumn {
  readonly name: string
  readonly type: SqlType
}

/** Ends an Arrow stream. @source Arrow columnar format, "IPC Streaming Format" */
export const ARROW_STREAM_END = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)

/** `ARROW1`. */
const MAGIC = Uint8Array.of(0x41, 0x52, 0x52, 0x4f, 0x57, 0x31)

/** Rows of a batch, so that a message stays small enough for credit to mean something. */
const BATCH_ROWS_MAX = 16_384

/** The bytes of record batches of a page, each a message. O(bytes); nothing of the page is kept. */
export function* recordBatches(page: Page, codec?: BodyCodec): Generator<RecordBatchBytes> {
  for (let start = 0; start < page.rowCount; start += BATCH_ROWS_MAX) {
    const rowCount = Math.min(BATCH_ROWS_MAX, page.rowCount - start)
    yield { rowCount, bytes: recordBatch(page, start, rowCount, codec) }
  }
}

/** The message of a range of a page. O(bytes). */
export function recordBatch(
  page: Page,
  start: number,
  rowCount: number,
  codec?: BodyCodec,
): Uint8Array {
  const draft: BatchDraft = { rowCount, nodes: [], buffers: [] }
  for (const block of page.blocks) addColumn(draft, block, start, rowCount)
  const batch = codec === undefined ? draft : compressBuffers(draft, codec)
  const bytes = new Uint8Array(batchMessageBytes(batch, false))
  writeBatchMessage(bytes, 0, batch)
  return bytes
}

export interface RecordBatchBytes {
  readonly rowCount: number
  readonly bytes: Uint8Array
}

/** Where the bytes go, in order. */
export interface ArrowOutput {
  /** Takes bytes, which are not changed after. */
  write(bytes: Uint8Array): Promise<void>
}

export interface ArrowWriterOptions {
  /** A stream, or a file whose batches can be found from its end. */
  readonly kind: 'stream' | 'file'
  /** Absent: none. */
  readonly codec?: BodyCodec | undefined
}

/** Writes pages as Arrow IPC, batch by batch; holds nothing but where the batches of a file are. */
export class ArrowIpcWriter {
  readonly #columns: readonly ArrowColumn[]
  readonly #output: ArrowOutput
  readonly #options: ArrowWriterOptions
  readonly #blocks: FileBlock[] = []
  #position = 0
  #hasBegun = false

  constructor(columns: readonly ArrowColumn[], output: ArrowOutput, options: ArrowWriterOptions) {
    this.#columns = columns
    this.#output = output
    this.#options = options
  }

  async append(page: Page): Promise<void> {
    await this.#begin()
    for (const { bytes } of recordBatches(page, this.#options.codec)) {
      const metadataLength = 8 + new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true)
      this.#blocks.push({
        offset: this.#position,
        metadataLength,
        bodyLength: bytes.length - metadataLength,
      })
      await this.#write(bytes)
    }
  }

  /** An empty result has a schema too. */
  async finish(): Promise<void> {
    await this.#begin()
    await this.#write(ARROW_STREAM_END)
    if (this.#options.kind === 'stream') return
    const footer = fileFooter(this.#columns, this.#blocks)
    const end = new Uint8Array(footer.length + 4 + MAGIC.length)
    end.set(footer)
    new DataView(end.buffer).setInt32(footer.length, footer.length, true)
    end.set(MAGIC, footer.length + 4)
    await this.#write(end)
  }

  async #begin(): Promise<void> {
    if (this.#hasBegun) return
    this.#hasBegun = true
    if (this.#options.kind === 'file') {
      const head = new Uint8Array(padded(MAGIC.length))
      head.set(MAGIC)
      await this.#write(head)
    }
    await this.#write(schemaMessage(this.#columns))
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#position += bytes.length
    await this.#output.write(bytes)
  }
}
