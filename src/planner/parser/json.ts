import type {
  Expression,
  JsonArrayElement,
  JsonFormat,
  JsonObjectMember,
  JsonPathInvocation,
  JsonPathParameter,
  JsonQuery,
  JsonQueryArrayWrapperBehavior,
  JsonQueryEmptyOrErrorBehavior,
  JsonQueryQuotesBehavior,
  JsonValueEmptyOrErrorBehavior,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { parseString } from './literal.js'
import { isIdentifierKind, Token } from './token.js'

/** `JSON_EXISTS(input, path [… ON ERROR])`. */
export function parseJsonExists(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.expect(Token.JSON_EXISTS))
  cursor.expect(Token.LEFT_PAREN)
  const jsonPathInvocation = parseJsonPathInvocation(cursor)
  let errorBehavior: 'FALSE' | 'TRUE' | 'UNKNOWN' | 'ERROR' = 'FALSE'
  if (!cursor.at(Token.RIGHT_PAREN)) {
    switch (cursor.expectOneOf(Token.TRUE, Token.FALSE, Token.UNKNOWN, Token.ERROR)) {
      case Token.TRUE:
        errorBehavior = 'TRUE'
        break
      case Token.UNKNOWN:
        errorBehavior = 'UNKNOWN'
        break
      case Token.ERROR:
        errorBehavior = 'ERROR'
        break
    }
    cursor.expect(Token.ON)
    cursor.expect(Token.ERROR)
  }
  cursor.expect(Token.RIGHT_PAREN)
  return { kind: 'jsonExists', location, jsonPathInvocation, errorBehavior }
}

/** `JSON_VALUE(input, path [RETURNING type] [… ON EMPTY] [… ON ERROR])`. */
export function parseJsonValue(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.expect(Token.JSON_VALUE))
  cursor.expect(Token.LEFT_PAREN)
  const jsonPathInvocation = parseJsonPathInvocation(cursor)
  const returnedType = cursor.accept(Token.RETURNING)
    ? { returnedType: cursor.rules.dataType(cursor) }
    : {}
  const behaviors = parseValueBehaviors(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  const { emptyBehavior = 'NULL', errorBehavior = 'NULL', ...defaults } = behaviors
  return {
    kind: 'jsonValue',
    location,
    jsonPathInvocation,
    ...returnedType,
    emptyBehavior,
    errorBehavior,
    ...defaults,
  }
}

/** `JSON_QUERY(input, path [RETURNING …] [… WRAPPER] [… QUOTES] [… ON EMPTY] [… ON ERROR])`. */
export function parseJsonQuery(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.expect(Token.JSON_QUERY))
  cursor.expect(Token.LEFT_PAREN)
  const jsonPathInvocation = parseJsonPathInvocation(cursor)
  const output = parseReturning(cursor)
  const { emptyBehavior = 'NULL', errorBehavior = 'NULL', ...clauses } = parseQueryClauses(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return {
    kind: 'jsonQuery',
    location,
    jsonPathInvocation,
    ...output,
    ...clauses,
    emptyBehavior,
    errorBehavior,
  }
}

/** `JSON_OBJECT(key: value, … [… ON NULL] [… UNIQUE KEYS] [RETURNING …])`. */
export function parseJsonObject(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.expect(Token.JSON_OBJECT))
  cursor.expect(Token.LEFT_PAREN)
  const members = endsJsonList(cursor) ? [] : cursor.list(parseJsonObjectMember)
  const nullOnNull = parseOnNull(cursor, members.length) ?? true
  let uniqueKeys = false
  if (members.length > 0 && (cursor.at(Token.WITH) || cursor.at(Token.WITHOUT))) {
    uniqueKeys = cursor.accept(Token.WITH)
    if (!uniqueKeys) cursor.advance()
    cursor.expect(Token.UNIQUE)
    cursor.accept(Token.KEYS)
  }
  const output = parseReturning(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return { kind: 'jsonObject', location, members, nullOnNull, uniqueKeys, ...output }
}

/** `JSON_ARRAY(value, … [… ON NULL] [RETURNING …])`. */
export function parseJsonArray(cursor: TokenCursor): Expression {
  const location = cursor.location(cursor.expect(Token.JSON_ARRAY))
  cursor.expect(Token.LEFT_PAREN)
  const elements = endsJsonList(cursor) ? [] : cursor.list(parseJsonArrayElement)
  const nullOnNull = parseOnNull(cursor, elements.length) ?? false
  const output = parseReturning(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return { kind: 'jsonArray', location, elements, nullOnNull, ...output }
}

/** RETURNING may also be the name of a column, but not before a type. */
function endsJsonList(cursor: TokenCursor): boolean {
  if (cursor.at(Token.RIGHT_PAREN)) return true
  if (!cursor.at(Token.RETURNING)) return false
  if (cursor.peek(1) === Token.ABSENT) return cursor.peek(2) !== Token.ON
  return isIdentifierKind(cursor.peek(1)) && cursor.peek(1) !== Token.FORMAT
}

function parseOnNull(cursor: TokenCursor, itemCount: number): boolean | undefined {
  if (itemCount === 0) return undefined
  const onNull = cursor.at(Token.NULL)
  if (!onNull && !cursor.at(Token.ABSENT)) return undefined
  cursor.advance()
  cursor.expect(Token.ON)
  cursor.expect(Token.NULL)
  return onNull
}

/**
 * `[KEY] key VALUE value` or `key: value`. KEY is a name where it stands alone before VALUE or a
 * colon, and VALUE is one where it stands in place of the key.
 */
function parseJsonObjectMember(cursor: TokenCursor): JsonObjectMember {
  const location = cursor.location(cursor.index)
  if (startsKeyedMember(cursor)) {
    cursor.advance()
    const key = cursor.rules.expression(cursor)
    cursor.expect(Token.VALUE)
    return jsonObjectMember(location, key, parseJsonArrayElement(cursor))
  }
  const key = cursor.rules.expression(cursor)
  cursor.expectOneOf(Token.VALUE, Token.COLON)
  return jsonObjectMember(location, key, parseJsonArrayElement(cursor))
}

function jsonObjectMember(
  location: JsonObjectMember['location'],
  key: Expression,
  element: JsonArrayElement,
): JsonObjectMember {
  const { value, format } = element
  const optional = format === undefined ? {} : { format }
  return { kind: 'jsonObjectMember', location, key, value, ...optional }
}

function startsKeyedMember(cursor: TokenCursor): boolean {
  if (!cursor.at(Token.KEY)) return false
  switch (cursor.peek(1)) {
    case Token.COLON:
    case Token.PERIOD_SIGN:
    case Token.LEFT_BRACKET:
    case Token.CONCAT:
    case Token.ASTERISK:
    case Token.SLASH:
    case Token.PERCENT:
    case Token.ARROW:
      return false
    case Token.VALUE:
      return cursor.peek(2) === Token.VALUE
    default:
      return true
  }
}

/** `jsonValueExpression`: an expression and its format. */
function parseJsonArrayElement(cursor: TokenCursor): JsonArrayElement {
  const location = cursor.location(cursor.index)
  const value = cursor.rules.expression(cursor)
  return { kind: 'jsonArrayElement', location, value, ...parseFormat(cursor, 'format') }
}

/** `FORMAT JSON [ENCODING …]` as the property of that name, or nothing. */
function parseFormat<K extends string>(cursor: TokenCursor, key: K): { [P in K]?: JsonFormat } {
  const result: { [P in K]?: JsonFormat } = {}
  if (cursor.accept(Token.FORMAT)) result[key] = parseJsonRepresentation(cursor)
  return result
}

/** `JSON [ENCODING UTF8 | UTF16 | UTF32]`. */
export function parseJsonRepresentation(cursor: TokenCursor): JsonFormat {
  cursor.expect(Token.JSON)
  if (!cursor.accept(Token.ENCODING)) return 'JSON'
  switch (cursor.expectOneOf(Token.UTF8, Token.UTF16, Token.UTF32)) {
    case Token.UTF8:
      return 'UTF8'
    case Token.UTF16:
      return 'UTF16'
    default:
      return 'UTF32'
  }
}

/** `RETURNING type [FORMAT …]`, or nothing. */
function parseReturning(cursor: TokenCursor): Pick<JsonQuery, 'returnedType' | 'outputFormat'> {
  if (!cursor.accept(Token.RETURNING)) return {}
  const returnedType = cursor.rules.dataType(cursor)
  return { returnedType, ...parseFormat(cursor, 'outputFormat') }
}

/** `input, path [AS name] [PASSING value AS name, …]`. */
export function parseJsonPathInvocation(cursor: TokenCursor): JsonPathInvocation {
  const input = parseJsonArrayElement(cursor)
  cursor.expect(Token.COMMA)
  const jsonPath = parseString(cursor)
  const pathName = cursor.accept(Token.AS) ? { pathName: cursor.identifier() } : {}
  const pathParameters = cursor.accept(Token.PASSING) ? cursor.list(parseJsonArgument) : []
  return {
    kind: 'jsonPathInvocation',
    location: input.location,
    inputExpression: input.value,
    inputFormat: input.format ?? 'JSON',
    jsonPath,
    ...pathName,
    pathParameters,
  }
}

function parseJsonArgument(cursor: TokenCursor): JsonPathParameter {
  const { location, value, format } = parseJsonArrayElement(cursor)
  cursor.expect(Token.AS)
  const name = cursor.identifier()
  const optional = format === undefined ? {} : { format }
  return { kind: 'jsonPathParameter', location, name, parameter: value, ...optional }
}

/** What JSON_VALUE does about empty results and errors, as far as the text says. */
export interface ValueBehaviors {
  readonly emptyBehavior?: JsonValueEmptyOrErrorBehavior
  readonly emptyDefault?: Expression
  readonly errorBehavior?: JsonValueEmptyOrErrorBehavior
  readonly errorDefault?: Expression
}

/** `[behavior ON EMPTY] [behavior ON ERROR]`, a behavior being ERROR, NULL or DEFAULT expression. */
export function parseValueBehaviors(cursor: TokenCursor): ValueBehaviors {
  let result: ValueBehaviors = {}
  let kind = parseValueBehavior(cursor)
  if (kind === undefined) return result
  cursor.expect(Token.ON)
  if (cursor.accept(Token.EMPTY)) {
    const optional = kind.value === undefined ? {} : { emptyDefault: kind.value }
    result = { emptyBehavior: kind.behavior, ...optional }
    kind = parseValueBehavior(cursor)
    if (kind === undefined) return result
    cursor.expect(Token.ON)
  }
  cursor.expect(Token.ERROR)
  const optional = kind.value === undefined ? {} : { errorDefault: kind.value }
  return { ...result, errorBehavior: kind.behavior, ...optional }
}

function parseValueBehavior(
  cursor: TokenCursor,
): { behavior: JsonValueEmptyOrErrorBehavior; value?: Expression } | undefined {
  if (cursor.accept(Token.ERROR)) return { behavior: 'ERROR' }
  if (cursor.accept(Token.NULL)) return { behavior: 'NULL' }
  if (!cursor.accept(Token.DEFAULT)) return undefined
  return { behavior: 'DEFAULT', value: cursor.rules.expression(cursor) }
}

/** The clauses that JSON_QUERY shares with formatted columns of JSON_TABLE. */
export interface QueryClauses {
  readonly wrapperBehavior: JsonQueryArrayWrapperBehavior
  readonly quotesBehavior?: JsonQueryQuotesBehavior
  readonly emptyBehavior?: JsonQueryEmptyOrErrorBehavior
  readonly errorBehavior?: JsonQueryEmptyOrErrorBehavior
}

/** `[… WRAPPER] [KEEP | OMIT QUOTES …] [… ON EMPTY] [… ON ERROR]`. */
export function parseQueryClauses(cursor: TokenCursor): QueryClauses {
  const wrapperBehavior = parseWrapper(cursor)
  const quotes = parseQuotes(cursor)
  let result: QueryClauses = { wrapperBehavior, ...quotes }
  let behavior = parseQueryBehavior(cursor)
  if (behavior === undefined) return result
  cursor.expect(Token.ON)
  if (cursor.accept(Token.EMPTY)) {
    result = { ...result, emptyBehavior: behavior }
    behavior = parseQueryBehavior(cursor)
    if (behavior === undefined) return result
    cursor.expect(Token.ON)
  }
  cursor.expect(Token.ERROR)
  return { ...result, errorBehavior: behavior }
}

function parseWrapper(cursor: TokenCursor): JsonQueryArrayWrapperBehavior {
  let behavior: JsonQueryArrayWrapperBehavior = 'WITHOUT'
  if (cursor.accept(Token.WITH)) {
    behavior = cursor.accept(Token.CONDITIONAL) ? 'CONDITIONAL' : 'UNCONDITIONAL'
    if (behavior === 'UNCONDITIONAL') cursor.accept(Token.UNCONDITIONAL)
  } else if (!cursor.accept(Token.WITHOUT)) {
    return behavior
  }
  cursor.accept(Token.ARRAY)
  cursor.expect(Token.WRAPPER)
  return behavior
}

function parseQuotes(cursor: TokenCursor): { quotesBehavior?: JsonQueryQuotesBehavior } {
  const keep = cursor.accept(Token.KEEP)
  if (!keep && !cursor.accept(Token.OMIT)) return {}
  cursor.expect(Token.QUOTES)
  if (cursor.accept(Token.ON)) {
    cursor.expect(Token.SCALAR)
    cursor.expect(Token.STRING)
  }
  return { quotesBehavior: keep ? 'KEEP' : 'OMIT' }
}

function parseQueryBehavior(cursor: TokenCursor): JsonQueryEmptyOrErrorBehavior | undefined {
  if (cursor.accept(Token.ERROR)) return 'ERROR'
  if (cursor.accept(Token.NULL)) return 'NULL'
  if (!cursor.accept(Token.EMPTY)) return undefined
  const array = cursor.expectOneOf(Token.ARRAY, Token.OBJECT) === Token.ARRAY
  return array ? 'EMPTY ARRAY' : 'EMPTY OBJECT'
}
