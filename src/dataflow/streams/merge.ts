import { RunMerger } from '../../operators/sort/merge-runs.js'
import type { Arena, Page } from '../../spi/index.js'
import { readPageWords } from '../memory/page-words.js'
import type { CollectedPages } from '../page-sink.js'
import type { PageStream } from '../page-stream.js'
import type { MergeSource } from '../pipeline.js'

/**
 * Merges the sorted runs that the drivers of a pipeline collected.
 * @param memory the shared memory that the pages' words point into
 * @param pageRows rows of the pages that come out, at most
 */
export function createMergeStream(
  source: MergeSource,
  states: readonly CollectedPages[],
  memory: ArrayBufferLike,
  createArena: () => Arena,
  pageRows: number,
): PageStream {
  const { types, orderBy } = source
  const channels = types.map((_, channel) => channel)
  function* runOf(state: CollectedPages): Generator<Page, void> {
    for (const words of state.pages) yield readPageWords(words, memory, channels, types)
  }
  const runs = states.map(runOf)
  return new MergeStream(new RunMerger(runs, orderBy, types, pageRows, createArena))
}

class MergeStream implements PageStream {
  readonly #merger: RunMerger

  constructor(merger: RunMerger) {
    this.#merger = merger
  }

  next(): Page | undefined {
    return this.#merger.next()
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  close(): void {
    this.#merger.close()
  }
}
