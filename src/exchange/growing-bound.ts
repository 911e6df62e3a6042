const FIRST_BYTES = 8 * 2 ** 20
/** Of the bound: so much has to pass before it grows. More than all buffers take that a consumer who stalls at once leaves full. */
const PASSES = 4

/**
 * What a buffer between two nodes may hold. Where a consumer is slow all buffers on the way get full, so that the scan is as far ahead as
 * their sum; where it is fast, larger ones bridge the time that nodes take to turn to each other. So a bound begins small, and
 * doubles, up to its maximum, when the buffer runs dry for having been full, after much has passed through it.
 * @source the automatic tuning of TCP's receive windows
 */
export class GrowingBound {
  readonly #maxBytes: number
  #bytes: number
  #passedBytes = 0

  constructor(maxBytes: number, firstBytes = FIRST_BYTES) {
    this.#maxBytes = maxBytes
    this.#bytes = Math.min(firstBytes, maxBytes)
  }

  get bytes(): number {
    return this.#bytes
  }

  passed(byteLength: number): void {
    this.#passedBytes += byteLength
  }

  ranDry(): void {
    if (this.#passedBytes < this.#bytes * PASSES || this.#bytes === this.#maxBytes) return
    this.#bytes = Math.min(this.#bytes * 2, this.#maxBytes)
    this.#passedBytes = 0
  }
}
