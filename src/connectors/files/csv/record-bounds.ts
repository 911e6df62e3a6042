import type { CsvDialect } from './dialect.js'

/**
 * Follows the quotes of a text from its start to tell where rows begin, so that it can be cut: a newline in quotes ends
 * no row. It looks at quotes only, jumping from one to the next.
 */
export class RecordBounds {
  readonly #delimiter: number
  readonly #newline: number
  readonly #quote: number
  readonly #escape: number
  #isQuoted = false
  /** The byte before the next chunk. */
  #previous: number
  /** Whether the last chunk ended with an escape in quotes, or a quote that may be one. */
  #isPending = false
  #offset: number

  constructor(dialect: Omit<CsvDialect, 'hasHeader'>, start: number) {
    this.#delimiter = dialect.delimiter
    this.#newline = dialect.newline
    this.#quote = dialect.quote
    this.#escape = dialect.escape
    this.#previous = dialect.newline
    this.#offset = start
  }

  /** Where the bytes after those so far begin. */
  get offset(): number {
    return this.#offset
  }

  /**
   * Takes the next bytes.
   * @returns where the first row begins whose predecessor ends at or after `wanted`; undefined where none does in these bytes
   */
  next(chunk: Buffer, wanted: number): number | undefined {
    const base = this.#offset
    let found: number | undefined
    let p = 0
    if (this.#isPending && chunk.length > 0) {
      this.#isPending = false
      if (this.#escape !== this.#quote || chunk[0] === this.#quote) p = 1
      else this.#isQuoted = false
    }
    while (p < chunk.length) {
      if (this.#isQuoted) {
        p = this.#afterQuoted(chunk, p)
        continue
      }
      const quote = chunk.indexOf(this.#quote, p)
      const end = quote < 0 ? chunk.length : quote
      const from = Math.max(p, wanted - base)
      if (found === undefined && from < end) {
        const newline = chunk.subarray(from, end).indexOf(this.#newline)
        if (newline >= 0) found = base + from + newline + 1
      }
      if (quote < 0) break
      // Only at the start of a field does a quote open one.
      const before = quote === 0 ? this.#previous : chunk[quote - 1]!
      this.#isQuoted = before === this.#delimiter || before === this.#newline
      p = quote + 1
    }
    if (chunk.length > 0) this.#previous = chunk[chunk.length - 1]!
    this.#offset += chunk.length
    return found
  }

  /** Where to go on after the next quote or escape in quotes. */
  #afterQuoted(chunk: Buffer, from: number): number {
    let at = chunk.indexOf(this.#quote, from)
    if (this.#escape !== this.#quote) {
      const escapeAt = chunk.subarray(from, at < 0 ? chunk.length : at).indexOf(this.#escape)
      if (escapeAt >= 0) at = from + escapeAt
    }
    if (at < 0) return chunk.length
    const isEscape = chunk[at] === this.#escape
    if (isEscape && at + 1 === chunk.length) {
      this.#isPending = true
      return chunk.length
    }
    if (isEscape && (this.#escape !== this.#quote || chunk[at + 1] === this.#quote)) return at + 2
    this.#isQuoted = false
    return at + 1
  }
}
