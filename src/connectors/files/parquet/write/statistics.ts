import { StringValues, type WordValues } from './leaf-values.js'
import type { OutputLeaf } from './output-schema.js'

/** Longer byte strings are no bounds: a footer has one for each chunk. */
const BOUND_BYTES_MAX = 64

export interface OutputBounds {
  readonly min: Uint8Array
  readonly max: Uint8Array
}

/** Collects the bounds of the values of a page or chunk, in the order that the format defines for its type. */
export class ValueBounds {
  readonly #leaf: OutputLeaf
  #min: number | bigint | Uint8Array | undefined
  #max: number | bigint | Uint8Array | undefined
  #isUsable: boolean

  constructor(leaf: OutputLeaf) {
    this.#leaf = leaf
    this.#isUsable = leaf.type.kind !== 'uuid'
  }

  add(values: WordValues | StringValues): void {
    if (!this.#isUsable || values.count === 0) return
    if (values instanceof StringValues) this.#addStrings(values)
    else if (this.#leaf.physical === 'FLOAT' || this.#leaf.physical === 'DOUBLE') {
      this.#addFloats(values)
    } else if (values.wordCount === 4) this.#isUsable = false
    else this.#addIntegers(values)
  }

  /** Of other values of the column. */
  addBounds(other: ValueBounds): void {
    if (!other.#isUsable) this.#isUsable = false
    if (!this.#isUsable || other.#min === undefined || other.#max === undefined) return
    if (other.#min instanceof Uint8Array) {
      const max = other.#max as Uint8Array
      const [low, high] = [this.#min, this.#max] as [Uint8Array | undefined, Uint8Array | undefined]
      if (low === undefined || Buffer.compare(other.#min, low) < 0) this.#min = other.#min
      if (high === undefined || Buffer.compare(max, high) > 0) this.#max = max
    } else {
      this.#widen(other.#min, other.#max as number | bigint)
    }
  }

  bounds(): OutputBounds | undefined {
    if (!this.#isUsable || this.#min === undefined || this.#max === undefined) return undefined
    return { min: this.#encode(this.#min, false), max: this.#encode(this.#max, true) }
  }

  #addIntegers({ words, count, wordCount }: WordValues): void {
    if (wordCount === 1) {
      let min = Number.POSITIVE_INFINITY
      let max = Number.NEGATIVE_INFINITY
      for (let i = 0; i < count; i++) {
        const value = words[i]!
        if (value < min) min = value
        if (value > max) max = value
      }
      this.#widen(min, max)
      return
    }
    let low = 0
    let high = 0
    const less = (a: number, b: number): boolean => {
      const ah = words[2 * a + 1]!
      const bh = words[2 * b + 1]!
      return ah < bh || (ah === bh && words[2 * a]! >>> 0 < words[2 * b]! >>> 0)
    }
    for (let i = 1; i < count; i++) {
      if (less(i, low)) low = i
      else if (less(high, i)) high = i
    }
    this.#widen(longAt(words, low), longAt(words, high))
  }

  #addFloats({ words, count, wordCount }: WordValues): void {
    const values = wordCount === 2 ? new Float64Array(words.buffer) : new Float32Array(words.buffer)
    let min = Number.POSITIVE_INFINITY
    let max = Number.NEGATIVE_INFINITY
    for (let i = 0; i < count; i++) {
      const value = values[i]!
      if (value < min) min = value
      if (value > max) max = value
    }
    // All of them NaN: there is nothing to tell.
    if (min <= max) this.#widen(min, max)
  }

  #addStrings({ bytes, offsets, count }: StringValues): void {
    let min = this.#min as Uint8Array | undefined
    let max = this.#max as Uint8Array | undefined
    for (let i = 0; i < count; i++) {
      const start = offsets[i]!
      const end = offsets[i + 1]!
      if (min === undefined || max === undefined) {
        min = bytes.slice(start, end)
        max = min
      } else if (compareRange(bytes, start, end, min) < 0) min = bytes.slice(start, end)
      else if (compareRange(bytes, start, end, max) > 0) max = bytes.slice(start, end)
    }
    this.#min = min
    this.#max = max
    if ((min?.length ?? 0) > BOUND_BYTES_MAX || (max?.length ?? 0) > BOUND_BYTES_MAX) {
      this.#isUsable = false
    }
  }

  #widen(min: number | bigint, max: number | bigint): void {
    if (this.#min === undefined || min < (this.#min as number | bigint)) this.#min = min
    if (this.#max === undefined || max > (this.#max as number | bigint)) this.#max = max
  }

  #encode(value: number | bigint | Uint8Array, isMax: boolean): Uint8Array {
    if (value instanceof Uint8Array) return value
    const view = new DataView(new ArrayBuffer(8))
    switch (this.#leaf.physical) {
      case 'BOOLEAN':
        view.setUint8(0, Number(value))
        return new Uint8Array(view.buffer, 0, 1)
      case 'INT32':
        view.setInt32(0, Number(value), true)
        return new Uint8Array(view.buffer, 0, 4)
      case 'FLOAT':
        view.setFloat32(0, signedZero(Number(value), isMax), true)
        return new Uint8Array(view.buffer, 0, 4)
      case 'DOUBLE':
        view.setFloat64(0, signedZero(Number(value), isMax), true)
        return new Uint8Array(view.buffer)
      default:
        view.setBigInt64(0, BigInt(value), true)
        return new Uint8Array(view.buffer)
    }
  }
}

/** A bound of zero stands for zeroes of both signs, as the format asks. */
const signedZero = (value: number, isMax: boolean): number => (value !== 0 ? value : isMax ? 0 : -0)

const longAt = (words: Int32Array, at: number): bigint =>
  (BigInt(words[2 * at + 1]!) << 32n) | BigInt(words[2 * at]! >>> 0)

function compareRange(bytes: Uint8Array, start: number, end: number, other: Uint8Array): number {
  const length = Math.min(end - start, other.length)
  for (let i = 0; i < length; i++) {
    const difference = bytes[start + i]! - other[i]!
    if (difference !== 0) return difference
  }
  return end - start - other.length
}
