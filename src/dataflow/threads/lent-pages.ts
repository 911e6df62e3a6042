import { RING_PAGES, type RingPage } from '../../exchange/threads/page-ring.js'
import { assert, type Page } from '../../spi/index.js'
import type { LentRuns } from '../memory/lent-runs.js'
import type { ChunkArena } from '../memory/query-memory.js'
import type { ChunkRun } from '../memory/shared-memory.js'
import { pageBytes } from '../page-bytes.js'
import { KeptDictionaries, pageCopier } from '../page-sink.js'
import { PageCheck } from './page-check.js'
import { KEPT_DICTIONARY_BYTES } from './placed-pages.js'
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

/** What a slot of the ring holds while its page is read. */
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
 * reader gives it back, and their arenas go on in others. Blocks of pages that came out of rings keep these in their slots. What else lies in no
 * arena of this thread, as tables, states of earlier pipelines and dictionaries, stays as long as the query. Only what is not in the shared memory
 * is copied there, and what lies in a page that every driver is given.
 */
export class LentPages {
  readonly #options: LentPagesOptions
  readonly #dictionaries: KeptDictionaries
  readonly #dictionaryArena: ChunkArena
  readonly #slots: (LentPage | undefined)[] = Array.from({ length: RING_PAGES })
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

  /** @param slot of those below RING_PAGES, whose last page was given back */
  place(page: Page, slot: number): Omit<RingPage, 'partition'> {
    const { memory, createArena, checks } = this.#options
    this.#slots[slot] ??= {
      arena: createArena(),
      runs: NO_RUNS,
      taken: NONE_TAKEN,
      check: undefined,
    }
    const lent = this.#slots[slot]
    assert(lent.runs.size === 0 && lent.taken.size === 0, 'a page for a slot in use')
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
    const address = arena.allocateAddress(words.byteLength)
    new Float64Array(memory, address, words.length).set(words)
    if (checks === true) lent.check = new PageCheck(staying)
    return { address, wordCount: words.length, byteLength: pageBytes(page) }
  }

  /** The page of a slot, if it has one, is read no more. */
  giveBack(slot: number): void {
    const lent = this.#slots[slot]
    if (lent === undefined) return
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
    for (const lent of this.#slots) {
      if (lent === undefined) continue
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
    const found = taken.at(address)
    if (found === undefined) return true
    const { page, isLast } = found
    if (page.isForAll || !isLast) return false
    pages.add(page)
    return true
  }
}
