import type { ConnectorPageSource, Page } from '../../../spi/index.js'
import type { FileReader } from '../file-reader.js'
import type { ReadRequest } from '../format.js'
import { type InflateZstd, loadZstd } from '../zstd.js'
import { type ColumnData, readColumns } from './batch-columns.js'
import { columnBlock } from './column-block.js'
import { columnType } from './column-type.js'
import { DictionaryStore, dictionaryFields } from './dictionaries.js'
import { ArrowFormatError, arrowFailure } from './format-error.js'
import { type ArrowFile, type BatchMessage, openArrow, readBatchMessage } from './ipc-file.js'
import type { ArrowField } from './schema.js'

/** The record batches of a file from `first` on; of a stream, which has no list of them, all. Plain data. */
export interface ArrowPart {
  readonly first: number
  readonly end: number
}

/** Positions of a page. A multiple of 8, so that bitmaps need no shifting. */
const PAGE_ROWS = 16_384

export async function openArrowPages(request: ReadRequest): Promise<ConnectorPageSource> {
  const { reader, arrow } = await openArrow(request.file, request.signal)
  return new ArrowPageSource(request, reader, arrow)
}

interface OpenBatch {
  readonly rowCount: number
  readonly columns: readonly (ColumnData | undefined)[]
  readonly byteLength: number
}

/** Reads a record batch at a time, only the columns that are asked for. */
class ArrowPageSource implements ConnectorPageSource {
  readonly #request: ReadRequest
  readonly #reader: FileReader
  readonly #arrow: ArrowFile
  readonly #wanted: readonly boolean[]
  /** By their ids, the fields of the dictionaries that the wanted columns need. */
  readonly #dictionaryFields: ReadonlyMap<bigint, ArrowField>
  readonly #dictionaries = new DictionaryStore()
  #hasDictionaries = false
  /** Of a file the next batch, of a stream where the next message begins. */
  #next: number
  #zstd: InflateZstd | undefined
  #batch: OpenBatch | undefined
  #position = 0

  constructor(request: ReadRequest, reader: FileReader, arrow: ArrowFile) {
    this.#request = request
    this.#reader = reader
    this.#arrow = arrow
    this.#next = arrow.footer === undefined ? arrow.next : partOf(request).first
    const wanted = new Set(request.columns.map(({ index }) => index))
    this.#wanted = arrow.fields.map((_, i) => wanted.has(i))
    this.#dictionaryFields = new Map(
      arrow.fields
        .filter((_, i) => wanted.has(i))
        .flatMap(dictionaryFields)
        .map(({ id, entries }) => [id, entries]),
    )
  }

  get completedBytes(): number {
    return this.#reader.completedBytes
  }
  get readTimeNanos(): number {
    return this.#reader.readTimeNanos
  }
  get memoryUsage(): number {
    return this.#batch?.byteLength ?? 0
  }

  async getNextPage(): Promise<Page | undefined> {
    this.#request.signal.throwIfAborted()
    try {
      while (this.#batch === undefined) {
        const message = await this.#nextBatch()
        if (message === undefined) return undefined
        await this.#open(message)
      }
      return this.#page(this.#batch)
    } catch (error) {
      throw arrowFailure(error, this.#request.file.path)
    }
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  async #nextBatch(): Promise<BatchMessage | undefined> {
    const { footer } = this.#arrow
    if (footer === undefined) return this.#nextOfStream()
    if (!this.#hasDictionaries) {
      this.#hasDictionaries = true
      if (this.#dictionaryFields.size > 0) {
        for (const { offset } of footer.dictionaries) {
          const message = await readBatchMessage(this.#reader, offset)
          await this.#addDictionary(message)
        }
      }
    }
    if (this.#next >= Math.min(partOf(this.#request).end, footer.batches.length)) return undefined
    const { offset } = footer.batches[this.#next++]!
    const message = await readBatchMessage(this.#reader, offset)
    if (message === undefined || message.dictionary !== undefined) {
      throw new ArrowFormatError('a batch that is none')
    }
    return message
  }

  async #nextOfStream(): Promise<BatchMessage | undefined> {
    for (;;) {
      this.#request.signal.throwIfAborted()
      const message = await readBatchMessage(this.#reader, this.#next)
      if (message === undefined) return undefined
      this.#next = message.end
      if (message.dictionary === undefined) return message
      await this.#addDictionary(message)
    }
  }

  async #addDictionary(message: BatchMessage | undefined): Promise<void> {
    const { dictionary } = message ?? {}
    if (message === undefined || dictionary === undefined) {
      throw new ArrowFormatError('a dictionary that is none')
    }
    const field = this.#dictionaryFields.get(dictionary.id)
    if (field === undefined) return
    const [data] = await this.#columns(message, [field], [true])
    const type = columnType(field.name, field, this.#request.file.path)
    this.#dictionaries.add(dictionary.id, type, data!, dictionary.isDelta)
  }

  async #columns(
    message: BatchMessage,
    fields: readonly ArrowField[],
    wanted: readonly boolean[],
  ): Promise<readonly (ColumnData | undefined)[]> {
    if (message.header.codec === 'ZSTD') this.#zstd ??= await loadZstd()
    return readColumns(this.#reader, message, fields, wanted, this.#zstd)
  }

  async #open(message: BatchMessage): Promise<void> {
    const { rowCount } = message.header
    const before = this.#reader.completedBytes
    const columns = await this.#columns(message, this.#arrow.fields, this.#wanted)
    if (rowCount === 0) return
    this.#batch = { rowCount, columns, byteLength: this.#reader.completedBytes - before }
    this.#position = 0
  }

  #page(batch: OpenBatch): Page {
    const start = this.#position
    const rowCount = Math.min(PAGE_ROWS, batch.rowCount - start)
    const blocks = this.#request.columns.map(({ index, type }) =>
      columnBlock(batch.columns[index]!, type, start, rowCount, this.#dictionaries.entriesOf),
    )
    this.#position += rowCount
    if (this.#position === batch.rowCount) this.#batch = undefined
    return { rowCount, blocks }
  }
}

const partOf = ({ part }: ReadRequest): ArrowPart => part.detail as ArrowPart
