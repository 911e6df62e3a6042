/** Strings, and integers of enough digits to be beyond 2^53: not the digits behind a point or of an exponent. */
const TOKEN = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g
const MARK = '\u0001'

/**
 * Parses JSON so that integers beyond 2^53 become bigints; others are numbers as ever.
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  let found = false
  const marked = text.replace(TOKEN, (token) => {
    if (token.startsWith('"') || Number.isSafeInteger(Number(token))) return token
    found = true
    return `"\\u0001${token}"`
  })
  if (!found) return JSON.parse(text)
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) && /^\u0001-?\d+$/.test(value)
      ? BigInt(value.slice(1))
      : value,
  )
}
