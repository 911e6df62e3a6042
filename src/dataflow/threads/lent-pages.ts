import { type PlacedPage, RING_PAGES } from '../../exchange/threads/page-ring.js'
import type { OutputMemory } from '../../exchange/threads/thread-output.js'
import { assert, type Page } from '../../spi/index.js'
import type { LentRuns } from '../memory/lent-runs.js'
import type { ChunkArena } from '../memory/query-memory.js'
import type { ChunkRun } from '../memory/shared-memory.js'
import { pageBytes } from '../page-bytes.js'
import { KeptDictionaries, pageCopier } from '../page-sink.js'
import { PageCheck } from './page-check.js'
import { describePage, KEPT_DICTIONARY_BYTES } from './placed-pages.js'
import type { TakenPage, TakenPages } from './taken-pages.js'

export interface LentPagesOptions {
  readonly memory: ArrayBufferLike
  /** What the query has claimed in this thread. */
  readonly queryRuns: LentRuns
  /** What connectors have claimed in it, which outlives the query. */
  readonly connectorRuns: LentRuns
  createArena(): ChunkArena
  /** What the query may still claim. */
  freeBytes(): number
  /** What the driver has taken out of rings. */
  readonly taken: TakenPages
  /** Holds operators to not writing to pages that they have handed on. */
  readonly checks?: boolean
}

/** With less than this, or than so often what is lent, a page is made when those before it were given back. */
const FREE_BYTES_MIN = 16 * 2 ** 20
const FREE_SHARES_MIN = 8

const NO_RUNS: ReadonlyMap<ChunkRun, LentRuns> = new Map()
const NONE_TAKEN: ReadonlySet<TakenPage> = new Set()

/** What a place has while its page is read. */
interface LentPage {
  /** For the page's description, and copies. */
  readonly arena: ChunkArena
  /** Runs that the page lies in. */
  runs: ReadonlyMap<ChunkRun, LentRuns>
  /** Pages out of rings whose blocks it has. */
  taken: ReadonlySet<TakenPage>
  check: PageCheck | undefined
}

/**
 * Hands a driver's pages to another thread where they lie: the runs of chunks that operators have put a page into are lent until its
 * reader gives it back, and their arenas go on in others. Pages that came out of rings, of which it has blocks, are held as long. What else lies in no
 * arena of this thread, as tables, states of earlier pipelines and dictionaries, stays as long as the query. Only what is not in the shared memory
 * is copied there.
 */
export class LentPages implements OutputMemory {
  readonly #options: LentPagesOptions
  readonly #dictionaries: KeptDictionaries
  readonly #dictionaryArena: ChunkArena
  readonly #places: LentPage[] = []
  /** Of buffers, in all pages. */
  copiedBytes = 0

  constructor(options: LentPagesOptions) {
    this.#options = options
    this.#dictionaryArena = options.createArena()
    this.#dictionaries = new KeptDictionaries(this.#dictionaryArena, KEPT_DICTIONARY_BYTES)
  }

  get pagesMax(): number {
    const { queryRuns, freeBytes } = this.#options
    const isScarce = freeBytes() < Math.max(FREE_BYTES_MIN, queryRuns.lentBytes * FREE_SHARES_MIN)
    return isScarce ? 1 : RING_PAGES
  }

  place(page: Page, place: number, readerCount: number): PlacedPage {
    const { memory, createArena, checks } = this.#options
    this.#places[place] ??= {
      arena: createArena(),
      runs: NO_RUNS,
      taken: NONE_TAKEN,
      check: undefined,
    }
    const lent = this.#places[place]
    assert(lent.runs.size === 0 && lent.taken.size === 0, 'a page for a place in use')
    const { arena } = lent
    const runs = new Map<ChunkRun, LentRuns>()
    const taken = new Set<TakenPage>()
    arena.reset()
    const keptBefore = this.#dictionaryArena.usedBytes
    const staying = new Set<ArrayBufferView>()
    const inPlace = (view: ArrayBufferView): number | undefined => {
      if (view.buffer !== memory || !this.#find(view.byteOffset, runs, taken)) return undefined
      if (checks === true) staying.add(view)
      return view.byteOffset
    }
    const words = pageCopier(arena, this.#dictionaries, inPlace)(page)
    for (const [run, lender] of runs) lender.lend(run)
    for (const page of taken) page.hold()
    lent.runs = runs
    lent.taken = taken
    this.copiedBytes += arena.usedBytes + this.#dictionaryArena.usedBytes - keptBefore
    if (checks === true) lent.check = new PageCheck(staying)
    return describePage(memory, arena, words, { byteLength: pageBytes(page), readerCount })
  }

  giveBack(place: number): void {
    const lent = this.#places[place]!
    lent.check?.end()
    lent.check = undefined
    for (const [run, lender] of lent.runs) lender.giveBack(run)
    for (const page of lent.taken) page.release()
    lent.runs = NO_RUNS
    lent.taken = NONE_TAKEN
  }

  /** No page is read any more. The query's memory is given back as a whole, and rings with it. */
  close(): void {
    const { connectorRuns } = this.#options
    for (const lent of this.#places) {
      for (const [run, lender] of lent.runs) {
        if (lender === connectorRuns) lender.giveBack(run)
      }
      lent.runs = NO_RUNS
      lent.taken = NONE_TAKEN
    }
  }

  /** Whether a page may stay at an address; notes what has to be kept for that, if anything. */
  #find(address: number, runs: Map<ChunkRun, LentRuns>, pages: Set<TakenPage>): boolean {
    const { queryRuns, connectorRuns, taken } = this.#options
    for (const lender of [queryRuns, connectorRuns]) {
      const run = lender.runAt(address)
      if (run === undefined) continue
      runs.set(run, lender)
      return true
    }
    const page = taken.at(address)
    if (page !== undefined) pages.add(page)
    return true
  }
}
