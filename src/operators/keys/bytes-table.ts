import type { Arena, BytesBlock } from '../../spi/index.js'
import { bytesKernels } from './bytes-table-kernels.js'
import { type FreeBytes, GrowableBuffer, growthFactor, PLENTY } from './growable.js'

const FIRST_SLOTS = 1024
export const STRING_SLOT_BYTES = 8
const FIRST_BYTES = 16_384

/** Where a finished table lies, for lookups from any thread. */
export interface BytesTableState {
  readonly slots: number
  readonly slotCount: number
  readonly offsets: number
  readonly bytes: number
  readonly count: number
}

/** Byte strings to dense ids in order of first appearance; the strings are kept, one after another. */
export class BytesTable {
  readonly #memory: WebAssembly.Memory
  readonly #slots: GrowableBuffer
  readonly #offsets: GrowableBuffer
  readonly #bytes: GrowableBuffer
  readonly #status: Int32Array
  readonly #freeBytes: FreeBytes
  #slotCount = FIRST_SLOTS
  #count = 0

  constructor(
    memory: WebAssembly.Memory,
    createArena: () => Arena,
    status: Int32Array,
    freeBytes = PLENTY,
  ) {
    this.#memory = memory
    this.#slots = new GrowableBuffer(createArena, FIRST_SLOTS * STRING_SLOT_BYTES)
    this.#offsets = new GrowableBuffer(createArena, (FIRST_SLOTS / 2 + 1) * 4)
    this.#bytes = new GrowableBuffer(createArena, FIRST_BYTES)
    this.#status = status
    this.#freeBytes = freeBytes
  }

  get count(): number {
    return this.#count
  }

  /** ids[i] = id of string i of the block, -1 for null. The block lies in shared memory. */
  insert(block: BytesBlock, ids: number): void {
    const kernels = bytesKernels(this.#memory)
    const { rowCount, validity } = block
    let done = 0
    while (done < rowCount) {
      const limit = this.#slotCount / 2
      if (this.#count >= limit) this.#growSlots()
      this.#status[0] = this.#count
      // A bitmap can only be cut at whole bytes: after a stop in the middle the kernel starts at one again.
      const from = validity === null ? done : done & ~7
      const processed = kernels.insert(
        block.offsets.byteOffset + from * 4,
        block.bytes.byteOffset,
        validity === null ? 0 : validity.byteOffset + (from >> 3),
        rowCount - from,
        this.#slots.address,
        this.#slotCount - 1,
        this.#slotCount / 2,
        this.#offsets.address,
        this.#bytes.address,
        this.#bytes.byteLength,
        ids + from * 4,
        this.#status.byteOffset,
      )
      this.#count = this.#status[0]
      done = from + processed
      if (done < rowCount && this.#count < this.#slotCount / 2) {
        const length = block.offsets[done + 1]! - block.offsets[done]!
        this.#bytes.reserve(this.#bytesUsed() + length)
      }
    }
  }

  #bytesUsed(): number {
    return this.#offsets.int32()[this.#count]!
  }

  #growSlots(): void {
    this.#slotCount *= growthFactor(this.#slots.byteLength, this.#freeBytes)
    this.#slots.renew(this.#slotCount * STRING_SLOT_BYTES)
    this.#offsets.reserve((this.#slotCount / 2 + 1) * 4)
    bytesKernels(this.#memory).rebuild(
      this.#offsets.address,
      this.#bytes.address,
      this.#count,
      this.#slots.address,
      this.#slotCount - 1,
    )
  }

  /** The strings by id: views of the table, valid until the next insert. */
  entries(): { readonly offsets: Int32Array; readonly bytes: Uint8Array } {
    const used = this.#bytesUsed()
    return {
      offsets: this.#offsets.int32(this.#count + 1),
      bytes: this.#bytes.bytes.subarray(0, used),
    }
  }

  state(): BytesTableState {
    return {
      slots: this.#slots.address,
      slotCount: this.#slotCount,
      offsets: this.#offsets.address,
      bytes: this.#bytes.address,
      count: this.#count,
    }
  }

  close(): void {
    this.#slots.close()
    this.#offsets.close()
    this.#bytes.close()
  }
}

/** ids[i] = id of string i of the block, or -1 where it is null or not in the table. */
export function lookupBytes(
  memory: WebAssembly.Memory,
  state: BytesTableState,
  block: BytesBlock,
  ids: number,
): void {
  bytesKernels(memory).lookup(
    block.offsets.byteOffset,
    block.bytes.byteOffset,
    block.validity === null ? 0 : block.validity.byteOffset,
    block.rowCount,
    state.slots,
    state.slotCount - 1,
    state.offsets,
    state.bytes,
    ids,
  )
}
