import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import type { Arena } from '../../spi/index.js'
import { joinKernels } from './join-kernels.js'

/**
 * Which rows of a build side have found a match: a byte a row, in shared memory, that any driver sets, after a word that counts
 * the drivers that have seen all their probe rows.
 */
const HEADER_BYTES = 4

/** @returns the address of marks that are not set */
export const createMatchMarks = (rowCount: number, arena: Arena): number =>
  allocateInt32(arena, 1 + Math.ceil(rowCount / 4)).fill(0).byteOffset

/** The marks as one driver sees them. */
export class MatchMarks {
  readonly #memory: WebAssembly.Memory
  readonly #address: number
  readonly #rowCount: number

  constructor(memory: WebAssembly.Memory, address: number, rowCount: number) {
    this.#memory = memory
    this.#address = address
    this.#rowCount = rowCount
  }

  /** Sets the marks of rows; -1 is none. */
  set(rows: Int32Array, count: number): void {
    joinKernels(this.#memory).mark(rows.byteOffset, count, this.#address + HEADER_BYTES)
  }

  /**
   * Says that a driver sets no more marks.
   * @returns whether it was the last one: it sees the marks of all
   */
  endDriver(driverCount: number): boolean {
    const ended = new Int32Array(this.#memory.buffer, this.#address, 1)
    return Atomics.add(ended, 0, 1) === driverCount - 1
  }

  /** The rows without a mark, at most `limit` at a time. */
  *unmatched(limit: number, allocate: () => Arena): Generator<Int32Array> {
    const first = this.#address + HEADER_BYTES
    const kernels = joinKernels(this.#memory)
    for (let from = 0; from < this.#rowCount; from += limit) {
      const count = Math.min(limit, this.#rowCount - from)
      const rows = allocateInt32(allocate(), count + 1)
      const found = kernels.unmarked(first, from, count, rows.byteOffset)
      if (found > 0) yield rows.subarray(0, found)
    }
  }
}
