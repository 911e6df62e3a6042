import type { Expression, LambdaArgumentDeclaration, WhenClause } from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import {
  callsFunction,
  endOfQualifiedName,
  parseFunctionCall,
  parseListagg,
  startsProcessingMode,
} from './function-call.js'
import {
  parseJsonArray,
  parseJsonExists,
  parseJsonObject,
  parseJsonQuery,
  parseJsonValue,
} from './json.js'
import {
  parseBinaryLiteral,
  parseIntervalLiteral,
  parseNumber,
  parseParameter,
  parseString,
  startsIntervalLiteral,
} from './literal.js'
import {
  parseCast,
  parseExtract,
  parseGrouping,
  parseNormalize,
  parsePosition,
  parseSubstring,
  parseTrim,
} from './special-form.js'
import { isIdentifierKind, isStringKind, Token, type TokenKind } from './token.js'
import { parseOver, startsOver } from './window.js'

/** `primaryExpression`: a literal, name, call or form in parentheses with its subscripts and fields. */
export function parsePrimaryExpression(cursor: TokenCursor): Expression {
  const start = cursor.index
  let base = parseBase(cursor)
  for (;;) {
    if (cursor.at(Token.PERIOD_SIGN)) {
      if (cursor.peek(1) === Token.ASTERISK) {
        cursor.qualifiedStarStart = start
        cursor.qualifiedStarEnd = cursor.index
        return base
      }
      cursor.advance()
      const field = cursor.identifier()
      base = { kind: 'dereferenceExpression', location: cursor.location(start), base, field }
    } else if (cursor.accept(Token.LEFT_BRACKET)) {
      const index = cursor.nested(cursor.rules.valueExpression)
      cursor.expect(Token.RIGHT_BRACKET)
      base = { kind: 'subscriptExpression', location: cursor.location(start), base, index }
    } else {
      return base
    }
  }
}

/** Forms that begin with a token that can't be an identifier. */
const RESERVED_FORMS: ReadonlyMap<TokenKind, (cursor: TokenCursor) => Expression> = new Map([
  [Token.STRING_VALUE, parseString],
  [Token.UNICODE_STRING, parseString],
  [Token.BINARY_LITERAL, parseBinaryLiteral],
  [Token.INTEGER_VALUE, parseNumber],
  [Token.DECIMAL_VALUE, parseNumber],
  [Token.DOUBLE_VALUE, parseNumber],
  [Token.MINUS, parseNumber],
  [Token.QUESTION_MARK, parseParameter],
  [Token.LEFT_PAREN, parseParenthesized],
  [Token.LEFT_BRACKET, parseArray],
  [Token.CASE, parseCase],
  [Token.CAST, parseCast],
  [Token.CURRENT_CATALOG, parseKeywordValue],
  [Token.CURRENT_DATE, parseKeywordValue],
  [Token.CURRENT_PATH, parseKeywordValue],
  [Token.CURRENT_SCHEMA, parseKeywordValue],
  [Token.CURRENT_USER, parseKeywordValue],
  [Token.CURRENT_TIME, parseTimeFunction],
  [Token.CURRENT_TIMESTAMP, parseTimeFunction],
  [Token.LOCALTIME, parseTimeFunction],
  [Token.LOCALTIMESTAMP, parseTimeFunction],
  [Token.EXISTS, parseExists],
  [Token.EXTRACT, parseExtract],
  [Token.GROUPING, parseGrouping],
  [Token.JSON_ARRAY, parseJsonArray],
  [Token.JSON_EXISTS, parseJsonExists],
  [Token.JSON_OBJECT, parseJsonObject],
  [Token.JSON_QUERY, parseJsonQuery],
  [Token.JSON_VALUE, parseJsonValue],
  [Token.LISTAGG, parseListagg],
  [Token.NORMALIZE, parseNormalize],
  [Token.NULL, parseKeywordValue],
  [Token.TRUE, parseKeywordValue],
  [Token.FALSE, parseKeywordValue],
  [Token.TRIM, parseTrim],
])

function parseBase(cursor: TokenCursor): Expression {
  if (cursor.atIdentifier) return parseNamed(cursor)
  const form = RESERVED_FORMS.get(cursor.kind)
  if (form === undefined) cursor.fail()
  return form(cursor)
}

/** What begins with an identifier or a word that could be one. */
function parseNamed(cursor: TokenCursor): Expression {
  const start = cursor.index
  const next = cursor.peek(1)
  if (next === Token.LEFT_PAREN) {
    const special = parseSpecialCall(cursor)
    return special ?? parseFunctionCall(cursor)
  }
  if (isStringKind(next)) return parseTypedString(cursor)
  switch (cursor.kind) {
    case Token.INTERVAL:
      if (startsIntervalLiteral(cursor)) return parseIntervalLiteral(cursor)
      break
    case Token.DOUBLE:
      if (next !== Token.PRECISION || !isStringKind(cursor.peek(2))) break
      cursor.index += 2
      return {
        kind: 'genericLiteral',
        location: cursor.location(start),
        type: 'DOUBLE',
        value: parseString(cursor).value,
      }
    case Token.ARRAY:
      if (next === Token.LEFT_BRACKET) return parseArray(cursor)
      break
    case Token.RUNNING:
    case Token.FINAL:
      if (startsProcessingMode(cursor)) return parseFunctionCall(cursor)
      break
  }
  if (next === Token.ARROW) return parseLambda(cursor)
  if (
    next === Token.PERIOD_SIGN &&
    cursor.kindAt(endOfQualifiedName(cursor, start)) === Token.LEFT_PAREN
  ) {
    return parseFunctionCall(cursor)
  }
  const name = cursor.identifier()
  if (!startsOver(cursor)) return name
  const location = cursor.location(start)
  return { kind: 'windowOperation', location, name, window: parseOver(cursor) }
}

/** Forms that look like calls of a function but aren't. */
function parseSpecialCall(cursor: TokenCursor): Expression | undefined {
  switch (cursor.kind) {
    case Token.ROW:
      return parseRow(cursor)
    case Token.POSITION:
      return parsePosition(cursor)
    case Token.SUBSTRING:
      return parseSubstring(cursor)
    case Token.TRY_CAST:
      return parseCast(cursor)
    default:
      return undefined
  }
}

/** `type 'text'`, and INTERVAL literals, which look alike. */
function parseTypedString(cursor: TokenCursor): Expression {
  if (cursor.at(Token.INTERVAL) && startsIntervalLiteral(cursor)) {
    return parseIntervalLiteral(cursor)
  }
  const start = cursor.index
  const location = cursor.location(start)
  const text = cursor.textAt(start)
  cursor.identifier()
  const value = parseString(cursor).value
  if (text.toLowerCase() === 'x') {
    cursor.complain(
      start,
      "Spaces are not allowed between 'X' and the starting quote of a binary literal",
    )
  }
  if (text.toLowerCase() === 'decimal') return { kind: 'decimalLiteral', location, text: value }
  return { kind: 'genericLiteral', location, type: text, value }
}

/** `ROW(a, b)`, unless what it holds or what follows makes it a call of a function. */
function parseRow(cursor: TokenCursor): Expression | undefined {
  if (callsFunction(cursor)) return undefined
  const start = cursor.advance()
  cursor.expect(Token.LEFT_PAREN)
  const items = cursor.list(cursor.rules.expression)
  cursor.expect(Token.RIGHT_PAREN)
  return { kind: 'row', location: cursor.location(start), items }
}

/** `ARRAY[a, b]`; the word may be left out. */
function parseArray(cursor: TokenCursor): Expression {
  const start = cursor.index
  cursor.accept(Token.ARRAY)
  cursor.expect(Token.LEFT_BRACKET)
  const values = cursor.at(Token.RIGHT_BRACKET) ? [] : cursor.list(cursor.rules.expression)
  cursor.expect(Token.RIGHT_BRACKET)
  return { kind: 'array', location: cursor.location(start), values }
}

/** `x -> body` or `(x, y) -> body`. */
function parseLambda(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.index)
  let args: LambdaArgumentDeclaration[]
  if (cursor.accept(Token.LEFT_PAREN)) {
    args = cursor.at(Token.RIGHT_PAREN) ? [] : cursor.list(parseLambdaArgument)
    cursor.expect(Token.RIGHT_PAREN)
  } else {
    args = [parseLambdaArgument(cursor)]
  }
  cursor.expect(Token.ARROW)
  const body = cursor.rules.expression(cursor)
  return { kind: 'lambdaExpression', location, arguments: args, body }
}

function parseLambdaArgument(cursor: TokenCursor): LambdaArgumentDeclaration {
  const name = cursor.identifier()
  return { kind: 'lambdaArgumentDeclaration', location: name.location, name }
}

/** `(a, b) ->` and `() ->`. */
function startsLambda(cursor: TokenCursor): boolean {
  let i = cursor.index + 1
  if (cursor.kindAt(i) === Token.RIGHT_PAREN) return true
  for (;;) {
    if (!isIdentifierKind(cursor.kindAt(i))) return false
    const next = cursor.kindAt(i + 1)
    if (next === Token.RIGHT_PAREN) return cursor.kindAt(i + 2) === Token.ARROW
    if (next !== Token.COMMA) return false
    i += 2
  }
}

/** A lambda, a query, a row or an expression in parentheses. */
function parseParenthesized(cursor: TokenCursor): Expression {
  const start = cursor.index
  const location = cursor.location(start)
  if (startsLambda(cursor)) return parseLambda(cursor)
  if (cursor.parenthesizedQuery(start) !== 'none') {
    return { kind: 'subqueryExpression', location, query: parseQueryInParentheses(cursor) }
  }
  const items = cursor.parenthesizedList(cursor.rules.expression)
  const only = items[0]
  if (items.length === 1 && only !== undefined) return only
  return { kind: 'row', location, items }
}

function parseQueryInParentheses(cursor: TokenCursor) {
  cursor.expect(Token.LEFT_PAREN)
  const query = cursor.rules.query(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return query
}

function parseExists(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.expect(Token.EXISTS))
  const query = parseQueryInParentheses(cursor)
  const subquery = { kind: 'subqueryExpression', location, query } as const
  return { kind: 'existsPredicate', location, subquery }
}

function parseCase(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.expect(Token.CASE))
  const operand = cursor.at(Token.WHEN) ? undefined : cursor.rules.expression(cursor)
  const whenClauses: WhenClause[] = []
  do {
    whenClauses.push(parseWhenClause(cursor))
  } while (cursor.at(Token.WHEN))
  const defaultValue = cursor.accept(Token.ELSE) ? cursor.rules.expression(cursor) : undefined
  cursor.expect(Token.END)
  const rest = { location, whenClauses, ...(defaultValue === undefined ? {} : { defaultValue }) }
  if (operand === undefined) return { kind: 'searchedCaseExpression', ...rest }
  return { kind: 'simpleCaseExpression', operand, ...rest }
}

function parseWhenClause(cursor: TokenCursor): WhenClause {
  const location = cursor.location(cursor.expect(Token.WHEN))
  const operand = cursor.rules.expression(cursor)
  cursor.expect(Token.THEN)
  return { kind: 'whenClause', location, operand, result: cursor.rules.expression(cursor) }
}

/** Single words that are values. */
function parseKeywordValue(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.index)
  const kind = cursor.kind
  cursor.advance()
  switch (kind) {
    case Token.NULL:
      return { kind: 'nullLiteral', location }
    case Token.CURRENT_CATALOG:
      return { kind: 'currentCatalog', location }
    case Token.CURRENT_DATE:
      return { kind: 'currentDate', location }
    case Token.CURRENT_PATH:
      return { kind: 'currentPath', location }
    case Token.CURRENT_SCHEMA:
      return { kind: 'currentSchema', location }
    case Token.CURRENT_USER:
      return { kind: 'currentUser', location }
    default:
      return { kind: 'booleanLiteral', location, value: kind === Token.TRUE }
  }
}

const TIME_FUNCTIONS: ReadonlyMap<TokenKind, TimeFunctionKind> = new Map([
  [Token.CURRENT_TIME, 'currentTime'],
  [Token.CURRENT_TIMESTAMP, 'currentTimestamp'],
  [Token.LOCALTIME, 'localTime'],
  [Token.LOCALTIMESTAMP, 'localTimestamp'],
])

type TimeFunctionKind = 'currentTime' | 'currentTimestamp' | 'localTime' | 'localTimestamp'

/** CURRENT_TIMESTAMP and its like, with an optional precision. */
function parseTimeFunction(cursor: TokenCursor): Expression {
  const start = cursor.index
  const location = cursor.location(start)
  const kind = TIME_FUNCTIONS.get(cursor.kind)
  if (kind === undefined) cursor.fail(...TIME_FUNCTIONS.keys())
  cursor.advance()
  if (!cursor.accept(Token.LEFT_PAREN)) return { kind, location }
  const text = cursor.textAt(cursor.expect(Token.INTEGER_VALUE))
  cursor.expect(Token.RIGHT_PAREN)
  return { kind, location, precision: Number(text.replaceAll('_', '')) }
}
