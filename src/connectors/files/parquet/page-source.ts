import type { Arena, ConnectorPageSource, Page } from '../../../spi/index.js'
import { MAX_PAGE_ROWS } from '../../../spi/index.js'
import { type FileReader, openFile } from '../file-reader.js'
import type { ReadRequest } from '../format.js'
import type { FooterCache, ParquetFile } from './footer.js'
import type { KernelMemory } from './kernels/kernel-memory.js'
import { mayHaveRows } from './pruning.js'
import type { ReadBuffers } from './read-buffers.js'
import { RowGroupSource } from './row-group-source.js'
import { Scratch } from './scratch.js'

/** A part of a Parquet file: some of its row groups. Plain data. */
export interface ParquetPart {
  readonly rowGroups: readonly number[]
}

/** What the page sources of a thread share. */
export interface ThreadMemory {
  readonly memory: KernelMemory
  readonly buffers: ReadBuffers
}

interface RowGroupAhead {
  readonly source: RowGroupSource
  readonly opened: Promise<void>
}

/** Reads row groups, one after the other. */
class ParquetPageSource implements ConnectorPageSource {
  readonly #request: ReadRequest
  readonly #reader: FileReader
  readonly #file: ParquetFile
  readonly #buffers: ReadBuffers
  readonly #rowGroups: readonly number[]
  readonly #scratch: Scratch
  readonly #arena: Arena
  #dictionaryArena: Arena
  #next = 0
  #current: RowGroupSource | undefined
  /** What is read while the current one is decoded: never more than one. */
  #ahead: RowGroupAhead | undefined
  #busy: Promise<Page | undefined> | undefined
  #closed = false
  /** Rows that pages without columns still have to count. */
  #uncounted = 0

  constructor(
    request: ReadRequest,
    reader: FileReader,
    file: ParquetFile,
    { memory, buffers }: ThreadMemory,
  ) {
    this.#request = request
    this.#reader = reader
    this.#file = file
    this.#buffers = buffers
    this.#rowGroups = (request.part.detail as ParquetPart).rowGroups
    this.#scratch = new Scratch(memory)
    this.#arena = request.createArena()
    this.#dictionaryArena = request.createArena()
  }

  get completedBytes(): number {
    return this.#reader.completedBytes
  }
  get readTimeNanos(): number {
    return this.#reader.readTimeNanos
  }
  get memoryUsage(): number {
    return (this.#current?.heldBytes ?? 0) + (this.#ahead?.source.heldBytes ?? 0)
  }

  getNextPage(): Promise<Page | undefined> | Page | undefined {
    if (this.#request.columns.length === 0) return this.#countRows()
    const page = this.#read()
    this.#busy = page
    return page
  }

  async close(): Promise<void> {
    this.#closed = true
    // What is read now still uses the file and the memory.
    await this.#busy?.catch(() => undefined)
    await this.#ahead?.opened.catch(() => undefined)
    await this.#ahead?.source.close()
    await this.#current?.close()
    this.#ahead = undefined
    this.#current = undefined
    this.#scratch.close()
    this.#arena.close()
    this.#dictionaryArena.close()
    await this.#reader.close()
  }

  #countRows(): Page | undefined {
    while (this.#uncounted === 0) {
      const rowGroup = this.#nextRowGroup()
      if (rowGroup === undefined) return undefined
      this.#uncounted = this.#file.metadata.rowGroups[rowGroup]!.rowCount
    }
    const rowCount = Math.min(this.#uncounted, MAX_PAGE_ROWS)
    this.#uncounted -= rowCount
    return { rowCount, blocks: [] }
  }

  async #read(): Promise<Page | undefined> {
    const { predicate, dynamicFilter, signal } = this.#request
    for (;;) {
      signal.throwIfAborted()
      if (this.#closed) return undefined
      if (this.#current === undefined && !(await this.#openNext())) return undefined
      const page = await this.#current!.next([predicate, dynamicFilter.getCurrentPredicate()])
      if (page !== undefined) return page
      await this.#current!.close()
      this.#current = undefined
      this.#dictionaryArena.reset()
    }
  }

  async #openNext(): Promise<boolean> {
    const next = this.#ahead ?? this.#begin()
    this.#ahead = undefined
    if (next === undefined) return false
    // Closed with the others if it fails.
    this.#current = next.source
    await next.opened
    this.#ahead = this.#begin()
    return true
  }

  /** Begins to read the next row group. */
  #begin(): RowGroupAhead | undefined {
    const rowGroup = this.#nextRowGroup()
    if (rowGroup === undefined) return undefined
    const source = new RowGroupSource({
      file: this.#file,
      reader: this.#reader,
      buffers: this.#buffers,
      rowGroup,
      columns: this.#request.columns,
      pruning: this.#request.pruning,
      scratch: this.#scratch,
      arena: this.#arena,
      dictionaryArena: this.#dictionaryArena,
    })
    const { predicate, dynamicFilter } = this.#request
    const opened = source.open([predicate, dynamicFilter.getCurrentPredicate()])
    // A failure reaches whoever wants the rows.
    opened.catch(() => undefined)
    return { source, opened }
  }

  /** The next row group that may have rows of the predicate and of what joins want by now. */
  #nextRowGroup(): number | undefined {
    const { predicate, dynamicFilter } = this.#request
    for (;;) {
      const index = this.#rowGroups[this.#next++]
      if (index === undefined) return undefined
      const rowGroup = this.#file.metadata.rowGroups[index]!
      if (!mayHaveRows(this.#file, rowGroup, predicate)) continue
      if (!mayHaveRows(this.#file, rowGroup, dynamicFilter.getCurrentPredicate())) continue
      return index
    }
  }
}

/** Opens a part of a file. @throws HIVE_CANNOT_OPEN_SPLIT, HIVE_BAD_DATA */
export async function openParquetSource(
  request: ReadRequest,
  footers: FooterCache,
  memory: ThreadMemory,
): Promise<ParquetPageSource> {
  const reader = await openFile(request.file, request.signal)
  try {
    const file = await footers.read(reader)
    return new ParquetPageSource(request, reader, file, memory)
  } catch (error) {
    await reader.close()
    throw error
  }
}
