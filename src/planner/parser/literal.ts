import type {
  Expression,
  IntervalLiteral,
  LongLiteral,
  Parameter,
  StringLiteral,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { isIntervalField, parseIntervalField } from './data-type.js'
import { isStringKind, Token } from './token.js'

const LONG_MAX = 2n ** 63n - 1n
const LONG_MIN = -(2n ** 63n)

/** `string`: `'…'` or `U&'…' [UESCAPE '…']`. */
export function parseString(cursor: TokenCursor): StringLiteral {
  const start = cursor.index
  const location = cursor.location(start)
  if (cursor.accept(Token.STRING_VALUE)) {
    return { kind: 'stringLiteral', location, value: unquote(cursor.textAt(start)) }
  }
  if (!cursor.at(Token.UNICODE_STRING)) cursor.fail(Token.STRING_VALUE)
  cursor.advance()
  let escapeCharacter = '\\'
  if (cursor.accept(Token.UESCAPE)) {
    escapeCharacter = unquote(cursor.textAt(cursor.expect(Token.STRING_VALUE)))
  }
  const content = unquote(cursor.textAt(start).slice(2))
  const complain = (message: string): void => cursor.complain(start, message)
  return {
    kind: 'stringLiteral',
    location,
    value: decodeUnicode(content, escapeCharacter, complain),
  }
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll("''", "'")
}

/**
 * Decodes the escapes of a Unicode string: `\0061`, `\+000061`, `\\`. Stops at the first fault.
 *
 * @source Trino 476, AstBuilder.decodeUnicodeLiteral
 */
function decodeUnicode(
  content: string,
  escapeCharacter: string,
  complain: (message: string) => void,
): string {
  const fault = escapeFault(escapeCharacter)
  if (fault !== undefined) {
    complain(fault)
    return content
  }
  let result = ''
  let i = 0
  while (i < content.length) {
    const at = content.indexOf(escapeCharacter, i)
    if (at < 0) return result + content.slice(i)
    result += content.slice(i, at)
    const next = content.charAt(at + 1)
    if (next === escapeCharacter) {
      result += escapeCharacter
      i = at + 2
      continue
    }
    if (next !== '' && next !== '+' && !isHexDigit(next)) {
      complain(`Invalid hexadecimal digit: ${next}`)
      return result
    }
    const from = next === '+' ? at + 2 : at + 1
    const needed = next === '+' ? 6 : 4
    let to = from
    while (to < from + needed && isHexDigit(content.charAt(to))) to++
    const digits = content.slice(from, to)
    if (digits.length < needed) {
      complain(`Incomplete escape sequence: ${digits}`)
      return result
    }
    const codePoint = Number.parseInt(digits, 16)
    if (codePoint > 0x10ffff) {
      complain(`Invalid escaped character: ${digits}`)
      return result
    }
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) {
      complain(
        `Invalid escaped character: ${digits}. Escaped character is a surrogate. Use '\\+123456' instead.`,
      )
      return result
    }
    result += String.fromCodePoint(codePoint)
    i = to
  }
  return result
}

function escapeFault(character: string): string | undefined {
  if (character === '') return 'Empty Unicode escape character'
  const code = character.charCodeAt(0)
  const valid = character.length === 1 && code > 0x20 && code < 0x7f
  if (valid && !isHexDigit(character) && !'"+\''.includes(character)) {
    return undefined
  }
  return `Invalid Unicode escape character: ${character}`
}

function isHexDigit(character: string): boolean {
  return /^[0-9A-Fa-f]$/.test(character)
}

/** `X'…'`: blanks are allowed between the digits. */
export function parseBinaryLiteral(cursor: TokenCursor): Expression {
  const index = cursor.expect(Token.BINARY_LITERAL)
  const digits = unquote(cursor.textAt(index).slice(1)).replaceAll(/[ \r\n\t]/g, '')
  const hex = digits.toUpperCase()
  if (!/^[0-9A-F]*$/.test(hex)) {
    cursor.complain(index, 'Binary literal can only contain hexadecimal digits')
  } else if (hex.length % 2 !== 0) {
    cursor.complain(index, 'Binary literal must contain an even number of digits')
  }
  return { kind: 'binaryLiteral', location: cursor.location(index), hex }
}

/** `number`: a minus directly before the digits belongs to the literal. */
export function parseNumber(cursor: TokenCursor): Expression {
  const start = cursor.index
  const negative = cursor.accept(Token.MINUS)
  const index = cursor.index
  const text = (negative ? '-' : '') + cursor.textAt(index)
  switch (cursor.kind) {
    case Token.INTEGER_VALUE:
      cursor.advance()
      return longLiteral(cursor, start, text)
    case Token.DECIMAL_VALUE:
      cursor.advance()
      return { kind: 'decimalLiteral', location: cursor.location(start), text }
    case Token.DOUBLE_VALUE: {
      cursor.advance()
      return { kind: 'doubleLiteral', location: cursor.location(start), text }
    }
    default:
      return cursor.fail(Token.INTEGER_VALUE, Token.DECIMAL_VALUE, Token.DOUBLE_VALUE)
  }
}

function longLiteral(cursor: TokenCursor, start: number, text: string): LongLiteral {
  const negative = text.startsWith('-')
  const magnitude = BigInt((negative ? text.slice(1) : text).replaceAll('_', '').toLowerCase())
  const value = negative ? -magnitude : magnitude
  if (value > LONG_MAX || value < LONG_MIN) {
    cursor.complain(start, `Invalid numeric literal: ${text}`)
  }
  return { kind: 'longLiteral', location: cursor.location(start), text, value: String(value) }
}

/** An integer of digits only, as after LIMIT. */
export function parseInteger(cursor: TokenCursor): LongLiteral {
  const index = cursor.expect(Token.INTEGER_VALUE)
  return longLiteral(cursor, index, cursor.textAt(index))
}

/** `rowCount`: an integer or a parameter. */
export function parseRowCount(cursor: TokenCursor): LongLiteral | Parameter {
  return cursor.at(Token.QUESTION_MARK) ? parseParameter(cursor) : parseInteger(cursor)
}

export function parseParameter(cursor: TokenCursor): Parameter {
  const index = cursor.expect(Token.QUESTION_MARK)
  return {
    kind: 'parameter',
    location: cursor.location(index),
    position: cursor.parameterCount++,
  }
}

/** Tells whether the INTERVAL at the cursor starts an interval literal. */
export function startsIntervalLiteral(cursor: TokenCursor): boolean {
  const signed = cursor.peek(1) === Token.PLUS || cursor.peek(1) === Token.MINUS
  let next = signed ? 2 : 1
  if (!isStringKind(cursor.peek(next))) return false
  if (cursor.peek(next) === Token.UNICODE_STRING && cursor.peek(next + 1) === Token.UESCAPE) {
    next += 2
  }
  // without a field, INTERVAL is an identifier before a string or an operator
  return isIntervalField(cursor.peek(next + 1))
}

/** `interval`. */
export function parseIntervalLiteral(cursor: TokenCursor): IntervalLiteral {
  const start = cursor.expect(Token.INTERVAL)
  const negative = cursor.accept(Token.MINUS)
  if (!negative) cursor.accept(Token.PLUS)
  const value = parseString(cursor).value
  const startField = parseIntervalField(cursor)
  // TO may also be an alias
  const ranged = cursor.at(Token.TO) && isIntervalField(cursor.peek(1))
  if (ranged) cursor.advance()
  const endField = ranged ? parseIntervalField(cursor) : undefined
  return {
    kind: 'intervalLiteral',
    location: cursor.location(start),
    value,
    sign: negative ? '-' : '+',
    startField,
    ...(endField === undefined ? {} : { endField }),
  }
}
