import { zeroed } from '../../expressions/wasm/buffers.js'
import type { Arena } from '../../spi/index.js'

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
