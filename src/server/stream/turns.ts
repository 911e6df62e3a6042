/**
 * Lets many results be encoded in one thread without any of them holding up the rest: each takes a turn of the event loop
 * a page, first come, first served, so that between two pages there is time for requests and for what is small.
 */
export class Turns {
  #waiting: (() => void)[] = []
  #next = 0
  #isScheduled = false

  /** Resolves when it is the caller's turn. */
  take(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      const resolve = this.#waiting[this.#next++]
      // Moved rarely enough that each is moved about once: while results go on side by side, the list is never empty.
      if (this.#next * 2 >= this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#next)
        this.#next = 0
      }
      if (this.#waiting.length > 0) this.#schedule()
      resolve?.()
    })
  }
}
