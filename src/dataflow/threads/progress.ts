import type { DriverStats } from '../stats.js'

/** Between two reports of one thread, at least. */
const REPORT_MILLIS = 200

interface RunningDriver {
  stats(): DriverStats
  send(stats: DriverStats): void
  /** Rows that it had passed on when it last told of itself. */
  toldRows: number
}

/**
 * Tells from time to time how far the drivers of a thread are, so that what queries have read is seen before drivers end: of
 * those that are further than they were. While none runs there is no timer.
 */
export class DriverProgress {
  readonly #running = new Set<RunningDriver>()
  #timer: NodeJS.Timeout | undefined

  /** @returns what ends the reports of the driver */
  begin(stats: () => DriverStats, send: (stats: DriverStats) => void): () => void {
    const driver = { stats, send, toldRows: 0 }
    this.#running.add(driver)
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#report(), REPORT_MILLIS)
      this.#timer.unref()
    }
    return () => this.#running.delete(driver)
  }

  #report(): void {
    if (this.#running.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    for (const driver of this.#running) {
      const stats = driver.stats()
      const rows = stats.operators.reduce((sum, operator) => sum + operator.outputRows, 0)
      if (rows === driver.toldRows) continue
      driver.toldRows = rows
      driver.send(stats)
    }
  }
}
