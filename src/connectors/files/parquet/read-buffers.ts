/** The smallest buffer that is kept. */
const LEAST_BYTES = 64 << 10
/** What is kept for later reads at most, in all. */
const KEPT_BYTES_MAX = 32 << 20

/**
 * Buffers that files are read into, kept for the next read: fresh ones cost a page fault every 4 KB and are cleared first, which
 * is more than reading takes where the file is in the system's cache. One for each thread.
 */
export class ReadBuffers {
  /** By capacity, powers of two. */
  readonly #free = new Map<number, ArrayBuffer[]>()
  #keptBytes = 0

  get keptBytes(): number {
    return this.#keptBytes
  }

  /** So many bytes of any content. */
  take(byteLength: number): Uint8Array<ArrayBuffer> {
    const capacity = capacityOf(byteLength)
    const buffer = this.#free.get(capacity)?.pop()
    if (buffer === undefined) return new Uint8Array(new ArrayBuffer(capacity), 0, byteLength)
    this.#keptBytes -= capacity
    return new Uint8Array(buffer, 0, byteLength)
  }

  /** Takes back what {@link take} gave; nothing may refer to it any more. */
  give({ buffer }: Uint8Array<ArrayBuffer>): void {
    const capacity = buffer.byteLength
    if (this.#keptBytes + capacity > KEPT_BYTES_MAX) return
    this.#keptBytes += capacity
    const free = this.#free.get(capacity)
    if (free === undefined) this.#free.set(capacity, [buffer])
    else free.push(buffer)
  }
}

function capacityOf(byteLength: number): number {
  let capacity = LEAST_BYTES
  while (capacity < byteLength) capacity *= 2
  return capacity
}
