import { setTimeout as delay } from 'node:timers/promises'
import { setKernelOwner } from '../expressions/kernel-owner.js'
import type { Operator } from '../operators/operator.js'
import { type Page, toMillraceError } from '../spi/index.js'
import type { DriverMemory, Revocable } from './memory/driver-memory.js'
import type { OperatorAccount } from './memory/operator-account.js'
import { pageBytes } from './page-bytes.js'
import { type PageStream, WAIT } from './page-stream.js'
import { addTime, type OperatorMeter, startMeter } from './stats.js'
import type { TurnTaker } from './turns.js'

/** How long a driver waits before it asks again for memory that others have. */
const MEMORY_WAIT_MILLIS = 1

/** What a driver of a query that may spill has of its memory. */
export interface DriverAccounts {
  readonly memory: DriverMemory
  /** One an operator. */
  readonly accounts: readonly OperatorAccount[]
  /** Who asks for its pages: what runs it to its end, whoever reads a result, or a driver that it is a source of. */
  readonly reader: 'sink' | 'consumer' | 'driver'
}

/**
 * A driver: one source and a chain of operators, run in one thread as a chain of generators. Pages are pulled: while
 * nobody asks for the next one, nothing runs, which is the backpressure.
 */
export class Driver implements PageStream {
  readonly #source: PageStream
  readonly #operators: readonly Operator[]
  readonly #pages: Generator<Page | typeof WAIT, void>
  readonly #isCancelled: () => boolean
  readonly #turns: TurnTaker
  readonly #own: DriverAccounts | undefined
  #turnDue = false
  #memoryDue = false
  #closed = false
  #failure: unknown

  constructor(
    source: PageStream,
    operators: readonly Operator[],
    meters: readonly OperatorMeter[],
    isCancelled: () => boolean,
    turns: TurnTaker,
    own?: DriverAccounts,
  ) {
    this.#source = source
    this.#operators = operators
    this.#isCancelled = isCancelled
    this.#turns = turns
    this.#own = own
    let pages: Generator<Page | typeof WAIT, void> = this.#sourcePages(meters[0]!)
    operators.forEach((operator, i) => {
      pages = transform(pages, operator, meters[i + 1]!, this, own?.accounts[i])
    })
    this.#pages = pages
  }

  get isCancelled(): boolean {
    return this.#isCancelled()
  }

  /** A page in parts, for each of which an operator or sink that can give memory back has been seen to have memory. */
  parts(
    operator: Revocable,
    account: OperatorAccount | undefined,
    page: Page,
  ): Iterable<Page | typeof WAIT> {
    if (operator.revocableBytes === undefined || account === undefined) return [page]
    return this.#own!.memory.parts(operator, account, page, this)
  }

  /** Waits a moment for memory that others give back; it does in {@link ready}, after WAIT. */
  waitForMemory(): void {
    this.#memoryDue = true
  }

  /** Tells whether the event loop is due a turn; it gets it in {@link ready}, after WAIT. */
  takesTurn(): boolean {
    this.#turnDue ||= this.#turns.isDue
    return this.#turnDue
  }

  next(): Page | typeof WAIT | undefined {
    this.#own?.memory.setBusy(true)
    const { done, value } = this.#pages.next()
    if (value !== WAIT && this.#own?.reader === 'consumer') this.#own.memory.setBusy(false)
    return done ? undefined : (value as Page | typeof WAIT)
  }

  async ready(): Promise<void> {
    if (this.#turnDue) {
      this.#turnDue = false
      await this.#turns.take()
    } else if (this.#memoryDue) {
      this.#memoryDue = false
      await delay(MEMORY_WAIT_MILLIS)
    } else {
      this.#own?.memory.setBusy(false)
      await this.#source.ready()
      this.#own?.memory.setBusy(true)
    }
  }

  /** Pulls until there is a page, giving the event loop its turns. */
  async nextPage(): Promise<Page | undefined> {
    for (;;) {
      const page = this.next()
      if (page !== WAIT) return page
      await this.ready()
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#attempt(() => void this.#pages.return())
    for (const operator of this.#operators) this.#attempt(() => operator.close())
    if (this.#own !== undefined) {
      for (const account of this.#own.accounts) account.reserve(0)
      if (this.#own.reader !== 'driver') this.#own.memory.setBusy(false)
    }
    try {
      await this.#source.close()
    } catch (error) {
      this.#failure ??= error
    }
    if (this.#failure !== undefined) throw toMillraceError(this.#failure)
  }

  #attempt(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#failure ??= error
    }
  }

  *#sourcePages(meter: OperatorMeter): Generator<Page | typeof WAIT, void> {
    for (;;) {
      if (this.isCancelled) return
      if (this.takesTurn()) {
        yield WAIT
        continue
      }
      const startedAt = startMeter()
      const page = this.#source.next()
      addTime(meter, startedAt)
      meter.physicalInputBytes = this.#source.completedBytes ?? 0
      meter.physicalInputNanos = this.#source.readTimeNanos ?? 0
      if (page === undefined) return
      if (page === WAIT) {
        yield WAIT
        continue
      }
      meter.inputBytes += pageBytes(page)
      meter.outputRows += page.rowCount
      meter.outputPages += 1
      if (page.rowCount > 0) yield page
    }
  }
}

function* transform(
  input: Generator<Page | typeof WAIT, void>,
  operator: Operator,
  meter: OperatorMeter,
  driver: Driver,
  account: OperatorAccount | undefined,
): Generator<Page | typeof WAIT, void> {
  try {
    if (!operator.finished) {
      for (const page of input) {
        if (page === WAIT) {
          yield WAIT
          continue
        }
        // The page may have taken long, and the operator may again.
        if (driver.isCancelled) return
        meter.inputRows += page.rowCount
        meter.inputPages += 1
        meter.inputBytes += pageBytes(page)
        for (const part of driver.parts(operator, account, page)) {
          if (part === WAIT) yield WAIT
          else yield* emit(() => operator.process(part), meter, driver)
          if (operator.finished) break
        }
        if (driver.isCancelled) return
        if (operator.finished) break
      }
    }
    // What a cancelled query would still emit, nobody reads.
    if (!driver.isCancelled) yield* emit(() => operator.finish(), meter, driver)
  } finally {
    const details = operator.describe?.()
    if (details !== undefined) meter.details = details
  }
}

/** The pages of one call of an operator; those of a long finish let the event loop take its turns too. */
function* emit(
  pages: () => Iterable<Page>,
  meter: OperatorMeter,
  driver: Driver,
): Generator<Page | typeof WAIT, void> {
  let startedAt = startMeter()
  setKernelOwner(meter)
  for (const page of pages()) {
    addTime(meter, startedAt)
    meter.outputRows += page.rowCount
    if (page.rowCount > 0) meter.outputPages += 1
    if (driver.takesTurn()) yield WAIT
    // What a cancelled query would still emit, nobody reads.
    if (driver.isCancelled) return
    if (page.rowCount > 0) yield page
    startedAt = startMeter()
    setKernelOwner(meter)
  }
  addTime(meter, startedAt)
}
