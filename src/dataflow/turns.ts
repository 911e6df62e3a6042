/** Work between two turns of the event loop in a thread that does most of the work. */
export const LONG_TURN_MILLIS = 3
/** In a thread that mostly waits for others: short, since it is the one with the program's timers. */
export const SHORT_TURN_MILLIS = 1.5
/**
 * After how many turns a waiter belongs to a level. Each level gets half the turns of the one before it while both wait: who has
 * worked for 10 ms, 50 ms, half a second or five steps back.
 */
const LEVEL_TURNS = [0, 2, 12, 125, 1250]

/** Resolves once all in this thread that can go on without the event loop has: who is about to work lets others hand over work first. */
export const allBegun = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

/** Those of one level that wait, first come, first served. */
class Level {
  readonly stride: number
  /** How far the level has come on the way that all go, a stride a turn: who is furthest behind is next. */
  pass = 0
  #waiting: (() => void)[] = []
  #next = 0

  constructor(stride: number) {
    this.stride = stride
  }

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length
  }

  add(resolve: () => void): void {
    this.#waiting.push(resolve)
  }

  take(): (() => void) | undefined {
    const resolve = this.#waiting[this.#next++]
    // Moved rarely enough that each is moved about once: while many wait side by side, the list is never empty.
    if (this.#next * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next)
      this.#next = 0
    }
    return resolve
  }
}

/**
 * Turns of a thread's event loop. Each of those that work in the thread side by side gives the loop a pass after a turn's work, and goes
 * on after it, one after the other, for another turn in all. So timers and messages wait for a few milliseconds only, what is short
 * never waits for what is long, and what has worked long steps back without ever being left out.
 * @source Trino MultilevelSplitQueue; Waldspurger and Weihl, Stride Scheduling, 1995
 */
export class Turns {
  /** Work between two passes of the event loop, so that timers and messages of the thread are never starved. */
  readonly turnMillis: number
  readonly #levels = LEVEL_TURNS.map((_, i) => new Level(2 ** i))
  #stridePass = 0
  #isReleasing = false
  #loopPass = 0
  #isCounting = false
  #passStartedAt = 0

  constructor(turnMillis: number = LONG_TURN_MILLIS) {
    this.turnMillis = turnMillis
  }

  /** Counts passes of the event loop, of those in which somebody asks. */
  get loopPass(): number {
    if (!this.#isCounting) {
      this.#isCounting = true
      this.#passStartedAt = performance.now()
      setImmediate(() => {
        this.#isCounting = false
        this.#loopPass++
      })
    }
    return this.#loopPass
  }

  /**
   * Whether the pass that is under way has been worked in for so long, by anybody, that what begins now should wait for the next. Not
   * where others wait for their turn: then the loop gets its passes, and what is short would wait for what is long.
   */
  get isPassDue(): boolean {
    void this.loopPass
    return !this.#isReleasing && performance.now() - this.#passStartedAt > this.turnMillis
  }

  /** One more that works in the thread. */
  taker(): TurnTaker {
    return new TurnTaker(this)
  }

  /**
   * Resolves when the event loop has run its timers and messages, and it is the caller's turn.
   * @param takenCount turns that the caller has taken before
   */
  take(takenCount: number): Promise<void> {
    const level = this.#levels[LEVEL_TURNS.findLastIndex((count) => takenCount >= count)]!
    // One that was not there has saved no turns up.
    if (level.isEmpty) level.pass = Math.max(level.pass, this.#stridePass)
    return new Promise((resolve) => {
      level.add(resolve)
      if (this.#isReleasing) return
      this.#isReleasing = true
      // The loop's pass that is under way may have had its timers before the work began.
      setImmediate(() => setImmediate(() => this.#release(performance.now())))
    })
  }

  /** Lets one go on, and those after it while the work since `startedAt` is short. */
  #release(startedAt: number): void {
    const resolve = this.#next()
    if (resolve === undefined) {
      this.#isReleasing = false
      return
    }
    resolve()
    // A tick that a microtask asks for comes once all that goes on now has stopped.
    queueMicrotask(() =>
      process.nextTick(() => {
        if (performance.now() - startedAt <= this.turnMillis) this.#release(startedAt)
        else setImmediate(() => this.#release(performance.now()))
      }),
    )
  }

  #next(): (() => void) | undefined {
    let next: Level | undefined
    for (const level of this.#levels) {
      if (!level.isEmpty && (next === undefined || level.pass < next.pass)) next = level
    }
    if (next === undefined) return undefined
    this.#stridePass = next.pass
    next.pass += next.stride
    return next.take()
  }
}

/** One of those that work in a thread: a query's drivers, or who sends a result. */
export class TurnTaker {
  readonly #turns: Turns
  #takenCount = 0
  #loopPass = -1
  #startedAt = 0

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /** Whether it has worked for so long that the event loop is due a pass; all that it does between two passes counts. */
  get isDue(): boolean {
    const now = performance.now()
    const { loopPass } = this.#turns
    if (loopPass !== this.#loopPass) {
      this.#loopPass = loopPass
      this.#startedAt = now
    }
    return now - this.#startedAt > this.#turns.turnMillis
  }

  /** Resolves when it may go on. */
  take(): Promise<void> {
    return this.#turns.take(this.#takenCount++)
  }
}
