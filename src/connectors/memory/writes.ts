import {
  assert,
  type ConnectorMergeSink,
  type ConnectorPageSink,
  type Page,
  type PageOrigin,
  type PageStore,
  type StoredPage,
} from '../../spi/index.js'
import type { MemoryCatalog } from './catalog.js'
import { compact } from './compaction.js'
import type { MemoryMergeHandle, MemoryWriteHandle, NodeWrite } from './handles.js'
import { memoryMergeSink } from './merge-sink.js'
import { dataLimitExceeded, readPart } from './node-pages.js'
import { PartWriter, type WrittenPart } from './part-writer.js'
import { RowSet } from './row-id.js'
import { conflict, type PageIo, recordingIo, removeRows, type TableState } from './row-removal.js'
import { type StagedUpdates, UpdateStage, updateRows } from './row-update.js'
import {
  isRemote,
  type MemoryTable,
  namingPage,
  publishChanges,
  publishPages,
  storedPages,
  type TablePage,
  withState,
} from './table.js'
import { TableLocks } from './table-locks.js'
import { emptyTable } from './table-metadata.js'

interface Write {
  readonly id: number
  readonly transaction: number
  /** The state that the write goes to. */
  readonly catalog: MemoryCatalog
  readonly table: MemoryTable
  /** Whether the table is to be added, and in the place of one of its name. */
  readonly create: 'no' | 'new' | 'replace'
  /** What finished sinks wrote. */
  readonly finished: WrittenPart[]
  /** New values that finished sinks wrote, in the order in which they are to be brought in. */
  readonly updates: StagedUpdates[]
  /** Rows to take out of the table. */
  readonly deleted: RowSet
  /** The write deletes rows by their ids, so that pages of the table must stay where they are. */
  readonly isMerge: boolean
  readonly replacesRows: boolean
  /** Pages of other nodes, in whose place the write puts pages of this one. */
  readonly gathered?: readonly TablePage[]
  /** Comes with the publication. */
  onPublish?: () => void
}

/** The writes under way in one catalog. Nothing of a write can be seen before it is published as a whole. */
export class MemoryWrites {
  readonly #store: PageStore
  readonly #maxDataBytes: number
  readonly #writes = new Map<number, Write>()
  readonly locks = new TableLocks()
  readonly #catalogId = crypto.randomUUID()
  #nextId = 0

  constructor(store: PageStore, maxDataBytes: number) {
    this.#store = store
    this.#maxDataBytes = maxDataBytes
  }

  /** How pages of a state are stored. */
  io(catalog: MemoryCatalog): PageIo {
    return {
      store: this.#store,
      storePage: (page) => this.#storePage(page, catalog),
      discard: (pages) => catalog.discard(pages),
    }
  }

  begin(
    place: Pick<Write, 'transaction' | 'catalog'>,
    table: MemoryTable,
    create: Write['create'],
    channels: readonly number[],
  ): MemoryWriteHandle {
    return this.#begin({ ...place, table, create, isMerge: false, replacesRows: false }, channels)
  }

  /** The rows of the write take the place of all that the table has. */
  beginReplacement(
    place: Pick<Write, 'transaction' | 'catalog'>,
    table: MemoryTable,
  ): MemoryWriteHandle {
    const channels = table.columns.map((_, channel) => channel)
    return this.#begin(
      { ...place, table, create: 'no', isMerge: false, replacesRows: true },
      channels,
    )
  }

  /**
   * Waits until no other statement changes rows of a table. Transactions of several statements work on forks instead, and find
   * out at their commit.
   */
  async takeTurn(
    { transaction, catalog }: Pick<Write, 'transaction' | 'catalog'>,
    table: number,
    signal?: AbortSignal,
  ): Promise<void> {
    if (catalog.base === undefined) await this.locks.take(table, transaction, signal)
  }

  beginMerge(
    place: Pick<Write, 'transaction' | 'catalog'>,
    table: MemoryTable,
    updateChannels: MemoryMergeHandle['updateChannels'],
  ): MemoryMergeHandle {
    const channels = table.columns.map((_, channel) => channel)
    const handle = this.#begin(
      { ...place, table, create: 'no', isMerge: true, replacesRows: false },
      channels,
    )
    return { ...handle, updateChannels }
  }

  /** The rows of the write are those of the table's pages on other nodes, and take their place. */
  beginGathering(
    place: Pick<Write, 'transaction' | 'catalog'>,
    table: MemoryTable,
  ): MemoryWriteHandle {
    const channels = table.columns.map((_, channel) => channel)
    const gathered = table.pages.filter(isRemote)
    return this.#begin(
      { ...place, table, create: 'no', isMerge: false, replacesRows: false, gathered },
      channels,
    )
  }

  /** The table that a write goes to. */
  tableOf({ writeId }: MemoryWriteHandle): MemoryTable {
    return this.#require(writeId).table
  }

  /** The pages that a gathering began with. */
  gatheredBy(writeId: number): readonly TablePage[] {
    return this.#require(writeId).gathered ?? []
  }

  #begin(
    write: Pick<
      Write,
      'transaction' | 'catalog' | 'table' | 'create' | 'isMerge' | 'replacesRows' | 'gathered'
    >,
    channels: readonly number[],
  ): MemoryWriteHandle {
    const id = this.#nextId++
    this.#writes.set(id, { ...write, id, finished: [], updates: [], deleted: new RowSet() })
    const { table, catalog } = write
    // What forks have written is found by their ends, in this process.
    if (catalog.base !== undefined) return { writeId: id, channels }
    const spread: NodeWrite = {
      catalog: this.#catalogId,
      types: table.columns.map((column) => column.metadata.type),
      living: {
        before: this.#nextId,
        writes: [...this.#writes.keys(), ...catalog.pages.remoteWrites],
      },
    }
    return { writeId: id, channels, spread }
  }

  /** Takes what sinks on other nodes have written. */
  addParts({ writeId }: MemoryWriteHandle, fragments: readonly Uint8Array[]): void {
    const { finished, catalog } = this.#require(writeId)
    for (const fragment of fragments) {
      const part = readPart(fragment)
      catalog.pages.storedRemotely(part.pages.map((page) => page.stored))
      finished.push(part)
    }
  }

  /** Has something done where and when the write becomes visible. */
  onPublish({ writeId }: MemoryWriteHandle, action: () => void): void {
    this.#require(writeId).onPublish = action
  }

  createMergeSink(handle: MemoryMergeHandle): ConnectorMergeSink {
    const write = this.#require(handle.writeId)
    const { table, catalog, deleted } = write
    return memoryMergeSink(handle.channels.length, {
      deleted,
      inserts: this.createSink(handle),
      updateChannels: new Map(handle.updateChannels),
      newStage: (channels) => new UpdateStage(table, channels, this.io(catalog)),
      staged: (updates) => write.updates.push(updates),
    })
  }

  /** Whether a write was begun here, and not by another node. */
  areOf({ spread }: MemoryWriteHandle): boolean {
    return spread === undefined || spread.catalog === this.#catalogId
  }

  createSink({ writeId, channels }: MemoryWriteHandle): ConnectorPageSink {
    const write = this.#require(writeId)
    return new MemoryPageSink(write, channels, this.io(write.catalog))
  }

  /** Makes the rows of all finished sinks visible. */
  publish({ writeId }: MemoryWriteHandle): void {
    const write = this.#require(writeId)
    const { table, create, id, catalog } = write
    if (create === 'no') {
      // Fails where the table has been dropped, before anything changes.
      catalog.tableById(table.id, { schema: table.schema, table: table.name })
    } else catalog.addTable(table, create === 'replace')
    if (write.replacesRows) emptyTable(catalog, table)
    if (write.gathered === undefined) {
      this.#publishChanges(write)
      for (const { pages, summaries } of write.finished) publishPages(table, pages, summaries)
    } else this.#publishGathered(write, write.gathered)
    this.#writes.delete(id)
    // The statement that had the table gathered changes its rows next.
    if (write.gathered === undefined) this.locks.release(table.id, write.transaction)
    write.onPublish?.()
    const isRead = [...this.#writes.values()].some((w) => w.isMerge && w.table === table)
    if (!isRead) catalog.retire(compact(table, this.io(catalog)))
  }

  /** The same rows in other places. */
  #publishGathered({ table, catalog, finished }: Write, gathered: readonly TablePage[]): void {
    const replaced = new Set(gathered)
    const others = table.pages.filter((page) => !replaced.has(page))
    if (others.length + gathered.length !== table.pages.length) throw conflict(table)
    table.pages = [...others, ...finished.flatMap(({ pages }) => pages)]
    table.version++
    catalog.retire(gathered.flatMap(storedPages))
  }

  /** Brings new values of rows in and takes rows out: both, or neither. */
  #publishChanges({ table, catalog, updates, deleted }: Write): void {
    if (updates.length === 0 && deleted.isEmpty) return
    const { writing, written } = recordingIo(this.io(catalog))
    const replaced: StoredPage[] = []
    const names = table.pages.map(namingPage)
    let state: TableState = {
      pages: table.pages,
      rowCount: table.rowCount,
      summaries: table.columns.map((column) => column.summary),
    }
    try {
      for (const update of updates) {
        const updated = updateRows(withState(table, state), names, update, writing)
        state = updated
        replaced.push(...updated.replaced)
      }
      if (!deleted.isEmpty) {
        for (const [i, page] of state.pages.entries()) deleted.rename(names[i]!, namingPage(page))
        const removal = removeRows(withState(table, state), deleted, writing)
        state = removal
        replaced.push(...removal.replaced)
      }
    } catch (error) {
      catalog.discard(written)
      throw error
    }
    publishChanges(table, state)
    catalog.retire(replaced)
    catalog.discard(updates.flatMap(({ pages }) => pages))
  }

  /** Drops what a transaction has written and not published. */
  endTransaction(transaction: number): void {
    this.locks.releaseAll(transaction)
    for (const write of [...this.#writes.values()]) {
      if (write.transaction !== transaction) continue
      this.#writes.delete(write.id)
      for (const { pages } of write.finished) {
        write.catalog.discard(pages.map((page) => page.stored))
      }
      for (const { pages } of write.updates) write.catalog.discard(pages)
    }
  }

  #require(writeId: number): Write {
    const write = this.#writes.get(writeId)
    assert(write !== undefined, 'a write that has begun and not ended')
    return write
  }

  #storePage(page: Page, catalog: MemoryCatalog): StoredPage {
    const { pages } = catalog
    const stored = this.#store.store(page)
    pages.stored(stored)
    if (pages.storedBytes <= this.#maxDataBytes) {
      catalog.written(stored)
      return stored
    }
    pages.discard([stored])
    throw dataLimitExceeded(this.#maxDataBytes)
  }
}

class MemoryPageSink implements ConnectorPageSink {
  readonly #write: Write
  readonly #order: readonly number[]
  readonly #writer: PartWriter
  readonly #discard: (pages: readonly StoredPage[]) => void

  constructor(write: Write, channels: readonly number[], { storePage, discard }: PageIo) {
    this.#write = write
    const { columns } = write.table
    assert(channels.length === columns.length, 'an insert into all columns')
    this.#order = columns.map((_, channel) => channels.indexOf(channel))
    this.#writer = new PartWriter(
      columns.map((column) => column.metadata.type),
      columns.map((column) => column.dictionary),
      storePage,
    )
    this.#discard = discard
  }

  get completedBytes(): number {
    return this.#writer.completedBytes
  }
  get memoryUsage(): number {
    return this.#writer.memoryUsage
  }

  appendPage(page: Page, origin?: PageOrigin): void {
    const blocks = this.#order.map((channel) => page.blocks[channel]!)
    this.#writer.append({ ...page, blocks }, origin)
  }

  finish(): readonly Uint8Array[] {
    this.#write.finished.push(this.#writer.finish())
    return []
  }

  abort(): void {
    this.#discard(this.#writer.abort())
  }
}
