const QUOTE = 34
const MINUS = 45
const POINT = 46
const ZERO = 48
/** From 1e7 on Java prints an exponent. */
const MAX_HUNDREDTHS = 1e9
const BACKSLASH = 92
const HEX = Buffer.from('0123456789ABCDEF')

/** What follows the backslash for control characters with a short escape; 0: `\u00XX`. */
const SHORT_ESCAPES = new Uint8Array(32)
for (const [code, letter] of [
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
] as const) {
  SHORT_ESCAPES[code] = letter.charCodeAt(0)
}

/** A growing buffer of JSON text in UTF-8, written to by the encoders and reused between pages of a result. */
export class JsonBuffer {
  #bytes: Buffer
  #length = 0

  constructor(initialBytes = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes)
  }

  get length(): number {
    return this.#length
  }

  /** Forgets what was written after `length`. */
  truncate(length: number): void {
    this.#length = length
  }

  /** Bytes that it holds, written to or not. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** Gives back its memory, and what was written. */
  release(): void {
    this.#bytes = Buffer.alloc(0)
    this.#length = 0
  }

  /** A copy of what has been written. */
  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length))
  }

  #reserve(byteCount: number): void {
    const needed = this.#length + byteCount
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }

  byte(code: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1)
    this.#bytes[this.#length++] = code
  }

  /** Text of ASCII characters only, as it is. */
  ascii(text: string): void {
    const { length } = text
    this.#reserve(length)
    if (length > 40) {
      this.#length += this.#bytes.write(text, this.#length, 'latin1')
      return
    }
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i)
    this.#length = at
  }

  /** ASCII text that needs no escapes, in quotes. */
  quotedAscii(text: string): void {
    this.byte(QUOTE)
    this.ascii(text)
    this.byte(QUOTE)
  }

  /** Any string, in quotes and escaped. */
  string(text: string): void {
    const bytes = Buffer.from(text)
    this.utf8(bytes, 0, bytes.length)
  }

  base64(bytes: Uint8Array, start: number, end: number): void {
    const { buffer, byteOffset } = bytes
    this.quotedAscii(Buffer.from(buffer, byteOffset + start, end - start).toString('base64'))
  }

  /** Bytes [start, end) of UTF-8 as a JSON string, in quotes and escaped. */
  utf8(source: Uint8Array, start: number, end: number): void {
    // The worst case is six bytes for each.
    this.#reserve(2 + 6 * (end - start))
    const bytes = this.#bytes
    let at = this.#length
    bytes[at++] = QUOTE
    for (let i = start; i < end; i++) {
      const code = source[i]!
      if (code >= 32 && code !== QUOTE && code !== BACKSLASH) {
        bytes[at++] = code
        continue
      }
      bytes[at++] = BACKSLASH
      if (code >= 32) {
        bytes[at++] = code
      } else if (SHORT_ESCAPES[code] !== 0) {
        bytes[at++] = SHORT_ESCAPES[code]!
      } else {
        bytes[at++] = 117 // u
        bytes[at++] = 48
        bytes[at++] = 48
        bytes[at++] = HEX[code >> 4]!
        bytes[at++] = HEX[code & 15]!
      }
    }
    bytes[at++] = QUOTE
    this.#length = at
  }

  /** An integer of at most 53 bits. */
  integer(value: number): void {
    if (value < 0) {
      this.byte(45)
      value = -value
    }
    if (value > 0xffff_ffff) {
      this.ascii(String(value))
      return
    }
    this.#reserve(10)
    let digits = 1
    for (let bound = 10; value >= bound; bound *= 10) digits++
    let at = this.#length + digits
    this.#length = at
    const bytes = this.#bytes
    let rest = value >>> 0
    for (let i = 0; i < digits; i++) {
      const quotient = Math.floor(rest / 10)
      bytes[--at] = 48 + rest - quotient * 10
      rest = quotient
    }
  }

  /**
   * A number of at most two digits behind the point, of a size that Java prints without exponent: amounts, most of all, several times
   * as fast as by way of a string. A decimal of at most 15 digits that rounds to the number is its shortest text.
   * @returns false, and nothing is written, for other numbers
   */
  hundredths(value: number): boolean {
    const units = Math.round(value * 100)
    const size = Math.abs(units)
    // Not 0, which may be -0, nor what is no number.
    if (units / 100 !== value || !(size > 0 && size < MAX_HUNDREDTHS)) return false
    if (units < 0) this.byte(MINUS)
    const whole = Math.floor(size / 100)
    this.integer(whole)
    const rest = size - whole * 100
    const tens = Math.floor(rest / 10)
    this.#reserve(3)
    this.#bytes[this.#length++] = POINT
    this.#bytes[this.#length++] = ZERO + tens
    if (rest !== tens * 10) this.#bytes[this.#length++] = ZERO + rest - tens * 10
    return true
  }
}
