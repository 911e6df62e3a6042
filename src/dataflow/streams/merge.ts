import { type Run, RunMerger } from '../../operators/sort/merge-runs.js'
import { PageMerger, type PagesOfMerge } from '../../operators/sort/page-merger.js'
import { IndexedRun } from '../../operators/sort/run-cuts.js'
import { SpilledRun } from '../../operators/sort/spilled-run.js'
import type { SpillSpace } from '../../operators/spill/spill-space.js'
import { type Arena, assert, type Page } from '../../spi/index.js'
import { readPageWords, rowCountOfWords } from '../memory/page-words.js'
import type { CollectedPages } from '../page-sink.js'
import type { PageStream } from '../page-stream.js'
import type { MergeSource } from '../pipeline.js'

/**
 * Merges the sorted runs that the drivers of a pipeline collected. Runs that are in memory are merged page by page, by one driver or
 * by several in turns; of those on disk each page is read once.
 * @param memory the shared memory that the pages' words point into
 * @param pageRows rows of the pages that come out, at most
 * @param pages those that this driver makes; all, where runs are on disk
 */
export function createMergeStream(
  source: MergeSource,
  states: readonly CollectedPages[],
  memory: ArrayBufferLike,
  createArena: () => Arena,
  pageRows: number,
  spill: SpillSpace | undefined,
  pages: PagesOfMerge,
): PageStream {
  const { types, orderBy } = source
  const channels = types.map((_, channel) => channel)
  if (!isOnDisk(states)) {
    const runs = states.map((state) => {
      const read = (index: number) => readPageWords(state.pages[index]!, memory, channels, types)
      return new IndexedRun(state.pages.map(rowCountOfWords), read)
    })
    return new MergeStream(new PageMerger(runs, orderBy, types, pageRows, pages, createArena), [])
  }
  assert(pages.step === 1, 'runs on disk are merged by one driver')
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

/** Whether some of the runs' pages are on disk. */
export const isOnDisk = (states: readonly CollectedPages[]): boolean =>
  states.some(({ spilled }) => spilled !== undefined)

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
  readonly #merger: RunMerger | PageMerger
  readonly #spilledRuns: readonly SpilledRun[]

  constructor(merger: RunMerger | PageMerger, spilledRuns: readonly SpilledRun[]) {
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
