import type { DriverStats } from '../stats.js'

/** What the drivers of a task tell of themselves, wherever they run. */
export class DriverReports {
  readonly #ended: DriverStats[] = []
  readonly #ofCaller: (() => DriverStats)[] = []
  /** What drivers in worker threads that have not ended told last. */
  readonly #running = new Map<string, DriverStats>()

  /** A driver in the calling thread, which is asked when somebody wants to know. */
  addCaller(stats: () => DriverStats): void {
    this.#ofCaller.push(stats)
  }

  progress(stats: DriverStats): void {
    this.#running.set(driverKey(stats), stats)
  }

  /** A driver of a worker thread has told the last of itself. */
  end(stats: DriverStats): void {
    this.#running.delete(driverKey(stats))
    this.#ended.push(stats)
  }

  all(): readonly DriverStats[] {
    return [...this.#ended, ...this.running()]
  }

  /** Those that have not told the last of themselves; drivers of the calling thread never do. */
  running(): readonly DriverStats[] {
    return [...this.#ofCaller.map((stats) => stats()), ...this.#running.values()]
  }
}

const driverKey = ({ pipelineId, driverIndex }: DriverStats): string =>
  `${pipelineId}.${driverIndex}`
