import type { SpillReader, SpillSpace } from '../../operators/spill/spill-space.js'
import type { Page, SqlType } from '../../spi/index.js'
import { readPageWords } from '../memory/page-words.js'
import type { ChunkArena } from '../memory/query-memory.js'
import type { CollectedPages } from '../page-sink.js'
import type { PageStream } from '../page-stream.js'

/** Pages that earlier pipelines collected, in memory or on disk. */
export class CollectedStream implements PageStream {
  readonly #reads: readonly (() => Page)[]
  readonly #takeNext: () => number
  readonly #arena: ChunkArena
  readonly #readers: SpillReader[] = []

  /**
   * @param arena for pages that are on disk, one at a time; closed with the stream
   * @param takeNext gives the index of the next page to read
   */
  constructor(
    states: readonly CollectedPages[],
    memory: ArrayBufferLike,
    types: readonly SqlType[],
    arena: ChunkArena,
    spill: SpillSpace | undefined,
    takeNext: () => number,
  ) {
    const channels = types.map((_, channel) => channel)
    this.#arena = arena
    this.#reads = states.flatMap(({ spilled, pages }) => {
      const words = pages.map((page) => () => readPageWords(page, memory, channels, types))
      return spilled === undefined || spill === undefined
        ? words
        : [...this.#spilledReads(spill.open(spilled, types)), ...words]
    })
    this.#takeNext = takeNext
  }

  #spilledReads(reader: SpillReader): readonly (() => Page)[] {
    this.#readers.push(reader)
    return Array.from({ length: reader.pageCount }, (_, i) => () => {
      this.#arena.reset()
      return reader.read(i, this.#arena)
    })
  }

  next(): Page | undefined {
    return this.#reads[this.#takeNext()]?.()
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  close(): void {
    for (const reader of this.#readers.splice(0)) reader.close()
    this.#arena.close()
  }
}
