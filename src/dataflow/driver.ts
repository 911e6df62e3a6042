import type { Operator } from '../operators/operator.js'
import { type Page, toMillraceError } from '../spi/index.js'
import { pageBytes } from './page-bytes.js'
import { type PageStream, WAIT } from './page-stream.js'
import { addTime, type OperatorMeter, startMeter } from './stats.js'
import type { TurnTaker } from './turns.js'

type Revocable = Pick<Operator, 'revocableBytes' | 'neededBytes' | 'revoke'>

/** Whether memory is so scarce that what could give back so many bytes should, before it gets a page. */
export type MemoryPressure = (revocableBytes: number, neededBytes: number, page: Page) => boolean

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
  readonly #isScarce: MemoryPressure | undefined
  #turnDue = false
  #closed = false
  #failure: unknown

  constructor(
    source: PageStream,
    operators: readonly Operator[],
    meters: readonly OperatorMeter[],
    isCancelled: () => boolean,
    turns: TurnTaker,
    isScarce?: MemoryPressure,
  ) {
    this.#source = source
    this.#operators = operators
    this.#isCancelled = isCancelled
    this.#turns = turns
    this.#isScarce = isScarce
    let pages: Generator<Page | typeof WAIT, void> = this.#sourcePages(meters[0]!)
    operators.forEach((operator, i) => {
      pages = transform(pages, operator, meters[i + 1]!, this)
    })
    this.#pages = pages
  }

  get isCancelled(): boolean {
    return this.#isCancelled()
  }

  /** Asks an operator for its memory where that is scarce, before it gets a page, and lets the event loop take its turns. */
  *revokeIfScarce(operator: Revocable, page: Page): Generator<typeof WAIT, void> {
    const { revocableBytes } = operator
    if (revocableBytes === undefined || this.#isScarce === undefined) return
    const neededBytes = operator.neededBytes ?? 2 * revocableBytes
    if (!this.#isScarce(revocableBytes, neededBytes, page)) return
    for (const _ of operator.revoke?.() ?? []) {
      if (this.takesTurn()) yield WAIT
      if (this.isCancelled) return
    }
  }

  /** Tells whether the event loop is due a turn; it gets it in {@link ready}, after WAIT. */
  takesTurn(): boolean {
    this.#turnDue ||= this.#turns.isDue
    return this.#turnDue
  }

  next(): Page | typeof WAIT | undefined {
    const { done, value } = this.#pages.next()
    return done ? undefined : (value as Page | typeof WAIT)
  }

  async ready(): Promise<void> {
    if (this.#turnDue) {
      this.#turnDue = false
      await this.#turns.take()
    } else await this.#source.ready()
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
): Generator<Page | typeof WAIT, void> {
  if (!operator.finished) {
    for (const page of input) {
      if (page === WAIT) {
        yield WAIT
        continue
      }
      meter.inputRows += page.rowCount
      meter.inputPages += 1
      meter.inputBytes += pageBytes(page)
      yield* driver.revokeIfScarce(operator, page)
      if (driver.isCancelled) return
      yield* emit(() => operator.process(page), meter, driver)
      if (operator.finished) break
    }
  }
  // What a cancelled query would still emit, nobody reads.
  if (!driver.isCancelled) yield* emit(() => operator.finish(), meter, driver)
}

/** The pages of one call of an operator; those of a long finish let the event loop take its turns too. */
function* emit(
  pages: () => Iterable<Page>,
  meter: OperatorMeter,
  driver: Driver,
): Generator<Page | typeof WAIT, void> {
  let startedAt = startMeter()
  for (const page of pages()) {
    addTime(meter, startedAt)
    meter.outputRows += page.rowCount
    if (page.rowCount > 0) meter.outputPages += 1
    if (driver.takesTurn()) yield WAIT
    // What a cancelled query would still emit, nobody reads.
    if (driver.isCancelled) return
    if (page.rowCount > 0) yield page
    startedAt = startMeter()
  }
  addTime(meter, startedAt)
}
