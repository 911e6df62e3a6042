import { importPage } from '../../operators/kernels/import.js'
import {
  type Arena,
  type Connector,
  type ConnectorPageSource,
  type ConnectorSession,
  type ConnectorSplit,
  type DynamicFilter,
  MillraceError,
  type Page,
  pageSourceProviderOf,
} from '../../spi/index.js'
import { type PageStream, WAIT } from '../page-stream.js'
import type { ScanSource } from '../pipeline.js'
import { checkFunctionPage } from '../table-function/output-page.js'
import { splitPageSource } from '../table-function/split-page-source.js'
import type { SplitQueue } from '../thread-environment.js'

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof (value as { then?: unknown } | undefined)?.then === 'function'

/** A split that was opened ahead of its turn, and its first page. */
interface SplitAhead {
  readonly source: Promise<ConnectorPageSource | undefined>
  readonly firstPage: Promise<Page | undefined>
}

/**
 * Reads the splits that this driver takes from the queue, one after another, some of them opened ahead where the connector
 * wants it. Pages that lie elsewhere are copied into
 * shared memory, where kernels read them.
 */
export class ScanStream implements PageStream {
  readonly #spec: ScanSource
  readonly #splits: SplitQueue
  readonly #arena: Arena
  readonly #open: () => {
    readonly connector: Connector | Promise<Connector>
    readonly transaction: unknown
    session(connector: Connector): ConnectorSession
  }
  readonly #abort: AbortController
  readonly #dynamicFilter: DynamicFilter
  #connector: Connector | undefined
  #session: ConnectorSession | undefined
  #transaction: unknown
  #source: ConnectorPageSource | undefined
  readonly #ahead: SplitAhead[] = []
  #pending: Promise<void> | undefined
  /** What a promise gave, for the next call of next(). */
  #arrived: { readonly page: Page | undefined } | undefined
  #ended = false
  #hasTakenAll = false
  splitCount = 0
  /** Of these, those that are read no more. */
  #endedSplits = 0
  /** Of the splits that were read to their end. */
  #closedBytes = 0
  #closedNanos = 0

  constructor(
    spec: ScanSource,
    splits: SplitQueue,
    arena: Arena,
    abort: AbortController,
    dynamicFilter: DynamicFilter,
    open: () => {
      readonly connector: Connector | Promise<Connector>
      readonly transaction: unknown
      session(connector: Connector): ConnectorSession
    },
  ) {
    this.#spec = spec
    this.#splits = splits
    this.#arena = arena
    this.#abort = abort
    this.#dynamicFilter = dynamicFilter
    this.#open = open
  }

  get completedBytes(): number {
    return this.#closedBytes + (this.#source?.completedBytes ?? 0)
  }

  get readTimeNanos(): number {
    return this.#closedNanos + (this.#source?.readTimeNanos ?? 0)
  }

  get runningSplits(): number {
    if (this.#ended) return 0
    const held = this.#splits.heldCount?.(this.#spec.scanId) ?? 0
    return this.splitCount - this.#endedSplits + held
  }

  next(): Page | typeof WAIT | undefined {
    if (this.#pending !== undefined) return WAIT
    while (!this.#ended) {
      if (this.#source === undefined) {
        if (!this.#openNext()) return this.#ended ? undefined : WAIT
        continue
      }
      this.#openAhead()
      const arrived = this.#arrived
      this.#arrived = undefined
      const page = arrived === undefined ? this.#source.getNextPage() : arrived.page
      if (isPromise(page)) {
        this.#wait(page.then((p) => void (this.#arrived = { page: p })))
        return WAIT
      }
      if (page !== undefined) return this.#import(page)
      const closing = this.#closeSource()
      if (isPromise(closing)) {
        this.#wait(closing as Promise<void>)
        return WAIT
      }
    }
    return undefined
  }

  ready(): Promise<void> {
    return this.#pending ?? Promise.resolve()
  }

  async close(): Promise<void> {
    this.#ended = true
    try {
      if (this.#source !== undefined || this.#ahead.length > 0) this.#abort.abort()
      const ahead = this.#ahead.splice(0)
      const closing = [
        this.#source === undefined ? undefined : this.#closeSource(),
        ...ahead.map(async ({ source }) => (await source.catch(() => undefined))?.close()),
      ]
      for (const outcome of await Promise.allSettled(closing)) {
        if (outcome.status === 'rejected') throw outcome.reason
      }
    } finally {
      this.#arena.close()
    }
  }

  #import(page: Page): Page {
    this.#arena.reset()
    return importPage(page, this.#arena)
  }

  #wait(promise: Promise<void>): void {
    this.#pending = promise.finally(() => {
      this.#pending = undefined
    })
    // The driver awaits it through ready(); a driver that is closed meanwhile must not leave it unhandled.
    this.#pending.catch(() => undefined)
  }

  /** Opens the page source of the next split; false where there is none, or none yet. */
  #openNext(): boolean {
    const ahead = this.#ahead.shift()
    if (ahead !== undefined) {
      this.#wait(this.#useAhead(ahead))
      return false
    }
    const split = this.#splits.next(this.#spec.scanId)
    if (isPromise(split)) {
      this.#wait(Promise.resolve(split).then((s) => this.#openSplit(s)))
      return false
    }
    const opening = this.#openSplit(split)
    if (isPromise(opening)) {
      this.#wait(opening as Promise<void>)
      return false
    }
    return !this.#ended
  }

  #openAhead(): void {
    const count = this.#spec.isTableFunction === true ? 0 : (this.#connector?.splitsAhead ?? 0)
    while (!this.#hasTakenAll && this.#ahead.length < count) {
      const split = this.#splits.next(this.#spec.scanId)
      this.#hasTakenAll = split === undefined
      if (split === undefined) return
      const source = Promise.resolve(split).then((s) =>
        s === undefined ? undefined : this.#sourceOf(s),
      )
      const firstPage = source.then((s) => s?.getNextPage())
      // Who comes to the split hears of it.
      firstPage.catch(() => undefined)
      this.#ahead.push({ source, firstPage })
    }
  }

  async #useAhead(ahead: SplitAhead): Promise<void> {
    const source = await ahead.source
    if (source === undefined) return
    this.splitCount += 1
    await this.#use(source)
    if (!this.#ended) this.#arrived = { page: await ahead.firstPage }
  }

  #openSplit(split: unknown): void | Promise<void> {
    if (split === undefined) {
      this.#ended = true
      return
    }
    this.splitCount += 1
    if (this.#connector === undefined) {
      const opened = this.#open()
      this.#transaction = opened.transaction
      if (isPromise(opened.connector)) {
        return opened.connector.then((connector) => {
          this.#connector = connector
          this.#session = opened.session(connector)
          return this.#createSource(split)
        })
      }
      this.#connector = opened.connector
      this.#session = opened.session(this.#connector)
    }
    return this.#createSource(split)
  }

  #createSource(split: unknown): void | Promise<void> {
    // What waited for a split or the connector may come after the scan was closed.
    if (this.#ended) return
    if (this.#spec.isTableFunction === true) return this.#process(split)
    const source = this.#sourceOf(split)
    if (isPromise(source)) return source.then((s) => this.#use(s))
    this.#source = source
  }

  #sourceOf(split: unknown): ConnectorPageSource | Promise<ConnectorPageSource> {
    const { table, columns } = this.#spec
    return pageSourceProviderOf(this.#connector!).createPageSource(
      this.#transaction,
      this.#session!,
      split as ConnectorSplit,
      table.handle,
      columns,
      this.#dynamicFilter,
      this.#abort.signal,
    )
  }

  /** Runs a table function over one of its splits. */
  async #process(split: unknown): Promise<void> {
    const { handle, table } = this.#spec.table
    const processor = await this.#connector!.getFunctionProvider?.()
      .getTableFunctionProcessorProvider(handle)
      .getSplitProcessor?.(this.#session!, handle, split as ConnectorSplit, this.#abort.signal)
    if (processor === undefined) {
      const message = `Connector has no split processor for its table function: ${table}`
      throw new MillraceError('FUNCTION_IMPLEMENTATION_MISSING', message)
    }
    const name = { ...this.#spec.table, name: table }
    return this.#use(
      splitPageSource(processor, (page) => checkFunctionPage(page, name, this.#spec.types)),
    )
  }

  /** A source that arrives after the scan was closed is closed at once. */
  #use(source: ConnectorPageSource): void | Promise<void> {
    if (this.#ended) return source.close() as void | Promise<void>
    this.#source = source
  }

  #closeSource(): void | Promise<void> {
    const source = this.#source!
    this.#source = undefined
    this.#endedSplits += 1
    this.#closedBytes += source.completedBytes
    this.#closedNanos += source.readTimeNanos
    return source.close() as void | Promise<void>
  }
}
