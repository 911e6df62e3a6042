/** Strings, and integers of enough digits to be beyond 2^53: not the digits behind a point or of an exponent. */
const TOKEN = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g

/**
 * Parses JSON so that integers beyond 2^53 become bigints; others are numbers as ever.
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  let mark: string | undefined
  const marked = text.replace(TOKEN, (token) => {
    if (token.startsWith('"') || Number.isSafeInteger(Number(token))) return token
    mark ??= unusedCharacter(text)
    return `"${mark}${token}"`
  })
  if (mark === undefined) return JSON.parse(text)
  const first = mark
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(first) ? BigInt(value.slice(1)) : value,
  )
}

/** Of the private characters, which JSON may hold as they are. */
const PRIVATE_FIRST = 0xe000
const PRIVATE_LAST = 0xf8ff

/** A character that no string of the text has, neither as it is nor escaped. */
function unusedCharacter(text: string): string {
  for (let code = PRIVATE_FIRST; code <= PRIVATE_LAST; code++) {
    const character = String.fromCharCode(code)
    if (text.includes(character)) continue
    // The escape may be written with letters of either case.
    if (!new RegExp(`\\\\u${code.toString(16)}`, 'i').test(text)) return character
  }
  throw new SyntaxError('JSON has all private characters in one text')
}
