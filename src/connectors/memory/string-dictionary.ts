import type { BytesBlock, SqlType } from '../../spi/index.js'

/** Entries above which a column is no dictionary any more. */
export const MAX_DICTIONARY_ENTRIES = 65_536

/** Distinct byte strings with codes in the order of their first appearance; it only ever grows. */
export class StringDictionary {
  readonly #type: SqlType
  #bytes = new Uint8Array(4096)
  #offsets = new Int32Array(257)
  #hashes = new Int32Array(256)
  #size = 0
  /** Codes + 1 by hash, open addressing; at most half full. */
  #slots = new Int32Array(512)
  #ascii = true
  #block: BytesBlock | undefined

  constructor(type: SqlType) {
    this.#type = type
  }

  get size(): number {
    return this.#size
  }
  get byteLength(): number {
    return this.#bytes.length + this.#slots.byteLength + this.#hashes.byteLength * 2
  }

  /** The code of bytes start to end, a new one where they are new. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const code = this.#slots[slot]! - 1
      if (code < 0) break
      if (this.#hashes[code] === hash && this.#equals(code, bytes, start, end)) return code
      slot = (slot + 1) & mask
    }
    this.#slots[slot] = this.#size + 1
    return this.#append(hash, bytes, start, end)
  }

  /** The hash of an entry, as {@link hashBytes} gives it. */
  hashOf(code: number): number {
    return this.#hashes[code]!
  }

  /** All entries, over memory of their own; the same block until another entry is added. */
  block(): BytesBlock {
    if (this.#block?.rowCount !== this.#size) {
      const offsets = this.#offsets.slice(0, this.#size + 1)
      this.#block = {
        type: this.#type,
        rowCount: this.#size,
        encoding: 'flat',
        storage: 'bytes',
        validity: null,
        offsets,
        bytes: this.#bytes.slice(0, offsets[this.#size]),
        ascii: this.#ascii,
      }
    }
    return this.#block!
  }

  #equals(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    let own = this.#offsets[code]!
    if (this.#offsets[code + 1]! - own !== end - start) return false
    for (let i = start; i < end; i++) if (this.#bytes[own++] !== bytes[i]) return false
    return true
  }

  #append(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const code = this.#size++
    if (code >= this.#hashes.length) {
      this.#hashes = grown(this.#hashes, this.#hashes.length * 2)
      this.#offsets = grown(this.#offsets, this.#hashes.length + 1)
    }
    this.#hashes[code] = hash
    let own = this.#offsets[code]!
    const needed = own + end - start
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    let seen = 0
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      seen |= byte
      this.#bytes[own++] = byte
    }
    if (seen >= 128) this.#ascii = false
    this.#offsets[code + 1] = own
    if (this.#size * 2 > this.#slots.length) this.#rehash()
    return code
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let code = 0; code < this.#size; code++) {
      let slot = this.#hashes[code]! & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = code + 1
    }
    this.#slots = slots
  }
}

function grown(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length)
  larger.set(array)
  return larger
}

let viewed: Uint8Array | undefined
let view: DataView = new DataView(new ArrayBuffer(0))

/**
 * A 32-bit hash of bytes start to end, four at a time.
 * @source MurmurHash3's finaliser over an FNV-like loop
 */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  if (bytes !== viewed) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    viewed = bytes
  }
  let hash = 0x811c9dc5 ^ (end - start)
  let i = start
  for (; i + 4 <= end; i += 4) {
    hash = Math.imul(hash ^ view.getInt32(i, true), 0x01000193)
    // A product's low bits know nothing of its high ones.
    hash ^= hash >>> 15
  }
  for (; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return mix(hash)
}

/** Spreads the bits of a 32-bit hash. @source MurmurHash3 fmix32 */
export function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
