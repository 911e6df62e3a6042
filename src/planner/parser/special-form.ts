import type { Expression, ExtractField, Trim } from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import {
  callOf,
  continueFunctionCall,
  parseFunctionCall,
  startsExpression,
  startsQuantified,
} from './function-call.js'
import { parseQualifiedName } from './name.js'
import { Token } from './token.js'

/** `CAST(expression AS type)`, `TRY_CAST(…)`; TRY_CAST may also be a function of that name. */
export function parseCast(cursor: TokenCursor): Expression {
  const start = cursor.index
  const safe = cursor.at(Token.TRY_CAST)
  if (safe && !startsArgument(cursor)) return parseFunctionCall(cursor)
  cursor.advance()
  cursor.expect(Token.LEFT_PAREN)
  const expression = cursor.rules.expression(cursor)
  if (safe && !cursor.at(Token.AS)) return continueFunctionCall(cursor, start, expression)
  cursor.expect(Token.AS)
  const type = cursor.rules.dataType(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return { kind: 'cast', location: cursor.location(start), expression, type, safe }
}

/** Tells whether what is in the parentheses after the word here begins with an expression. */
function startsArgument(cursor: TokenCursor): boolean {
  return startsExpression(cursor.peek(2)) && !startsQuantified(cursor, 2)
}

/** `POSITION(a IN b)`, which is `strpos(b, a)`, or a function of that name. */
export function parsePosition(cursor: TokenCursor): Expression {
  const start = cursor.index
  if (!startsArgument(cursor) || cursor.peek(2) === Token.NOT) return parseFunctionCall(cursor)
  cursor.index += 2
  const first = cursor.index
  const needle = cursor.nested(cursor.rules.valueExpression)
  if (!cursor.accept(Token.IN)) {
    const argument = cursor.rules.expressionFrom(cursor, first, needle)
    return continueFunctionCall(cursor, start, argument)
  }
  const text = cursor.nested(cursor.rules.valueExpression)
  cursor.expect(Token.RIGHT_PAREN)
  return callOf(cursor.location(start), 'strpos', [text, needle])
}

/** `SUBSTRING(a FROM b [FOR c])`, which is `substr`, or a function of that name. */
export function parseSubstring(cursor: TokenCursor): Expression {
  const start = cursor.index
  if (!startsArgument(cursor) || cursor.peek(2) === Token.NOT) return parseFunctionCall(cursor)
  cursor.index += 2
  const first = cursor.index
  const text = cursor.nested(cursor.rules.valueExpression)
  if (!cursor.accept(Token.FROM)) {
    const argument = cursor.rules.expressionFrom(cursor, first, text)
    return continueFunctionCall(cursor, start, argument)
  }
  const args = [text, cursor.nested(cursor.rules.valueExpression)]
  if (cursor.accept(Token.FOR)) args.push(cursor.nested(cursor.rules.valueExpression))
  cursor.expect(Token.RIGHT_PAREN)
  return callOf(cursor.location(start), 'substr', args)
}

/** `NORMALIZE(a [, form])`. */
export function parseNormalize(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.expect(Token.NORMALIZE))
  cursor.expect(Token.LEFT_PAREN)
  const text = cursor.nested(cursor.rules.valueExpression)
  let form = 'NFC'
  if (cursor.accept(Token.COMMA)) {
    const index = cursor.index
    cursor.expectOneOf(Token.NFC, Token.NFD, Token.NFKC, Token.NFKD)
    form = cursor.textAt(index)
  }
  cursor.expect(Token.RIGHT_PAREN)
  // delimited, since NORMALIZE is a reserved word
  return callOf(
    location,
    'normalize',
    [text, { kind: 'stringLiteral', location, value: form }],
    true,
  )
}

const EXTRACT_FIELDS: Readonly<Record<ExtractField, true>> = {
  YEAR: true,
  QUARTER: true,
  MONTH: true,
  WEEK: true,
  DAY: true,
  DAY_OF_MONTH: true,
  DAY_OF_WEEK: true,
  DOW: true,
  DAY_OF_YEAR: true,
  DOY: true,
  YEAR_OF_WEEK: true,
  YOW: true,
  HOUR: true,
  MINUTE: true,
  SECOND: true,
  TIMEZONE_HOUR: true,
  TIMEZONE_MINUTE: true,
}

function isExtractField(name: string): name is ExtractField {
  return Object.hasOwn(EXTRACT_FIELDS, name)
}

/** `EXTRACT(field FROM a)`. */
export function parseExtract(cursor: TokenCursor): Expression {
  const start = cursor.expect(Token.EXTRACT)
  cursor.expect(Token.LEFT_PAREN)
  const text = cursor.textAt(cursor.index)
  cursor.identifier()
  const name = text.toUpperCase()
  if (!isExtractField(name)) cursor.complain(start, `Invalid EXTRACT field: ${text}`)
  cursor.expect(Token.FROM)
  const expression = cursor.nested(cursor.rules.valueExpression)
  cursor.expect(Token.RIGHT_PAREN)
  const field = isExtractField(name) ? name : 'YEAR'
  return { kind: 'extract', location: cursor.location(start), expression, field }
}

/** `TRIM([[LEADING | TRAILING | BOTH] [characters] FROM] a)`, `TRIM(a, characters)`. */
export function parseTrim(cursor: TokenCursor): Expression {
  const start = cursor.expect(Token.TRIM)
  const location = cursor.location(start)
  const open = cursor.index
  cursor.expect(Token.LEFT_PAREN)
  if (!holdsFrom(cursor, open)) {
    const trimSource = cursor.nested(cursor.rules.valueExpression)
    const trimCharacter = cursor.accept(Token.COMMA)
      ? { trimCharacter: cursor.nested(cursor.rules.valueExpression) }
      : {}
    cursor.expect(Token.RIGHT_PAREN)
    return { kind: 'trim', location, specification: 'BOTH', trimSource, ...trimCharacter }
  }
  const specification = parseTrimSpecification(cursor)
  const trimCharacter = cursor.at(Token.FROM)
    ? {}
    : { trimCharacter: cursor.nested(cursor.rules.valueExpression) }
  cursor.expect(Token.FROM)
  const trimSource = cursor.nested(cursor.rules.valueExpression)
  cursor.expect(Token.RIGHT_PAREN)
  if (specification === undefined && trimCharacter.trimCharacter === undefined) {
    const message =
      "The 'trim' function must have specification, char or both arguments when it takes FROM"
    cursor.complain(start, message)
  }
  return {
    kind: 'trim',
    location,
    specification: specification ?? 'BOTH',
    trimSource,
    ...trimCharacter,
  }
}

function parseTrimSpecification(cursor: TokenCursor): Trim['specification'] | undefined {
  const next = cursor.peek(1)
  if (next !== Token.FROM && !startsExpression(next)) return undefined
  if (cursor.accept(Token.LEADING)) return 'LEADING'
  if (cursor.accept(Token.TRAILING)) return 'TRAILING'
  if (cursor.accept(Token.BOTH)) return 'BOTH'
  return undefined
}

/** Tells whether FROM stands directly in the parentheses that open at an index. */
function holdsFrom(cursor: TokenCursor, open: number): boolean {
  const closer = cursor.closerOf(open)
  const end = closer < 0 ? cursor.tokens.tokenCount : closer
  for (let i = open + 1; i < end; i++) {
    const kind = cursor.kindAt(i)
    if (kind === Token.FROM) return true
    if (kind === Token.LEFT_PAREN) {
      const inner = cursor.closerOf(i)
      if (inner < 0) return false
      i = inner
    }
  }
  return false
}

/** `GROUPING(a, b.c)`. */
export function parseGrouping(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.expect(Token.GROUPING))
  cursor.expect(Token.LEFT_PAREN)
  const groupingColumns = cursor.at(Token.RIGHT_PAREN) ? [] : cursor.list(parseColumn)
  cursor.expect(Token.RIGHT_PAREN)
  return { kind: 'groupingOperation', location, groupingColumns }
}

/** A dotted name as an expression: an identifier, or fields of one. */
function parseColumn(cursor: TokenCursor): Expression {
  const { location, parts } = parseQualifiedName(cursor)
  return parts.reduce<Expression>((base, field, index) => {
    return index === 0 ? field : { kind: 'dereferenceExpression', location, base, field }
  }, parts[0] ?? cursor.fail())
}
