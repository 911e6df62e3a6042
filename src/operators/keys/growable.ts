import { zeroed } from '../../expressions/wasm/buffers.js'
import type { Arena } from '../../spi/index.js'

/** Slots of a table may take this part of the memory that is left when they grow by two steps at once: no operator has reserved so much. */
const SHARES_OF_FREE_BYTES = 64

/** What may still be claimed. */
export type FreeBytes = () => number

/** No limit. */
export const PLENTY: FreeBytes = () => Number.POSITIVE_INFINITY

/** How many times as many slots a table gets that grows: by two steps at once where memory is plentiful, since few tables stop after one. */
export const growthFactor = (slotBytes: number, freeBytes: FreeBytes): 2 | 4 =>
  4 * slotBytes * SHARES_OF_FREE_BYTES <= freeBytes() ? 4 : 2

/** Shared memory that grows by doubling and keeps its contents; new bytes are zero. */
export class GrowableBuffer {
  readonly #createArena: () => Arena
  #arena: Arena
  #bytes: Uint8Array

  constructor(createArena: () => Arena, byteLength: number) {
    this.#createArena = createArena
    this.#arena = createArena()
    this.#bytes = zeroed(this.#arena.allocate(byteLength))
  }

  get address(): number {
    return this.#bytes.byteOffset
  }

  get byteLength(): number {
    return this.#bytes.byteLength
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Makes room for at least this many bytes. Addresses change. */
  reserve(byteLength: number): void {
    const before = this.#bytes
    if (byteLength <= before.byteLength) return
    const arena = this.#createArena()
    const bytes = arena.allocate(Math.max(byteLength, before.byteLength * 2))
    bytes.set(before)
    zeroed(bytes.subarray(before.byteLength))
    this.#arena.close()
    this.#arena = arena
    this.#bytes = bytes
  }

  /** Starts again with so many zero bytes. */
  renew(byteLength: number): void {
    if (byteLength > this.#bytes.byteLength) {
      // Nothing is kept, so that what is there need not stand beside what takes its place.
      this.#arena.close()
      this.#bytes = this.#arena.allocate(byteLength)
    }
    zeroed(this.#bytes)
  }

  close(): void {
    this.#arena.close()
  }

  int32(length = this.#bytes.byteLength >> 2): Int32Array {
    return new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset, length)
  }

  int64(length = this.#bytes.byteLength >> 3): BigInt64Array {
    return new BigInt64Array(this.#bytes.buffer, this.#bytes.byteOffset, length)
  }
}
