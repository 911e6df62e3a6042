import type { ExchangeClient } from '../../exchange/exchange-client.js'
import type { OwnedPage } from '../../exchange/owned-page.js'
import { importPage } from '../../operators/kernels/import.js'
import type { PagePart } from '../../operators/partition/page-partitioner.js'
import { RunMerger } from '../../operators/sort/merge-runs.js'
import type { ChannelOrder } from '../../operators/spec.js'
import type { Arena, Page, SqlType } from '../../spi/index.js'
import type { OriginatedPage } from '../page-origin.js'
import { type PageStream, WAIT } from '../page-stream.js'

/**
 * Pages of other tasks as they come: those of other threads stay where they are in the shared memory, until the next one is
 * asked for; others are copied there, where kernels read them.
 */
export class ExchangeStream implements PageStream {
  readonly #client: ExchangeClient
  readonly #arena: Arena | undefined
  readonly #take: (page: OwnedPage) => OwnedPage
  readonly #tagged: (page: OwnedPage) => Page
  #borrowed: OwnedPage | undefined

  /**
   * @param arena for copies; absent: the pages of all sources lie in the shared memory
   * @param options `take` then notes each of them, for whoever hands its blocks on; `withOrigins`: drivers of this task made them, and
   * their parts are runs
   */
  constructor(
    client: ExchangeClient,
    arena?: Arena,
    options: {
      readonly take?: (page: OwnedPage) => OwnedPage
      readonly withOrigins?: boolean
    } = {},
  ) {
    const { take = (page) => page, withOrigins = false } = options
    this.#client = client
    this.#arena = arena
    this.#take = take
    this.#tagged = withOrigins ? originated : partOfOwned
  }

  next(): Page | typeof WAIT | undefined {
    this.#giveBack()
    const owned = this.#client.next()
    if (owned === undefined) return this.#client.isEnded ? undefined : WAIT
    if (this.#arena === undefined) {
      this.#borrowed = this.#take(owned)
      return this.#tagged(owned)
    }
    this.#arena.reset()
    const page = importPage(owned.page, this.#arena)
    owned.release()
    return page
  }

  ready(): Promise<void> {
    return this.#client.ready()
  }

  close(): void {
    this.#client.close()
    this.#giveBack()
    this.#arena?.close()
  }

  #giveBack(): void {
    this.#borrowed?.release()
    this.#borrowed = undefined
  }
}

const partOfOwned = ({ page, partition }: OwnedPage): Page | PagePart =>
  partition === undefined ? page : { ...page, partition }

const originated = ({ page, partition = 0, driver = 0 }: OwnedPage): OriginatedPage => ({
  ...page,
  origin: { driver, run: partition },
})

/** The pages of several tasks, one task after another. */
export class RemoteSequence implements PageStream {
  readonly #streams: readonly ExchangeStream[]
  #current = 0

  /** @param clients one a task, in their order */
  constructor(clients: readonly ExchangeClient[], createArena: () => Arena) {
    this.#streams = clients.map((client) => new ExchangeStream(client, createArena()))
  }

  next(): Page | typeof WAIT | undefined {
    for (; this.#current < this.#streams.length; this.#current++) {
      const page = this.#streams[this.#current]!.next()
      if (page !== undefined) return page
    }
    return undefined
  }

  ready(): Promise<void> {
    return this.#streams[this.#current]?.ready() ?? Promise.resolve()
  }

  close(): void {
    for (const stream of this.#streams) stream.close()
  }
}

/** The sorted pages of one task that have arrived, ahead of the merge. */
class RemoteRun {
  readonly #client: ExchangeClient
  readonly #createArena: () => Arena
  readonly #pages: { readonly page: Page; readonly arena: Arena }[] = []
  /** Of pages that were merged; the merge may still read the last of them. */
  readonly #taken: Arena[] = []
  readonly #free: Arena[] = []
  #rowCount = 0
  #ended = false

  constructor(client: ExchangeClient, createArena: () => Arena) {
    this.#client = client
    this.#createArena = createArena
  }

  /** Brings in what has arrived. @returns whether there are enough rows, or all that are left */
  fill(rowCount: number): boolean {
    while (!this.#ended && this.#rowCount < rowCount) {
      const owned = this.#client.next()
      if (owned === undefined) {
        if (!this.#client.isEnded) return false
        this.#ended = true
        break
      }
      const arena = this.#free.pop() ?? this.#createArena()
      arena.reset()
      const page = importPage(owned.page, arena)
      owned.release()
      this.#pages.push({ page, arena })
      this.#rowCount += page.rowCount
    }
    return true
  }

  /** The merge has asked for its next page: of those it took before, it only has the last. */
  reuse(): void {
    this.#free.push(...this.#taken.splice(0, this.#taken.length - 1))
  }

  ready(): Promise<void> {
    return this.#client.ready()
  }

  *pages(): Generator<Page, void> {
    for (let next = this.#pages.shift(); next !== undefined; next = this.#pages.shift()) {
      this.#rowCount -= next.page.rowCount
      this.#taken.push(next.arena)
      yield next.page
    }
  }

  close(): void {
    this.#client.close()
    for (const arena of [...this.#free, ...this.#taken, ...this.#pages.map((p) => p.arena)]) {
      arena.close()
    }
  }
}

/**
 * Merges the sorted pages of several tasks. The merge itself never waits: each task has as many rows at hand as a page that
 * comes out can take, or all it has left.
 */
export class RemoteMergeStream implements PageStream {
  readonly #runs: readonly RemoteRun[]
  readonly #orderBy: readonly ChannelOrder[]
  readonly #types: readonly SqlType[]
  readonly #pageRows: number
  readonly #createArena: () => Arena
  #merger: RunMerger | undefined
  #waitingFor: RemoteRun | undefined

  /** @param clients one a task, in the order in which equal rows come */
  constructor(
    clients: readonly ExchangeClient[],
    orderBy: readonly ChannelOrder[],
    types: readonly SqlType[],
    pageRows: number,
    createArena: () => Arena,
  ) {
    this.#runs = clients.map((client) => new RemoteRun(client, createArena))
    this.#orderBy = orderBy
    this.#types = types
    this.#pageRows = pageRows
    this.#createArena = createArena
  }

  next(): Page | typeof WAIT | undefined {
    for (const run of this.#runs) {
      if (run.fill(this.#pageRows)) continue
      this.#waitingFor = run
      return WAIT
    }
    this.#waitingFor = undefined
    if (this.#merger === undefined) {
      const runs = this.#runs.map((run) => run.pages())
      this.#merger = new RunMerger(
        runs,
        this.#orderBy,
        this.#types,
        this.#pageRows,
        this.#createArena,
      )
      // Opening the runs took a page of each.
      return this.next()
    }
    for (const run of this.#runs) run.reuse()
    return this.#merger.next()
  }

  ready(): Promise<void> {
    return this.#waitingFor?.ready() ?? Promise.resolve()
  }

  close(): void {
    for (const run of this.#runs) run.close()
    this.#merger?.close()
  }
}
