import type { CsvDialect } from './dialect.js'

const CR = 0x0d
const LF = 0x0a

/** Why and where a text is not CSV. */
export class CsvFormatError extends Error {
  /** In the bytes that were given. */
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/**
 * Finds the fields of rows in bytes. What it leaves are places, so that columns are converted one after the other and
 * those that nobody wants not at all.
 */
export class CsvTokenizer {
  /** Fields that are kept of a row. */
  readonly slotCount: number
  readonly rowCountMax: number
  /** Where the field of slot s in row r begins: `starts[r * slotCount + s]`. */
  readonly starts: Int32Array
  /** Where it ends; `~end` where the field has escapes in it. */
  readonly ends: Int32Array
  /** Rows of the last call. */
  rowCount = 0
  readonly quote: number
  readonly escape: number
  readonly #delimiter: number
  readonly #newline: number
  readonly #fieldCount: number
  readonly #slots: Int32Array

  /** @param slots for each field of a row the slot it is kept in, or -1 */
  constructor(dialect: CsvDialect, slots: Int32Array, rowCountMax: number) {
    this.quote = dialect.quote
    this.escape = dialect.escape
    this.#delimiter = dialect.delimiter
    this.#newline = dialect.newline
    this.#fieldCount = slots.length
    this.#slots = slots
    this.slotCount = slots.reduce((count, slot) => (slot < 0 ? count : count + 1), 0)
    this.rowCountMax = rowCountMax
    this.starts = new Int32Array(rowCountMax * this.slotCount)
    this.ends = new Int32Array(rowCountMax * this.slotCount)
  }

  /**
   * Reads whole rows from `from` on. O(bytes).
   * @param isLast whether the text ends at `to`; otherwise a row that does not end before is left
   * @returns where the first row begins that was not read
   * @throws CsvFormatError
   */
  read(bytes: Uint8Array, from: number, to: number, isLast: boolean): number {
    const { starts, ends, slotCount } = this
    const slots = this.#slots
    const fieldCount = this.#fieldCount
    const delimiter = this.#delimiter
    const newline = this.#newline
    const quote = this.quote
    const skipsBlank = fieldCount > 1
    let row = 0
    let consumed = from
    while (row < this.rowCountMax && consumed < to) {
      let p = consumed
      if (skipsBlank && (bytes[p] === newline || bytes[p] === CR)) {
        const next = bytes[p] === newline ? p + 1 : this.#afterBlank(bytes, p, to, isLast)
        if (next === NONE) break
        if (next > 0) {
          consumed = next
          continue
        }
      }
      const base = row * slotCount
      let field = 0
      let more = true
      while (more) {
        let start = p
        let end: number
        if (p < to && bytes[p] === quote) {
          start++
          end = this.#closingQuote(bytes, start, to, isLast, consumed)
          if (end === NONE) return this.#stop(row, consumed)
          p = this.#afterQuoted(bytes, (end < 0 ? ~end : end) + 1, to, isLast)
          if (p === NONE) return this.#stop(row, consumed)
        } else {
          while (p < to) {
            const byte = bytes[p]!
            if (byte === delimiter || byte === newline) break
            p++
          }
          end = p
          if (end > start && bytes[end - 1] === CR && (p === to || bytes[p] === newline)) end--
        }
        if (p === to && !isLast) return this.#stop(row, consumed)
        const slot = field < fieldCount ? slots[field]! : -1
        if (slot >= 0) {
          starts[base + slot] = start
          ends[base + slot] = end
        }
        field++
        more = p < to && bytes[p] === delimiter
        p++
      }
      if (field !== fieldCount) {
        throw new CsvFormatError(`Row has ${field} fields instead of ${fieldCount}`, consumed)
      }
      row++
      consumed = Math.min(p, to)
    }
    return this.#stop(row, consumed)
  }

  #stop(rowCount: number, consumed: number): number {
    this.rowCount = rowCount
    return consumed
  }

  /** The place of the delimiter, the newline or the end after a quoted field; NONE where more is needed to tell. */
  #afterQuoted(bytes: Uint8Array, at: number, to: number, isLast: boolean): number {
    let p = at
    if (p < to && bytes[p] === CR && this.#newline === LF) {
      if (p + 1 === to && !isLast) return NONE
      if (p + 1 === to || bytes[p + 1] === LF) p++
    }
    if (p < to && bytes[p] !== this.#delimiter && bytes[p] !== this.#newline) {
      throw new CsvFormatError('Closing quote is not at the end of its field', p)
    }
    return p
  }

  /** After an empty line that ends in CR LF; 0 where the CR is no such end, NONE where more is needed to tell. */
  #afterBlank(bytes: Uint8Array, p: number, to: number, isLast: boolean): number {
    if (p + 1 === to) return isLast ? p + 1 : NONE
    return bytes[p + 1] === this.#newline ? p + 2 : 0
  }

  /** The place of the quote that ends a field; `~place` where there are escapes in it; NONE where more is needed to tell. */
  #closingQuote(
    bytes: Uint8Array,
    start: number,
    to: number,
    isLast: boolean,
    rowStart: number,
  ): number {
    const { quote, escape: escapeByte } = this
    let escaped = false
    let p = start
    for (;;) {
      while (p < to && bytes[p] !== quote && bytes[p] !== escapeByte) p++
      if (p >= to) {
        if (isLast) throw new CsvFormatError('Quote is not closed', rowStart)
        return NONE
      }
      if (p + 1 === to && !isLast) return NONE
      // A quote that is its own escape ends the field unless another one follows.
      if (
        p + 1 < to &&
        bytes[p] === escapeByte &&
        (escapeByte !== quote || bytes[p + 1] === quote)
      ) {
        escaped = true
        p += 2
        continue
      }
      if (bytes[p] === quote) return escaped ? ~p : p
      p++
    }
  }
}

const NONE = -0x8000_0000
