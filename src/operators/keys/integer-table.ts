import type { Arena } from '../../spi/index.js'
import { type FreeBytes, GrowableBuffer, growthFactor, PLENTY } from './growable.js'
import { integerTableKernels } from './integer-table-kernels.js'

const FIRST_SLOTS = 1024
export const SLOT_BYTES = 16
/** Slots are at most half full. */
export const slotsFor = (ids: number): number => {
  let slots = FIRST_SLOTS
  while (slots < ids * 2) slots *= 2
  return slots
}

/** Where a finished table lies: plain data, for lookups from any thread. */
export interface IntegerTableState {
  readonly slots: number
  readonly slotCount: number
  readonly keyOf: number
  readonly count: number
}

export const shiftOf = (slotCount: number): bigint => BigInt(64 - Math.log2(slotCount))

/**
 * 64-bit keys to dense ids in order of first appearance: open addressing with linear probing and Fibonacci hashing, the key
 * in the slot.
 */
export class IntegerTable {
  readonly #memory: WebAssembly.Memory
  readonly #slots: GrowableBuffer
  readonly #keyOf: GrowableBuffer
  readonly #status: Int32Array
  readonly #freeBytes: FreeBytes
  #slotCount = FIRST_SLOTS
  #count = 0
  /** Rows inserted since the table last grew, and the keys that it had then. */
  #rowsSinceGrown = 0
  #countWhenGrown = 0

  constructor(
    memory: WebAssembly.Memory,
    createArena: () => Arena,
    status: Int32Array,
    freeBytes = PLENTY,
  ) {
    this.#memory = memory
    this.#slots = new GrowableBuffer(createArena, FIRST_SLOTS * SLOT_BYTES)
    this.#keyOf = new GrowableBuffer(createArena, (FIRST_SLOTS / 2) * 8)
    this.#status = status
    this.#freeBytes = freeBytes
  }

  get count(): number {
    return this.#count
  }

  /** keyOf[id], as i64s at this address. */
  get keysAddress(): number {
    return this.#keyOf.address
  }

  keys(): BigInt64Array {
    return this.#keyOf.int64(this.#count)
  }

  /** Gives an empty table so many distinct keys, with ids 0, 1, 2 …: as {@link insert} does step by step, in one. */
  fill(keys: number, count: number): void {
    const { buffer } = this.#memory
    while (this.#slotCount / 2 < count) {
      this.#countWhenGrown = this.#slotCount / 2
      this.#slotCount *= growthFactor(this.#slotCount * SLOT_BYTES, this.#freeBytes)
    }
    this.#count = count
    this.#rowsSinceGrown = count - this.#countWhenGrown
    this.#keyOf.reserve((this.#slotCount / 2) * 8)
    this.#keyOf.int64().set(new BigInt64Array(buffer, keys, count))
    this.#slots.renew(this.#slotCount * SLOT_BYTES)
    this.#placeKeys()
  }

  /** ids[i] = id of keys[i], new or known. */
  insert(keys: number, count: number, ids: number): void {
    const kernels = integerTableKernels(this.#memory)
    let done = 0
    while (done < count) {
      const limit = this.#slotCount / 2
      if (this.#count >= limit) {
        this.#grow()
        continue
      }
      this.#status[0] = this.#count
      const inserted = kernels.insert(
        keys + done * 8,
        count - done,
        this.#slots.address,
        shiftOf(this.#slotCount),
        this.#slotCount - 1,
        limit,
        this.#keyOf.address,
        ids + done * 4,
        this.#status.byteOffset,
      )
      this.#count = this.#status[0]
      this.#rowsSinceGrown += inserted
      done += inserted
    }
  }

  /** While most rows have new keys, the table is about to be outgrown again: it grows by two steps at once. */
  #grow(): void {
    const newKeys = this.#count - this.#countWhenGrown
    const mostAreNew = newKeys * 2 > this.#rowsSinceGrown
    this.#slotCount *= mostAreNew ? growthFactor(this.#slots.byteLength, this.#freeBytes) : 2
    this.#rowsSinceGrown = 0
    this.#countWhenGrown = this.#count
    this.#slots.renew(this.#slotCount * SLOT_BYTES)
    this.#keyOf.reserve((this.#slotCount / 2) * 8)
    this.#placeKeys()
  }

  /** Puts all keys into slots, which are empty. */
  #placeKeys(): void {
    integerTableKernels(this.#memory).rebuild(
      this.#keyOf.address,
      this.#count,
      this.#slots.address,
      shiftOf(this.#slotCount),
      this.#slotCount - 1,
    )
  }

  state(): IntegerTableState {
    return {
      slots: this.#slots.address,
      slotCount: this.#slotCount,
      keyOf: this.#keyOf.address,
      count: this.#count,
    }
  }

  close(): void {
    this.#slots.close()
    this.#keyOf.close()
  }
}

/** ids[i] = id of keys[i], or -1; with `negativesMissing`, keys below 0 are no keys. */
export function lookupIntegers(
  memory: WebAssembly.Memory,
  state: IntegerTableState,
  keys: number,
  count: number,
  negativesMissing: boolean,
  ids: number,
): void {
  integerTableKernels(memory).lookup(
    keys,
    count,
    state.slots,
    shiftOf(state.slotCount),
    state.slotCount - 1,
    negativesMissing ? 1 : 0,
    ids,
  )
}
