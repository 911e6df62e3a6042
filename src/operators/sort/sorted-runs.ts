import type { Arena, Page } from '../../spi/index.js'
import { noRows, type OperatorContext } from '../operator.js'
import type { SortSpec } from '../spec.js'
import { operatorScope } from '../spill/operator-scope.js'
import type { SpilledPages } from '../spill/spill-space.js'
import type { Steps } from '../steps.js'
import { RunMerger } from './merge-runs.js'
import { SpilledRun } from './spilled-run.js'

/** Runs that are merged at once: a page of each, and its keys, are in memory. */
const RUNS_MERGED_MAX = 32
/** Rows of a run's pages: small, since so many are in memory at once. */
export const RUN_PAGE_ROWS = 2048

/** Sorted runs on disk, in the order in which their rows came, and their merge. */
export class SortedRuns {
  readonly #spec: Pick<SortSpec, 'orderBy' | 'types'>
  readonly #context: OperatorContext
  #runs: SpilledPages[] = []
  #addedCount = 0
  #close: (() => void) | undefined

  constructor(spec: Pick<SortSpec, 'orderBy' | 'types'>, context: OperatorContext) {
    this.#spec = spec
    this.#context = context
  }

  /** Runs that were added, merged or not. */
  get count(): number {
    return this.#addedCount
  }

  /** Writes a run. */
  *add(pages: Iterable<Page>): Steps<void> {
    this.#runs.push(yield* this.#write(pages))
    this.#addedCount += 1
  }

  *#write(pages: Iterable<Page>): Steps<SpilledPages> {
    const file = this.#context.spill!.createFile()
    let run: SpilledPages | undefined
    try {
      for (const page of pages) {
        if (page.rowCount > 0) file.append(page)
        yield
      }
      run = file.seal()
      return run
    } finally {
      if (run === undefined) file.close()
    }
  }

  /** All rows in order; of equal rows those of earlier runs come first. Pages of no rows come between. */
  *merged(): Generator<Page, void> {
    while (this.#runs.length > RUNS_MERGED_MAX) {
      const merged: SpilledPages[] = []
      for (let from = 0; from < this.#runs.length; from += RUNS_MERGED_MAX) {
        if (this.#context.isCancelled()) return
        const part = this.#runs.slice(from, from + RUNS_MERGED_MAX)
        merged.push(yield* noRows(this.#write(this.#merge(part, RUN_PAGE_ROWS))))
      }
      this.#runs = merged
    }
    yield* this.#merge(this.#runs, this.#context.settings.outputPageRows)
    this.#runs = []
  }

  *#merge(pages: readonly SpilledPages[], pageRows: number): Generator<Page, void> {
    const { orderBy, types } = this.#spec
    const spill = this.#context.spill!
    const scope = operatorScope(this.#context)
    const createArena = (): Arena => scope.context.createArena()
    const runs = pages.map((run) => new SpilledRun(spill, run, types, createArena))
    const close = () => {
      for (const run of runs) run.close()
      scope.close()
      this.#close = undefined
    }
    this.#close = close
    const merger = new RunMerger(runs, orderBy, types, pageRows, createArena)
    for (let page = merger.next(); page !== undefined; page = merger.next()) {
      if (this.#context.isCancelled()) break
      yield page
    }
    merger.close()
    close()
    for (const run of pages) spill.delete(run)
  }

  /** For who needs no further rows: what was not read is deleted. */
  stop(): void {
    this.close()
    for (const run of this.#runs) this.#context.spill?.delete(run)
    this.#runs = []
  }

  close(): void {
    this.#close?.()
  }

  describe(): Readonly<Record<string, number>> {
    return this.#addedCount === 0 ? {} : { 'spilled runs': this.#addedCount }
  }
}
