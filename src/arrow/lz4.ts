/**
 * LZ4 blocks: Node has no codec as fast, and none at all of its kind before zstd came to zlib in Node 22.
 * @source LZ4 Block Format Description
 */

const HASH_BITS = 14
const MATCH_BYTES_MIN = 4
const DISTANCE_MAX = 65_535
/** The last match begins so far before the end, and the last bytes are literals. */
const LAST_MATCH_DISTANCE = 12
const LAST_LITERALS = 5
/** After 2^6 bytes without a match steps get longer. */
const SKIP_SHIFT = 6
/** What a token's four bits hold; more comes in bytes of its own. */
const NIBBLE_MAX = 15

const table = new Int32Array(1 << HASH_BITS)

/** @returns the compressed bytes, or undefined where they would be longer than `bytesMax` */
export function compressLz4(source: Uint8Array, bytesMax: number): Uint8Array | undefined {
  const writer = new BlockWriter(source, bytesMax)
  const view = new DataView(source.buffer, source.byteOffset, source.length)
  const lastMatch = source.length - LAST_MATCH_DISTANCE
  const matchEnd = source.length - LAST_LITERALS
  table.fill(-1)
  let anchor = 0
  let at = 0
  while (at < lastMatch) {
    const word = view.getInt32(at, true)
    const hash = Math.imul(word, -1_640_531_535) >>> (32 - HASH_BITS)
    let candidate = table[hash]!
    table[hash] = at
    if (candidate < 0 || at - candidate > DISTANCE_MAX || view.getInt32(candidate, true) !== word) {
      at += 1 + ((at - anchor) >> SKIP_SHIFT)
      continue
    }
    let end = at + MATCH_BYTES_MIN
    for (
      let from = candidate + MATCH_BYTES_MIN;
      end < matchEnd && source[end] === source[from];
      from++
    ) {
      end++
    }
    while (at > anchor && candidate > 0 && source[at - 1] === source[candidate - 1]) {
      at--
      candidate--
    }
    if (!writer.sequence(anchor, at, at - candidate, end - at)) return undefined
    anchor = end
    at = end
  }
  return writer.finish(anchor)
}

class BlockWriter {
  readonly #source: Uint8Array
  readonly #target: Uint8Array
  #length = 0

  constructor(source: Uint8Array, bytesMax: number) {
    this.#source = source
    this.#target = new Uint8Array(bytesMax)
  }

  /** Writes literals and a match. @returns false when they don't fit */
  sequence(from: number, to: number, distance: number, matchBytes: number): boolean {
    const literals = to - from
    const more = matchBytes - MATCH_BYTES_MIN
    if (!this.#fits(literals + literals / 255 + more / 255 + 8)) return false
    const token = (Math.min(literals, NIBBLE_MAX) << 4) | Math.min(more, NIBBLE_MAX)
    this.#literals(token, from, to)
    this.#target[this.#length++] = distance & 0xff
    this.#target[this.#length++] = distance >> 8
    this.#rest(more)
    return true
  }

  /** Writes the last literals. */
  finish(from: number): Uint8Array | undefined {
    const literals = this.#source.length - from
    if (!this.#fits(literals + literals / 255 + 4)) return undefined
    this.#literals(Math.min(literals, NIBBLE_MAX) << 4, from, this.#source.length)
    return this.#target.subarray(0, this.#length)
  }

  #fits(byteLength: number): boolean {
    return this.#length + byteLength <= this.#target.length
  }

  #literals(token: number, from: number, to: number): void {
    this.#target[this.#length++] = token
    this.#rest(to - from)
    this.#target.set(this.#source.subarray(from, to), this.#length)
    this.#length += to - from
  }

  /** What a length is above a token's four bits. */
  #rest(length: number): void {
    if (length < NIBBLE_MAX) return
    let rest = length - NIBBLE_MAX
    for (; rest >= 255; rest -= 255) this.#target[this.#length++] = 255
    this.#target[this.#length++] = rest
  }
}

/** @returns the bytes of a block, or undefined for what is no block of exactly that length */
export function decompressLz4(source: Uint8Array, rawLength: number): Uint8Array | undefined {
  const target = new Uint8Array(rawLength)
  return decodeLz4Block(source, target, 0) === rawLength ? target : undefined
}

/**
 * Decodes a block behind what is in the target already, which its matches may reach back to.
 * @returns where the decoded bytes end, or -1 for what is no block or doesn't fit
 */
export function decodeLz4Block(source: Uint8Array, target: Uint8Array, from: number): number {
  let at = 0
  let length = from
  /** What a nibble and the bytes after it say; not finite where they don't end. */
  const more = (nibble: number): number => {
    if (nibble < NIBBLE_MAX) return nibble
    let total = nibble
    for (;;) {
      const byte = source[at++]
      if (byte === undefined) return Number.POSITIVE_INFINITY
      total += byte
      if (byte < 255) return total
    }
  }
  while (at < source.length) {
    const token = source[at++]!
    const literals = more(token >> 4)
    if (at + literals > source.length || length + literals > target.length) return -1
    target.set(source.subarray(at, at + literals), length)
    at += literals
    length += literals
    if (at === source.length) break
    const distance = source[at]! | ((source[at + 1] ?? 0) << 8)
    at += 2
    const matched = more(token & NIBBLE_MAX) + MATCH_BYTES_MIN
    if (distance === 0 || distance > length || length + matched > target.length) return -1
    copyMatch(target, length, distance, matched)
    length += matched
  }
  return length
}

/** Copies bytes that may overlap with what they become. */
function copyMatch(target: Uint8Array, to: number, distance: number, byteLength: number): void {
  if (distance >= byteLength && byteLength > 32) {
    target.copyWithin(to, to - distance, to - distance + byteLength)
    return
  }
  for (let i = 0; i < byteLength; i++) target[to + i] = target[to + i - distance]!
}
