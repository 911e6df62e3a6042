import type { StringValues, WordValues } from './leaf-values.js'

/** A dictionary is given up beyond these: further pages are plain. */
const ENTRIES_MAX = 65_536
const BYTES_MAX = 1 << 20
/** After so many values, one that has an entry for more than every second is of no use. */
const TRIAL_VALUES = 16_384

/** Numbers the distinct values of a column chunk. */
export class OutputDictionary<T extends WordValues | StringValues> {
  readonly entries: T
  readonly #copy: (source: T, position: number) => void
  readonly #hash: (source: T, position: number) => number
  readonly #equals: (source: T, position: number, entry: number) => boolean
  #slots = new Int32Array(1024)
  #hashes = new Int32Array(512)
  #values = 0

  constructor(entries: T, operations: DictionaryOperations<T>) {
    this.entries = entries
    this.#copy = operations.copy
    this.#hash = operations.hash
    this.#equals = (source, position, entry) => operations.equals(source, position, entries, entry)
  }

  /** Codes of the values, or undefined where there are too many distinct ones. */
  encode(source: T): Int32Array | undefined {
    const codes = new Int32Array(source.count)
    for (let i = 0; i < source.count; i++) {
      codes[i] = this.#codeOf(source, i)
      if (this.#isTooLarge(this.#values + i + 1)) return undefined
    }
    this.#values += source.count
    return codes
  }

  #isTooLarge(values: number): boolean {
    const { count, byteLength } = this.entries
    return (
      count > ENTRIES_MAX ||
      byteLength > BYTES_MAX ||
      (values >= TRIAL_VALUES && count * 2 > values)
    )
  }

  #codeOf(source: T, position: number): number {
    const hash = this.#hash(source, position)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const code = this.#slots[slot]! - 1
      if (code < 0) break
      if (this.#hashes[code] === hash && this.#equals(source, position, code)) return code
      slot = (slot + 1) & mask
    }
    const code = this.entries.count
    this.#copy(source, position)
    if (code >= this.#hashes.length) this.#grow()
    this.#hashes[code] = hash
    this.#slots[slot] = code + 1
    if (code >= this.#slots.length >> 1) this.#rehash()
    return code
  }

  #grow(): void {
    const grown = new Int32Array(this.#hashes.length * 2)
    grown.set(this.#hashes)
    this.#hashes = grown
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    for (let code = 0; code < this.entries.count; code++) {
      let slot = this.#hashes[code]! & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = code + 1
    }
    this.#slots = slots
  }
}

interface DictionaryOperations<T> {
  copy(source: T, position: number): void
  hash(source: T, position: number): number
  equals(source: T, position: number, entries: T, entry: number): boolean
}

export function wordDictionary(entries: WordValues): OutputDictionary<WordValues> {
  const { wordCount } = entries
  return new OutputDictionary(entries, {
    copy: (source, position) => entries.appendWords(source.words, position),
    hash: ({ words }, position) => {
      let hash = 0
      for (let i = 0; i < wordCount; i++) {
        hash = Math.imul(hash ^ words[position * wordCount + i]!, 0x9e3779b1)
        hash ^= hash >>> 15
      }
      return hash
    },
    equals: ({ words }, position, held, entry) => {
      for (let i = 0; i < wordCount; i++) {
        if (words[position * wordCount + i] !== held.words[entry * wordCount + i]) return false
      }
      return true
    },
  })
}

export const stringDictionary = (entries: StringValues): OutputDictionary<StringValues> =>
  new OutputDictionary(entries, {
    copy: (source, position) => entries.appendOne(source, position),
    hash: ({ bytes, offsets }, position) => {
      let hash = 0x811c9dc5
      const end = offsets[position + 1]!
      for (let i = offsets[position]!; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
      return hash ^ (hash >>> 15)
    },
    equals: ({ bytes, offsets }, position, held, entry) => {
      const start = offsets[position]!
      const from = held.offsets[entry]!
      const length = offsets[position + 1]! - start
      if (held.offsets[entry + 1]! - from !== length) return false
      for (let i = 0; i < length; i++) if (bytes[start + i] !== held.bytes[from + i]) return false
      return true
    },
  })
