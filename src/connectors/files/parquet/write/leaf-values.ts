import {
  type BytesBlock,
  type FlatBlock,
  isShortDecimal,
  isText,
  readValue,
  type Value,
  type ZonedTimestamp,
} from '../../../../spi/index.js'
import { type OutputLeaf, timeUnit } from './output-schema.js'

/** Positions of a flat block whose values are written; undefined: all of the first `count`. */
export type Positions = Int32Array | undefined

/**
 * Values of one leaf in PLAIN's form, with what statistics and dictionaries need: fixed ones as 32-bit words, byte strings one
 * after the other.
 */
export interface LeafValues {
  readonly count: number
  readonly byteLength: number
  append(flat: FlatBlock, positions: Positions, count: number): void
  /** Forgets the first `count` values, which are all that there are. */
  clear(): void
}

/** Fixed values of 1, 2 or 4 words. */
export class WordValues implements LeafValues {
  readonly wordCount: 1 | 2 | 4
  words = new Int32Array(1024)
  count = 0
  readonly #leaf: OutputLeaf
  readonly #store: (value: Value, at: number) => void

  constructor(leaf: OutputLeaf) {
    this.#leaf = leaf
    const { physical } = leaf
    this.wordCount =
      physical === 'FIXED_LEN_BYTE_ARRAY'
        ? 4
        : physical === 'INT64' || physical === 'DOUBLE'
          ? 2
          : 1
    this.#store = this.#storer()
  }

  get byteLength(): number {
    return this.count * this.wordCount * 4
  }

  append(flat: FlatBlock, positions: Positions, count: number): void {
    this.#reserve(count)
    if (!this.#appendIntegers(flat, positions, count)) {
      for (let i = 0; i < count; i++) {
        const value = readValue(flat, positions === undefined ? i : positions[i]!)
        this.#store(value, (this.count + i) * this.wordCount)
      }
    }
    this.count += count
  }

  /** Appends one value of another store of the same kind. */
  appendWords(words: Int32Array, position: number): void {
    this.#reserve(1)
    const { wordCount } = this
    for (let i = 0; i < wordCount; i++) {
      this.words[this.count * wordCount + i] = words[position * wordCount + i]!
    }
    this.count++
  }

  clear(): void {
    this.count = 0
  }

  /** Integers that fit their storage as they are, without a carrier each. */
  #appendIntegers(flat: FlatBlock, positions: Positions, count: number): boolean {
    const { type, physical } = this.#leaf
    if (flat.storage === 'f64' && physical === 'DOUBLE') {
      const doubles = new Float64Array(this.words.buffer)
      const { values } = flat
      for (let i = 0; i < count; i++) {
        doubles[this.count + i] = values[positions === undefined ? i : positions[i]!]!
      }
      return true
    }
    if (flat.storage !== 'i8' && flat.storage !== 'i16' && flat.storage !== 'i32') return false
    const isPlain =
      isShortDecimal(type) ||
      type.kind === 'date' ||
      type.kind === 'bigint' ||
      type.kind === 'integer' ||
      type.kind === 'smallint' ||
      type.kind === 'tinyint' ||
      (type.kind === 'timestamp' && timeUnit(type.precision) === 'MICROS')
    if (!isPlain) return false
    const { base, factor } = flat
    const values = flat.values as Int32Array
    const { words } = this
    if (this.wordCount === 1) {
      for (let i = 0, to = this.count; i < count; i++, to++) {
        words[to] = base + factor * values[positions === undefined ? i : positions[i]!]!
      }
      return true
    }
    for (let i = 0, to = this.count * 2; i < count; i++, to += 2) {
      const value = base + factor * values[positions === undefined ? i : positions[i]!]!
      words[to] = value
      words[to + 1] = Math.floor(value / 4_294_967_296)
    }
    return true
  }

  #storer(): (value: Value, at: number) => void {
    const { type, physical } = this.#leaf
    const bytes = () => new DataView(this.words.buffer)
    const long = (value: bigint, at: number): void => {
      this.words[at] = Number(BigInt.asIntN(32, value))
      this.words[at + 1] = Number(BigInt.asIntN(32, value >> 32n))
    }
    switch (physical) {
      case 'BOOLEAN':
        return (value, at) => {
          this.words[at] = value === true ? 1 : 0
        }
      case 'FLOAT':
        return (value, at) => bytes().setFloat32(at * 4, value as number, true)
      case 'DOUBLE':
        return (value, at) => bytes().setFloat64(at * 4, value as number, true)
      case 'FIXED_LEN_BYTE_ARRAY':
        return type.kind === 'uuid'
          ? (value, at) => new Uint8Array(this.words.buffer).set(value as Uint8Array, at * 4)
          : (value, at) => {
              const view = bytes()
              view.setBigInt64(at * 4, (value as bigint) >> 64n)
              view.setBigUint64(at * 4 + 8, BigInt.asUintN(64, value as bigint))
            }
      default: {
        const units = physicalInteger(this.#leaf)
        return physical === 'INT32'
          ? (value, at) => {
              this.words[at] = Number(units(value))
            }
          : (value, at) => long(units(value), at)
      }
    }
  }

  #reserve(count: number): void {
    const needed = (this.count + count) * this.wordCount
    if (needed <= this.words.length) return
    const grown = new Int32Array(Math.max(needed, this.words.length * 2))
    grown.set(this.words)
    this.words = grown
  }
}

const PICOS = { MILLIS: 1_000_000_000n, MICROS: 1_000_000n, NANOS: 1_000n } as const

/** The number that stands for a carrier. */
function physicalInteger({ type }: OutputLeaf): (value: Value) => bigint {
  switch (type.kind) {
    case 'time':
    case 'timestamp': {
      const picos = PICOS[timeUnit(type.precision)]
      return (value) => floorDivide(value as bigint, picos)
    }
    case 'timestamp with time zone': {
      const picos = PICOS[timeUnit(type.precision)]
      return (value) => floorDivide((value as ZonedTimestamp).picos, picos)
    }
    default:
      return (value) => BigInt(value as number | bigint)
  }
}

const floorDivide = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b))

/** Byte strings. */
export class StringValues implements LeafValues {
  bytes = new Uint8Array(4096)
  /** count + 1 of them. */
  offsets = new Int32Array(1025)
  count = 0
  readonly #isText: boolean

  constructor(leaf: OutputLeaf) {
    this.#isText = isText(leaf.type)
  }

  /** With the length before each. */
  get byteLength(): number {
    return this.offsets[this.count]! + this.count * 4
  }

  append(flat: FlatBlock, positions: Positions, count: number): void {
    if (flat.storage !== 'bytes') return
    this.#reserveCount(count)
    if (positions !== undefined) {
      for (let i = 0; i < count; i++) this.appendOne(flat, positions[i]!)
      return
    }
    const { offsets, bytes } = flat
    const first = offsets[0]!
    const end = offsets[count]!
    const at = this.offsets[this.count]!
    this.#reserveBytes(at + end - first)
    this.bytes.set(bytes.subarray(first, end), at)
    for (let i = 1; i <= count; i++) this.offsets[this.count + i] = at + offsets[i]! - first
    this.count += count
  }

  appendOne(flat: Pick<BytesBlock, 'offsets' | 'bytes'>, position: number): void {
    const start = flat.offsets[position]!
    const end = flat.offsets[position + 1]!
    const at = this.offsets[this.count]!
    this.#reserveBytes(at + end - start)
    this.#reserveCount(1)
    if (end - start < 32) {
      for (let i = start, to = at; i < end; i++, to++) this.bytes[to] = flat.bytes[i]!
    } else this.bytes.set(flat.bytes.subarray(start, end), at)
    this.offsets[++this.count] = at + end - start
  }

  clear(): void {
    this.count = 0
  }

  get isText(): boolean {
    return this.#isText
  }

  #reserveCount(count: number): void {
    const needed = this.count + count + 1
    if (needed <= this.offsets.length) return
    const grown = new Int32Array(Math.max(needed, this.offsets.length * 2))
    grown.set(this.offsets)
    this.offsets = grown
  }

  #reserveBytes(needed: number): void {
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes)
    this.bytes = grown
  }
}
