interface Lock {
  holder: number
  /** In the order of their coming. */
  readonly waiting: { readonly transaction: number; readonly wake: () => void }[]
}

/**
 * Turns at changing the rows of a table, by the table's id: a transaction that has one is waited for. Reading and inserting
 * need none.
 */
export class TableLocks {
  readonly #locks = new Map<number, Lock>()

  /**
   * Waits for the turn of a transaction. One that holds a turn may wait for another only in ascending order of tables, so that none
   * wait for each other.
   * @throws the reason of the signal, without a turn
   */
  async take(table: number, transaction: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const lock = this.#locks.get(table)
    if (lock === undefined) {
      this.#locks.set(table, { holder: transaction, waiting: [] })
      return
    }
    if (lock.holder === transaction) return
    await new Promise<void>((resolve, reject) => {
      const entry = { transaction, wake }
      function wake(): void {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      function leave(): void {
        lock!.waiting.splice(lock!.waiting.indexOf(entry), 1)
        reject(signal!.reason)
      }
      signal?.addEventListener('abort', leave, { once: true })
      lock.waiting.push(entry)
    })
  }

  /** Ends the turn of a transaction at a table, if it has it. */
  release(table: number, transaction: number): void {
    const lock = this.#locks.get(table)
    if (lock?.holder !== transaction) return
    const next = lock.waiting.shift()
    if (next === undefined) {
      this.#locks.delete(table)
      return
    }
    lock.holder = next.transaction
    next.wake()
  }

  releaseAll(transaction: number): void {
    for (const table of [...this.#locks.keys()]) this.release(table, transaction)
  }
}
