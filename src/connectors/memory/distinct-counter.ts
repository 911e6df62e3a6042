import { mix } from './string-dictionary.js'

const INDEX_BITS = 12
const REGISTERS = 1 << INDEX_BITS

/**
 * Estimates how many distinct 32-bit hashes were added, within about 1.6%.
 * @source Flajolet et al., HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm, 2007
 */
export class HyperLogLog {
  readonly #registers: Uint8Array

  constructor(registers: Uint8Array = new Uint8Array(REGISTERS)) {
    this.#registers = registers
  }

  /** What it is made of, and can be made again of. */
  get registers(): Uint8Array {
    return this.#registers
  }

  add(hash: number): void {
    const index = hash >>> (32 - INDEX_BITS)
    const rank = Math.clz32((hash << INDEX_BITS) | (1 << (INDEX_BITS - 1))) + 1
    if (rank > this.#registers[index]!) this.#registers[index] = rank
  }

  /**
   * Adds the hashes of numbers, as {@link hashNumber} has them.
   * @param words two a number: the bits of a double, least significant first
   */
  addDoubles(words: Int32Array): void {
    const registers = this.#registers
    for (let i = 0; i < words.length; i += 2) {
      const high = words[i + 1]!
      const low = words[i]!
      // -0 is 0.
      const isMinusZero = low === 0 && high === -2_147_483_648
      const hash = mix(Math.imul(low, 0x9e3779b1) ^ (isMinusZero ? 0 : mix(high)))
      const index = hash >>> (32 - INDEX_BITS)
      const rank = Math.clz32((hash << INDEX_BITS) | (1 << (INDEX_BITS - 1))) + 1
      if (rank > registers[index]!) registers[index] = rank
    }
  }

  merge(other: HyperLogLog): void {
    for (let i = 0; i < REGISTERS; i++) {
      this.#registers[i] = Math.max(this.#registers[i]!, other.#registers[i]!)
    }
  }

  copy(): HyperLogLog {
    const copy = new HyperLogLog()
    copy.merge(this)
    return copy
  }

  estimate(): number {
    let sum = 0
    let zeros = 0
    for (const register of this.#registers) {
      sum += 2 ** -register
      if (register === 0) zeros++
    }
    const raw = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum
    if (raw <= 2.5 * REGISTERS && zeros > 0)
      return Math.round(REGISTERS * Math.log(REGISTERS / zeros))
    const space = 2 ** 32
    return Math.round(raw <= space / 30 ? raw : -space * Math.log(1 - raw / space))
  }
}

/** Ranges of values up to this many bits have a bit a value from the start. */
const FREE_RANGE = 2 ** 21
/** Wider ones while they have at most this many bits a row, and these many at most (32 MB). */
const BITS_PER_ROW = 8
const MAX_RANGE = 2 ** 28

const bits = new Float64Array(1)
const words = new Int32Array(bits.buffer)

/** The hash of a number by its bits; -0 is 0. */
export function hashNumber(value: number): number {
  bits[0] = value + 0
  return mix(Math.imul(words[0]!, 0x9e3779b1) ^ mix(words[1]!))
}

/**
 * Counts the distinct values of integers: exactly, with a bit a value, while their range is not much wider than
 * they are many; by {@link HyperLogLog} beyond.
 */
export class DistinctIntegers {
  readonly sketch = new HyperLogLog()
  #words: Uint32Array | undefined = new Uint32Array(64)
  /** The value of the first bit; a multiple of 32. */
  #base: number | undefined
  #count = 0
  #added = 0
  #repeated = false

  /** True while no value came twice, and this is known. */
  get unique(): boolean {
    return !this.#repeated && this.#words !== undefined
  }

  /** Adds base + factor * values[i] for i below count. */
  addAll(
    values: Int8Array | Int16Array | Int32Array,
    count: number,
    base: number,
    factor: number,
  ): void {
    let i = 0
    while (i < count) {
      i = this.#addCovered(values, i, count, base, factor)
      // The first value that the bits don't cover: they grow, or are given up.
      if (i < count) this.add(base + factor * values[i++]!)
    }
  }

  /** Adds values from position `start` on while their bits are there; where it stopped. */
  #addCovered(
    values: Int8Array | Int16Array | Int32Array,
    start: number,
    count: number,
    base: number,
    factor: number,
  ): number {
    const words = this.#words
    if (words === undefined || this.#base === undefined) return start
    const shift = base - this.#base
    const limit = words.length * 32
    let distinct = this.#count
    let repeated = this.#repeated
    let i = start
    for (; i < count; i++) {
      const bit = shift + factor * values[i]!
      if (bit < 0 || bit >= limit) break
      const mask = 1 << (bit & 31)
      const word = words[bit >>> 5]!
      if ((word & mask) !== 0) repeated = true
      else {
        words[bit >>> 5] = word | mask
        distinct++
      }
    }
    this.#added += i - start
    this.#count = distinct
    this.#repeated = repeated
    return i
  }

  add(value: number): void {
    this.#added++
    if (this.#words === undefined) {
      this.sketch.add(hashNumber(value))
      return
    }
    if (this.#base === undefined) this.#base = Math.floor(value / 32) * 32
    let bit = value - this.#base
    if (bit < 0 || bit >= this.#words.length * 32) {
      if (!this.#cover(value)) {
        this.#overflow()
        this.sketch.add(hashNumber(value))
        return
      }
      bit = value - this.#base
    }
    const mask = 1 << (bit & 31)
    const index = Math.floor(bit / 32)
    const word = this.#words[index]!
    if ((word & mask) !== 0) this.#repeated = true
    else {
      this.#words[index] = word | mask
      this.#count++
    }
  }

  /** The number of distinct values, or an estimate; the bits are given back. */
  finish(): number {
    const count = this.#words === undefined ? this.sketch.estimate() : this.#count
    if (this.#words !== undefined) this.#overflow()
    return count
  }

  /** Widens the range to hold a value; false where that takes too many bits. */
  #cover(value: number): boolean {
    const base = this.#base!
    const old = this.#words!
    const low = Math.min(base, Math.floor(value / 32) * 32)
    const high = Math.max(base + old.length * 32, value + 1)
    const limit = Math.min(MAX_RANGE, Math.max(FREE_RANGE, this.#added * BITS_PER_ROW))
    if (high - low > limit) return false
    // Room to grow on the side it grew to.
    const length = Math.min(MAX_RANGE / 32, Math.max(old.length * 2, Math.ceil((high - low) / 32)))
    const start = low < base ? Math.min(low, base + (old.length - length) * 32) : base
    const wide = new Uint32Array(Math.max(length, Math.ceil((high - start) / 32)))
    wide.set(old, (base - start) / 32)
    this.#words = wide
    this.#base = start
    return true
  }

  /** Goes on with the sketch alone, which first gets the values so far. */
  #overflow(): void {
    const all = this.#words!
    const base = this.#base ?? 0
    this.#words = undefined
    for (let i = 0; i < all.length; i++) {
      let word = all[i]!
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word)
        this.sketch.add(hashNumber(base + i * 32 + bit))
        word &= word - 1
      }
    }
  }
}
