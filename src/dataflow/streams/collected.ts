import type { Page, SqlType } from '../../spi/index.js'
import { readPageWords } from '../memory/page-words.js'
import type { CollectedPages } from '../page-sink.js'
import type { PageStream } from '../page-stream.js'

/** Pages that earlier pipelines collected. */
export class CollectedStream implements PageStream {
  readonly #pages: readonly Float64Array[]
  readonly #memory: ArrayBufferLike
  readonly #channels: readonly number[]
  readonly #types: readonly SqlType[]
  readonly #takeNext: () => number

  /** @param takeNext gives the index of the next page to read */
  constructor(
    states: readonly CollectedPages[],
    memory: ArrayBufferLike,
    types: readonly SqlType[],
    takeNext: () => number,
  ) {
    this.#pages = states.flatMap((state) => state.pages)
    this.#memory = memory
    this.#types = types
    this.#channels = types.map((_, channel) => channel)
    this.#takeNext = takeNext
  }

  next(): Page | undefined {
    const words = this.#pages[this.#takeNext()]
    return words === undefined
      ? undefined
      : readPageWords(words, this.#memory, this.#channels, this.#types)
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  close(): void {}
}
