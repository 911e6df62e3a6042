const QUOTE = 0x22

/**
 * Follows the quotes of a text from its start to tell where rows begin, so that it can be cut: a newline in quotes ends
 * no row. It looks at quotes only, jumping from one to the next.
 */
export class RecordBounds {
  readonly #delimiter: number
  readonly #newline: number
  #isQuoted = false
  /** The byte before the next chunk. */
  #previous: number
  /** Whether the last chunk ended with a quote in quotes, which may be the first of two. */
  #isPending = false
  #offset: number

  constructor(dialect: { readonly delimiter: number; readonly newline: number }, start: number) {
    this.#delimiter = dialect.delimiter
    this.#newline = dialect.newline
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
    if (this.#isPending) {
      this.#isPending = false
      if (chunk[0] === QUOTE) p = 1
      else this.#isQuoted = false
    }
    while (p < chunk.length) {
      const quote = chunk.indexOf(QUOTE, p)
      const end = quote < 0 ? chunk.length : quote
      if (this.#isQuoted) {
        if (quote < 0) break
        if (quote + 1 === chunk.length) {
          this.#isPending = true
          break
        }
        if (chunk[quote + 1] === QUOTE) p = quote + 2
        else {
          this.#isQuoted = false
          p = quote + 1
        }
        continue
      }
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
}
