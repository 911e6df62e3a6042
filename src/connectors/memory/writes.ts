import {
  assert,
  type ConnectorPageSink,
  MillraceError,
  type Page,
  type PageStore,
  type StoredPage,
} from '../../spi/index.js'
import type { MemoryCatalog } from './catalog.js'
import type { ColumnSummary } from './column-summary.js'
import { compact } from './compaction.js'
import type { MemoryWriteHandle } from './handles.js'
import { PageWriter } from './page-writer.js'
import { type MemoryTable, publishPages, type TablePage, tablePage } from './table.js'

interface Write {
  readonly id: number
  readonly transaction: number
  readonly table: MemoryTable
  /** Whether the table is to be added, and in the place of one of its name. */
  readonly create: 'no' | 'new' | 'replace'
  /** What finished sinks wrote. */
  readonly finished: {
    readonly pages: readonly TablePage[]
    readonly summaries: readonly ColumnSummary[]
  }[]
}

/** The writes under way in one catalog. Nothing of a write can be seen before it is published as a whole. */
export class MemoryWrites {
  readonly #catalog: MemoryCatalog
  readonly #store: PageStore
  readonly #maxDataBytes: number
  readonly #writes = new Map<number, Write>()
  #nextId = 0

  constructor(catalog: MemoryCatalog, store: PageStore, maxDataBytes: number) {
    this.#catalog = catalog
    this.#store = store
    this.#maxDataBytes = maxDataBytes
  }

  begin(
    transaction: number,
    table: MemoryTable,
    create: Write['create'],
    channels: readonly number[],
  ): MemoryWriteHandle {
    const id = this.#nextId++
    this.#writes.set(id, { id, transaction, table, create, finished: [] })
    return { writeId: id, channels }
  }

  createSink({ writeId, channels }: MemoryWriteHandle): ConnectorPageSink {
    const write = this.#require(writeId)
    return new MemoryPageSink(
      write,
      channels,
      (page) => this.#storePage(page),
      (pages) => this.#catalog.pages.discard(pages),
    )
  }

  /** Makes the rows of all finished sinks visible. */
  publish({ writeId }: MemoryWriteHandle): void {
    const write = this.#require(writeId)
    const { table, create, id } = write
    if (create === 'no') {
      // Fails where the table has been dropped, before anything changes.
      this.#catalog.tableById(table.id, { schema: table.schema, table: table.name })
    } else this.#catalog.addTable(table, create === 'replace')
    for (const { pages, summaries } of write.finished) publishPages(table, pages, summaries)
    this.#writes.delete(id)
    const replaced = compact(
      table,
      this.#store,
      (page) => this.#storePage(page),
      (pages) => this.#catalog.pages.discard(pages),
    )
    this.#catalog.pages.retire(replaced)
  }

  /** Drops what a transaction has written and not published. */
  endTransaction(transaction: number): void {
    for (const write of [...this.#writes.values()]) {
      if (write.transaction !== transaction) continue
      this.#writes.delete(write.id)
      for (const { pages } of write.finished) {
        this.#catalog.pages.discard(pages.map((page) => page.stored))
      }
    }
  }

  #require(writeId: number): Write {
    const write = this.#writes.get(writeId)
    assert(write !== undefined, 'a write that has begun and not ended')
    return write
  }

  #storePage(page: Page): StoredPage {
    const { pages } = this.#catalog
    const stored = this.#store.store(page)
    pages.stored(stored)
    if (pages.storedBytes <= this.#maxDataBytes) return stored
    pages.discard([stored])
    throw new MillraceError(
      'MEMORY_LIMIT_EXCEEDED',
      `Memory limit of the memory connector exceeded, in bytes: ${this.#maxDataBytes}`,
      {
        number: 0x0502_0001,
        type: 'EXTERNAL',
        hint: 'Raise memory.max-data-per-node, or drop tables of the catalog',
      },
    )
  }
}

class MemoryPageSink implements ConnectorPageSink {
  readonly #write: Write
  readonly #order: readonly number[]
  readonly #writer: PageWriter
  readonly #discard: (pages: readonly StoredPage[]) => void
  readonly #pages: TablePage[] = []
  #completedBytes = 0

  constructor(
    write: Write,
    channels: readonly number[],
    store: (page: Page) => StoredPage,
    discard: (pages: readonly StoredPage[]) => void,
  ) {
    this.#write = write
    const { columns } = write.table
    assert(channels.length === columns.length, 'an insert into all columns')
    this.#order = columns.map((_, channel) => channels.indexOf(channel))
    this.#writer = new PageWriter(
      columns.map((column) => column.metadata.type),
      columns.map((column) => column.dictionary),
      (page) => {
        const stored = store(page)
        this.#completedBytes += stored.byteLength
        this.#pages.push(tablePage(stored, page))
      },
    )
    this.#discard = discard
  }

  get completedBytes(): number {
    return this.#completedBytes
  }
  get memoryUsage(): number {
    return this.#writer.memoryUsage
  }

  appendPage(page: Page): void {
    this.#writer.append({ ...page, blocks: this.#order.map((channel) => page.blocks[channel]!) })
  }

  finish(): readonly Uint8Array[] {
    const summaries = this.#writer.finish()
    this.#write.finished.push({ pages: this.#pages, summaries })
    return []
  }

  abort(): void {
    this.#discard(this.#pages.map((page) => page.stored))
    this.#pages.length = 0
  }
}
