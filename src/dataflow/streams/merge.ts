import { type Run, RunMerger } from '../../operators/sort/merge-runs.js'
import { SpilledRun } from '../../operators/sort/spilled-run.js'
import type { SpillSpace } from '../../operators/spill/spill-space.js'
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
  spill: SpillSpace | undefined,
): PageStream {
  const { types, orderBy } = source
  const channels = types.map((_, channel) => channel)
  const spilledRuns: SpilledRun[] = []
  const runs = states.map(({ spilled, pages }): Run => {
    const words = pages.map((page) => () => readPageWords(page, memory, channels, types))
    if (spilled === undefined || spill === undefined) return new CollectedRun(words)
    const first = new SpilledRun(spill, spilled, types, createArena)
    spilledRuns.push(first)
    return new CollectedRun(words, first)
  })
  const merger = new RunMerger(runs, orderBy, types, pageRows, createArena)
  return new MergeStream(merger, spilledRuns)
}

/** What a driver collected: pages on disk, then those in memory. */
class CollectedRun implements Run {
  readonly #words: readonly (() => Page)[]
  readonly #spilled: SpilledRun | undefined
  #next = 0

  constructor(words: readonly (() => Page)[], spilled?: SpilledRun) {
    this.#words = words
    this.#spilled = spilled
  }

  next(): IteratorResult<Page, void> {
    const first = this.#spilled?.next()
    if (first !== undefined && first.done !== true) return first
    const value = this.#words[this.#next++]?.()
    return value === undefined ? { done: true, value } : { done: false, value }
  }

  release(): void {
    this.#spilled?.release()
  }
}

class MergeStream implements PageStream {
  readonly #merger: RunMerger
  readonly #spilledRuns: readonly SpilledRun[]

  constructor(merger: RunMerger, spilledRuns: readonly SpilledRun[]) {
    this.#merger = merger
    this.#spilledRuns = spilledRuns
  }

  next(): Page | undefined {
    return this.#merger.next()
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  close(): void {
    this.#merger.close()
    for (const run of this.#spilledRuns) run.close()
  }
}
