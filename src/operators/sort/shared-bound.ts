/** Greater than every other key: nothing comes after it. */
const NO_BOUND = (1n << 64n) - 1n

/**
 * How late a row of a top-N may come by its first column, for all drivers: one word of shared memory. Each driver that has enough
 * rows up to a key tells it; who reads an older one keeps more rows than it has to, never fewer.
 */
export class SharedBound {
  /** The complement of the key, so that words of zeros are no bound. */
  readonly #word: BigUint64Array

  /** @param word one, zero before the first driver starts */
  constructor(word: BigUint64Array) {
    this.#word = word
  }

  /** Rows whose leading key (u64, see leading-key.ts) is greater are not in the answer. */
  get key(): bigint {
    return NO_BOUND - Atomics.load(this.#word, 0)
  }

  /** There are as many rows as are wanted whose leading keys are at most this. */
  lower(key: bigint): void {
    const complement = NO_BOUND - key
    let known = Atomics.load(this.#word, 0)
    while (known < complement) {
      const found = Atomics.compareExchange(this.#word, 0, known, complement)
      if (found === known) return
      known = found
    }
  }
}
