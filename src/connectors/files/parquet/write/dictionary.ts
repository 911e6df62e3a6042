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
  readonly #hash: (source: T) => Int32Array
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
    const hashes = this.#hash(source)
    const codes = new Int32Array(source.count)
    const { entries } = this
    for (let i = 0; i < source.count; i++) {
      const known = entries.count
      codes[i] = this.#codeOf(source, i, hashes[i]!)
      if (entries.count > known && this.#isTooLarge(this.#values + i + 1)) return undefined
    }
    this.#values += source.count
    return this.#isTooLarge(this.#values) ? undefined : codes
  }

  #isTooLarge(values: number): boolean {
    const { count, byteLength } = this.entries
    return (
      count > ENTRIES_MAX ||
      byteLength > BYTES_MAX ||
      (values >= TRIAL_VALUES && count * 2 > values)
    )
  }

  #codeOf(source: T, position: number, hash: number): number {
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
  /** Of all values, one after the other. */
  hash(source: T): Int32Array
  equals(source: T, position: number, entries: T, entry: number): boolean
}

const mixed = (hash: number, word: number): number => {
  const product = Math.imul(hash ^ word, 0x9e3779b1)
  return product ^ (product >>> 15)
}

export function wordDictionary(entries: WordValues): OutputDictionary<WordValues> {
  return new OutputDictionary(entries, {
    copy: (source, position) => entries.appendWords(source.words, position),
    hash: hashWords,
    equals: WORDS_EQUAL[entries.wordCount],
  })
}

function hashWords({ words, count, wordCount }: WordValues): Int32Array {
  const hashes = new Int32Array(count)
  for (let i = 0, at = 0; i < count; i++) {
    let hash = 0
    for (const end = at + wordCount; at < end; at++) hash = mixed(hash, words[at]!)
    hashes[i] = hash
  }
  return hashes
}

type WordsEqual = DictionaryOperations<WordValues>['equals']

/** By the words that a value has. */
const WORDS_EQUAL: Readonly<Record<WordValues['wordCount'], WordsEqual>> = {
  1: ({ words }, position, held, entry) => words[position] === held.words[entry],
  2: ({ words }, position, held, entry) =>
    words[2 * position] === held.words[2 * entry] &&
    words[2 * position + 1] === held.words[2 * entry + 1],
  4: ({ words }, position, held, entry) => {
    for (let i = 0; i < 4; i++) {
      if (words[4 * position + i] !== held.words[4 * entry + i]) return false
    }
    return true
  },
}

export const stringDictionary = (entries: StringValues): OutputDictionary<StringValues> =>
  new OutputDictionary(entries, {
    copy: (source, position) => entries.appendOne(source, position),
    hash: hashStrings,
    equals: ({ bytes, offsets }, position, held, entry) => {
      const start = offsets[position]!
      const from = held.offsets[entry]!
      const length = offsets[position + 1]! - start
      if (held.offsets[entry + 1]! - from !== length) return false
      for (let i = 0; i < length; i++) if (bytes[start + i] !== held.bytes[from + i]) return false
      return true
    },
  })

function hashStrings({ bytes, offsets, count }: StringValues): Int32Array {
  const hashes = new Int32Array(count)
  let at = 0
  for (let i = 0; i < count; i++) {
    let hash = 0x811c9dc5
    for (const end = offsets[i + 1]!; at < end; at++)
      hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
    hashes[i] = hash ^ (hash >>> 15)
  }
  return hashes
}
