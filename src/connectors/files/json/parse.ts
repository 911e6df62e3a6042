/** A JSON value in which integers beyond 2^53 are bigints and long decimals the text of their digits. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | ExactNumber
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

/** A number that no double has exactly, as it was written. */
export class ExactNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** More digits than every double holds, the point wherever it is. */
const LONG_NUMBER = /\d{16}|[\d.]{17}/

/**
 * Parses one JSON value. JSON.parse does it wherever numbers are short enough to be exact; a text with long ones has
 * them put in quotes first, with a mark, outside of strings.
 * @throws SyntaxError
 */
export function parseJson(text: string): JsonValue {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as JsonValue
  JSON.parse(text)
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? escapedMark(token) : markedNumber(token),
  )
  return JSON.parse(marked, unmark) as JsonValue
}

/** Begins strings that stand for numbers; strings that begin with it themselves get one more. */
const MARK = '\u0001'
const MARK_ESCAPED = '\\u0001'

const escapedMark = (token: string): string =>
  token.startsWith(`"${MARK_ESCAPED}`) ? `"${MARK_ESCAPED}${token.slice(1)}` : token

const markedNumber = (token: string): string =>
  token.length < 15 ? token : `"${MARK_ESCAPED}n${token}"`

function unmark(_: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith(MARK)) return value
  if (value[1] !== 'n') return value.slice(1)
  const text = value.slice(2)
  return /^-?\d+$/.test(text) ? BigInt(text) : new ExactNumber(text)
}
