import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  type SqlType,
  timestampType,
  timestampWithTimeZoneType,
  VARCHAR,
  valueConverter,
} from '../../../spi/index.js'

const DELIMITERS = [',', ';', '\t', '|'] as const
/** Rows by which the delimiter is found. */
const DELIMITER_ROWS = 200

/** A field of the sample; undefined: nothing between delimiters, which is NULL. */
export type SampleField = { readonly text: string; readonly isQuoted: boolean }

/**
 * The rows of a sample, each of as many fields as it has. Unlike the tokenizer it takes whatever comes.
 * @param isWhole whether the last row ends with the sample
 */
export function sampleRows(
  text: string,
  delimiter: string,
  newline: string,
  isWhole: boolean,
  rowCountMax = Number.POSITIVE_INFINITY,
): SampleField[][] {
  const rows: SampleField[][] = []
  let p = 0
  while (p < text.length && rows.length < rowCountMax) {
    const row: SampleField[] = []
    let complete = false
    for (;;) {
      const field = sampleField(text, p, delimiter, newline)
      row.push(field)
      p = field.end
      if (p >= text.length) break
      p++
      if (text[p - 1] === newline) {
        complete = true
        break
      }
    }
    if (!complete && !isWhole) break
    if (row.length > 1 || row[0]!.text !== '' || row[0]!.isQuoted) rows.push(row)
  }
  return rows
}

function sampleField(
  text: string,
  start: number,
  delimiter: string,
  newline: string,
): SampleField & { readonly end: number } {
  if (text[start] === '"') {
    let quote = text.indexOf('"', start + 1)
    while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2)
    const close = quote < 0 ? text.length : quote
    return {
      text: text.slice(start + 1, close).replaceAll('""', '"'),
      isQuoted: true,
      end: endOfField(text, Math.min(close + 1, text.length), delimiter, newline),
    }
  }
  const end = endOfField(text, start, delimiter, newline)
  const field = text.slice(start, end)
  return { text: field.endsWith('\r') ? field.slice(0, -1) : field, isQuoted: false, end }
}

function endOfField(text: string, from: number, delimiter: string, newline: string): number {
  let p = from
  while (p < text.length && text[p] !== delimiter && text[p] !== newline) p++
  return p
}

/** The delimiter under which most rows are as wide as the first, and wider than one field. */
export function findDelimiter(text: string, newline: string, isWhole: boolean): string {
  let best: { readonly delimiter: string; readonly score: number } = { delimiter: ',', score: 0 }
  for (const delimiter of DELIMITERS) {
    const rows = sampleRows(text, delimiter, newline, isWhole, DELIMITER_ROWS)
    const width = rows[0]?.length ?? 0
    if (width < 2) continue
    const score = rows.filter((row) => row.length === width).length / rows.length
    if (score > best.score) best = { delimiter, score }
  }
  return best.delimiter
}

/** What a text may be read as, from the narrowest on. */
type FieldKind =
  | 'null'
  | 'boolean'
  | 'bigint'
  | 'integer'
  | 'double'
  | 'date'
  | 'timestamp'
  | 'zoned'
  | 'text'
interface Guess {
  readonly kind: FieldKind
  /** Fraction digits of timestamps. */
  readonly digits: number
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/
const NUMBER = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$|^(?:NaN|-?Infinity)$/
const DATE_TEXT = /^\d{4}-\d{2}-\d{2}$/
const TIMESTAMP_TEXT =
  /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.(\d{1,12}))?)?( ?Z| ?UTC| ?[+-]\d{2}(?::?\d{2})?)?$/
const toDate = valueConverter(DATE)
const MAX_BIGINT_DIGITS = 18

function guess(text: string): Guess {
  const first = text.charCodeAt(0)
  if (first > 0x39 && !/^(?:true|false|NaN|Infinity)$/i.test(text)) return TEXT
  if (/^(?:true|false)$/i.test(text)) return { kind: 'boolean', digits: 0 }
  if (INTEGER.test(text)) {
    const digits = text.startsWith('-') ? text.length - 1 : text.length
    if (digits <= MAX_BIGINT_DIGITS) return BIGINT_GUESS
    if (BigInt.asIntN(64, BigInt(text)) === BigInt(text)) return BIGINT_GUESS
    return digits <= 38 ? { kind: 'integer', digits: 0 } : TEXT
  }
  if (NUMBER.test(text)) return { kind: 'double', digits: 0 }
  if (DATE_TEXT.test(text)) return isDate(text) ? { kind: 'date', digits: 0 } : TEXT
  const match = TIMESTAMP_TEXT.exec(text)
  if (match === null || !isDate(text.slice(0, 10)) || !isClock(text.slice(11))) return TEXT
  const digits = match[1]?.length ?? 0
  return { kind: match[2] === undefined ? 'timestamp' : 'zoned', digits }
}

const TEXT: Guess = { kind: 'text', digits: 0 }
const BIGINT_GUESS: Guess = { kind: 'bigint', digits: 0 }

const isClock = (text: string): boolean =>
  Number(text.slice(0, 2)) < 24 &&
  Number(text.slice(3, 5)) < 60 &&
  (text[5] !== ':' || Number(text.slice(6, 8)) < 60)

function isDate(text: string): boolean {
  try {
    toDate(text)
    return true
  } catch {
    // A day that no month has.
    return false
  }
}

const NUMERIC: readonly FieldKind[] = ['bigint', 'integer', 'double']

function both(a: Guess, b: Guess): Guess {
  if (a.kind === 'null') return b
  if (b.kind === 'null') return a
  const digits = Math.max(a.digits, b.digits)
  if (a.kind === b.kind) return { kind: a.kind, digits }
  const [x, y] = [NUMERIC.indexOf(a.kind), NUMERIC.indexOf(b.kind)]
  if (x >= 0 && y >= 0) return { kind: NUMERIC[Math.max(x, y)]!, digits: 0 }
  const kinds = [a.kind, b.kind]
  return kinds.includes('date') && kinds.includes('timestamp')
    ? { kind: 'timestamp', digits }
    : TEXT
}

/** The type of a column by its texts; undefined where all are NULL. */
export function typeOfTexts(
  fields: Iterable<SampleField | undefined>,
  nullText: string | undefined,
): SqlType | undefined {
  let all: Guess = { kind: 'null', digits: 0 }
  for (const field of fields) {
    if (field === undefined || field.text === '') continue
    if (!field.isQuoted && field.text === nullText) continue
    all = both(all, guess(field.text.trim()))
    if (all.kind === 'text') return VARCHAR
  }
  return typeOfGuess(all)
}

function typeOfGuess({ kind, digits }: Guess): SqlType | undefined {
  const precision = digits <= 3 ? 3 : digits <= 6 ? 6 : digits <= 9 ? 9 : 12
  switch (kind) {
    case 'null':
      return undefined
    case 'boolean':
      return BOOLEAN
    case 'bigint':
      return BIGINT
    case 'integer':
      return decimalType(38, 0)
    case 'double':
      return DOUBLE
    case 'date':
      return DATE
    case 'timestamp':
      return timestampType(precision)
    case 'zoned':
      return timestampWithTimeZoneType(precision)
    case 'text':
      return VARCHAR
  }
}

/** The type of a column that has one type in some files and another in others. */
export function commonTextType(
  a: SqlType | undefined,
  b: SqlType | undefined,
): SqlType | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return typeOfGuess(both(guessOfType(a), guessOfType(b)))
}

function guessOfType(type: SqlType): Guess {
  switch (type.kind) {
    case 'boolean':
    case 'bigint':
    case 'double':
    case 'date':
      return { kind: type.kind, digits: 0 }
    case 'decimal':
      return { kind: 'integer', digits: 0 }
    case 'timestamp':
      return { kind: 'timestamp', digits: type.precision }
    case 'timestamp with time zone':
      return { kind: 'zoned', digits: type.precision }
    default:
      return TEXT
  }
}

/**
 * Whether the first row names the columns: it has a text everywhere, no two the same, and none of them reads as a
 * number, date or boolean; and either a column below has such values, or all columns are texts.
 */
export function hasHeader(rows: readonly (readonly SampleField[])[]): boolean {
  const [first] = rows
  if (first === undefined) return false
  if (new Set(first.map((field) => field.text)).size < first.length) return false
  return first.every(
    (field) => field.text.trim() !== '' && guess(field.text.trim()).kind === 'text',
  )
}
