import { deserialize, serialize } from 'node:v8'
import {
  assert,
  type ConnectorPageSink,
  MillraceError,
  type Page,
  type PageOrigin,
  type PageStore,
  type StoredPage,
} from '../../spi/index.js'
import type { ColumnSummary } from './column-summary.js'
import { columnDictionary, hasDictionary } from './column-writer.js'
import { HyperLogLog } from './distinct-counter.js'
import type { MemoryWriteHandle, NodeWrite, PageHome, RemotePage } from './handles.js'
import { PartWriter, type WrittenPart } from './part-writer.js'
import type { TablePage } from './table.js'

/**
 * The pages that writes of several nodes have left on this one, by write: the table that they are of is known to the coordinator
 * alone. It tells with each write which of those before are still of use.
 * @source Trino MemoryPagesStore
 */
export class NodePages {
  readonly #store: PageStore
  readonly #maxDataBytes: number
  readonly #home: () => Promise<Omit<PageHome, 'write'>>
  readonly #writes = new Map<number, StoredPage[]>()
  /** The catalog of the coordinator that the pages are of. */
  #catalog: string | undefined
  #storedBytes = 0

  constructor(
    store: PageStore,
    maxDataBytes: number,
    home: () => Promise<Omit<PageHome, 'write'>>,
  ) {
    this.#store = store
    this.#maxDataBytes = maxDataBytes
    this.#home = home
  }

  /** @param sinkId tells the sinks of the write on this node apart */
  async createSink(
    { writeId, channels, spread }: MemoryWriteHandle,
    sinkId: number,
  ): Promise<ConnectorPageSink> {
    assert(spread !== undefined, 'a write over several nodes')
    this.#forget(spread)
    const home = { ...(await this.#home()), write: writeId }
    let stored = this.#writes.get(writeId)
    if (stored === undefined) {
      stored = []
      this.#writes.set(writeId, stored)
    }
    const kept = stored
    // Codes of other nodes' dictionaries mean something else.
    const dictionary = `${home.instance}/${spread.catalog}/${writeId}/${sinkId}`
    const writer = new PartWriter(
      spread.types,
      spread.types.map((type, i) =>
        hasDictionary(type) ? columnDictionary(`${dictionary}/${i}`, type) : undefined,
      ),
      (page) => {
        const own = this.#storePage(page)
        kept.push(own)
        return own
      },
    )
    const order = spread.types.map((_, channel) => channels.indexOf(channel))
    return {
      get completedBytes() {
        return writer.completedBytes
      },
      get memoryUsage() {
        return writer.memoryUsage
      },
      appendPage(page: Page, origin?: PageOrigin): void {
        writer.append({ ...page, blocks: order.map((channel) => page.blocks[channel]!) }, origin)
      },
      finish: () => [writePart(writer.finish(), home)],
      abort: () => {
        const aborted = new Set(writer.abort())
        this.#release([...aborted])
        this.#writes.set(
          writeId,
          kept.filter((own) => !aborted.has(own)),
        )
      },
    }
  }

  clear(): void {
    for (const write of [...this.#writes.keys()]) this.#drop(write)
  }

  /** Gives back what the coordinator has no table of any more; all, where it is another one. */
  #forget({ catalog, living }: NodeWrite): void {
    if (this.#catalog !== catalog) this.clear()
    this.#catalog = catalog
    const kept = new Set(living.writes)
    for (const write of [...this.#writes.keys()]) {
      if (write < living.before && !kept.has(write)) this.#drop(write)
    }
  }

  #drop(write: number): void {
    this.#release(this.#writes.get(write) ?? [])
    this.#writes.delete(write)
  }

  #release(pages: readonly StoredPage[]): void {
    for (const stored of pages) {
      this.#storedBytes -= stored.byteLength
      this.#store.release(stored)
    }
  }

  #storePage(page: Page): StoredPage {
    const stored = this.#store.store(page)
    this.#storedBytes += stored.byteLength
    if (this.#storedBytes <= this.#maxDataBytes) return stored
    this.#release([stored])
    throw dataLimitExceeded(this.#maxDataBytes)
  }
}

export const dataLimitExceeded = (maxDataBytes: number): MillraceError =>
  new MillraceError(
    'MEMORY_LIMIT_EXCEEDED',
    `Memory limit of the memory connector exceeded, in bytes: ${maxDataBytes}`,
    {
      number: 0x0502_0001,
      type: 'EXTERNAL',
      hint: 'Raise memory.max-data-per-node, or drop tables of the catalog',
    },
  )

/** A summary whose sketch is bytes, as it travels. */
type TravellingSummary = Omit<ColumnSummary, 'sketch'> & { readonly registers: Uint8Array }

function writePart({ pages, summaries }: WrittenPart, home: PageHome): Uint8Array {
  const located = pages.map((page) => ({ ...page, stored: { ...page.stored, home } }))
  const travelling = summaries.map(
    ({ sketch, ...rest }): TravellingSummary => ({ ...rest, registers: sketch.registers }),
  )
  return serialize({ pages: located, summaries: travelling })
}

/** What {@link NodePages} sinks tell at their finish. Pages lie where their `home` says. */
export function readPart(fragment: Uint8Array): WrittenPart {
  const { pages, summaries } = deserialize(fragment) as {
    readonly pages: readonly (TablePage & { readonly stored: RemotePage })[]
    readonly summaries: readonly TravellingSummary[]
  }
  return {
    pages,
    summaries: summaries.map(({ registers, ...rest }) => ({
      ...rest,
      sketch: new HyperLogLog(registers),
    })),
  }
}

/**
 * An id of this process, the same in all its threads: a node that has started again has none of the pages that it had.
 * @param buffer that the threads share
 */
export function instanceIn(buffer: SharedArrayBuffer): string {
  const words = new BigInt64Array(buffer)
  const [random] = crypto.getRandomValues(new BigInt64Array(1))
  // The first thread to come decides. Zero says that nobody has come yet.
  Atomics.compareExchange(words, 0, 0n, random! | 1n)
  return BigInt.asUintN(64, Atomics.load(words, 0)).toString(16)
}
