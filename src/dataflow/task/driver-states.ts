/** The states that the drivers of a pipeline in worker threads leave. */
export class DriverStates {
  /** Of all drivers, in the order in which they ended. */
  readonly all: Promise<readonly unknown[]>
  readonly #received: unknown[] = []
  readonly #begunCount: () => number | undefined
  #driverCount: number
  #resolve: (states: readonly unknown[]) => void = () => {}

  /**
   * @param driverCount those that have been told to run
   * @param begunCount how many will have run, where a driver that has not begun would find nothing to do and is kept from beginning
   */
  constructor(driverCount: number, begunCount: () => number | undefined) {
    this.#driverCount = driverCount
    this.#begunCount = begunCount
    this.all = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  add(state: unknown): void {
    this.#received.push(state)
    if (this.#received.length < this.#driverCount) {
      this.#driverCount = this.#begunCount() ?? this.#driverCount
    }
    if (this.#received.length === this.#driverCount) this.#resolve(this.#received)
  }
}
