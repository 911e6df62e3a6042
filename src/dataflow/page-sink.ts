import { flattenBlock } from '../operators/kernels/gather.js'
import type { FlatBlock, Page } from '../spi/index.js'
import { writePageWords } from './memory/page-words.js'
import type { ChunkArena } from './memory/query-memory.js'

/** Where a driver's pages go. */
export interface PageSink {
  /** Takes a borrowed page; the driver waits for the promise. */
  add(page: Page): void | Promise<void>
  /** The input has ended: the state that later pipelines read, as plain data. */
  finish(): unknown
  close(): void
}

/** State of a collecting sink: words of each page, see page-words. */
export interface CollectedPages {
  readonly pages: readonly Float64Array[]
  readonly rowCount: number
}

/** Copies pages into memory that lives as long as the query. Dictionaries that have an id are copied once. */
export class CollectSink implements PageSink {
  readonly #copy: (page: Page) => Float64Array
  readonly #pages: Float64Array[] = []
  #rowCount = 0

  constructor(arena: ChunkArena) {
    this.#copy = pageCopier(arena)
  }

  add(page: Page): void {
    this.#pages.push(this.#copy(page))
    this.#rowCount += page.rowCount
  }

  finish(): CollectedPages {
    return { pages: this.#pages, rowCount: this.#rowCount }
  }

  close(): void {}
}

/** The words of a page whose buffers stay where they are, in the shared memory. */
export const placePage = (page: Page): Float64Array =>
  writePageWords(page, (buffer) => buffer.byteOffset)

/** Makes a function that copies pages into an arena and gives their words. */
export function pageCopier(arena: ChunkArena): (page: Page) => Float64Array {
  const dictionaries = new WeakMap<FlatBlock, Map<ArrayBufferView, number>>()
  const copy = (buffer: ArrayBufferView): number => {
    const target = arena.allocate(buffer.byteLength)
    target.set(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength))
    return target.byteOffset
  }
  return (borrowed) => {
    const page = decoded(borrowed, arena)
    const shared = new Map<ArrayBufferView, number>()
    for (const block of page.blocks) {
      if (block.encoding !== 'dictionary' || block.dictionaryId === undefined) continue
      let placed = dictionaries.get(block.dictionary)
      if (placed === undefined) {
        const addresses = new Map<ArrayBufferView, number>()
        writePageWords({ rowCount: 0, blocks: [block.dictionary] }, (buffer) => {
          const address = copy(buffer)
          addresses.set(buffer, address)
          return address
        })
        placed = addresses
        dictionaries.set(block.dictionary, placed)
      }
      for (const [buffer, address] of placed) shared.set(buffer, address)
    }
    return writePageWords(page, (buffer) => shared.get(buffer) ?? copy(buffer))
  }
}

/** A dictionary that is no table's may be far longer than the page, a selection: it is decoded instead of copied. */
function decoded(page: Page, arena: ChunkArena): Page {
  const isSelection = (block: Page['blocks'][number]): boolean =>
    block.encoding === 'dictionary' &&
    block.dictionaryId === undefined &&
    block.dictionary.rowCount > block.rowCount
  if (!page.blocks.some(isSelection)) return page
  const blocks = page.blocks.map((block) =>
    isSelection(block) ? flattenBlock(block, arena) : block,
  )
  return { ...page, blocks }
}
