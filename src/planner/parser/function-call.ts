import type {
  DereferenceExpression,
  Expression,
  FunctionCall,
  NodeLocation,
  NullTreatment,
  OrderBy,
  ProcessingMode,
  QualifiedName,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { parseString } from './literal.js'
import { parseQualifiedName } from './name.js'
import { isIdentifierKind, isStringKind, Token, type TokenKind } from './token.js'
import { optionalOrderBy, parseOrderBy, parseOver, startsOver } from './window.js'

/** A plain call of a built-in function that another notation stands for. */
export function callOf(
  location: NodeLocation,
  name: string,
  args: readonly Expression[],
  delimited = false,
): FunctionCall {
  const identifier = { kind: 'identifier', location, value: name, delimited } as const
  return {
    kind: 'functionCall',
    location,
    name: { kind: 'qualifiedName', location, parts: [identifier] },
    arguments: args,
    distinct: false,
  }
}

/** The end of the dotted name that starts at an index: the index after its last part. */
export function endOfQualifiedName(cursor: TokenCursor, index: number): number {
  let end = index + 1
  while (cursor.kindAt(end) === Token.PERIOD_SIGN && isIdentifierKind(cursor.kindAt(end + 1))) {
    end += 2
  }
  return end
}

/** Tells whether RUNNING or FINAL at the cursor is the mode of a call rather than a name. */
export function startsProcessingMode(cursor: TokenCursor): boolean {
  if (!cursor.at(Token.RUNNING) && !cursor.at(Token.FINAL)) return false
  if (!isIdentifierKind(cursor.peek(1))) return false
  return cursor.kindAt(endOfQualifiedName(cursor, cursor.index + 1)) === Token.LEFT_PAREN
}

/** The parts of a call as written, before it is known which function it is. */
interface CallParts {
  readonly start: number
  readonly name: QualifiedName
  readonly arguments: readonly Expression[]
  readonly distinct: boolean
  readonly orderBy?: OrderBy
  readonly processingMode?: ProcessingMode
}

/** `[RUNNING | FINAL] name(…)` with what may follow the parentheses. */
export function parseFunctionCall(cursor: TokenCursor): Expression {
  const start = cursor.index
  const processingMode = parseProcessingMode(cursor)
  const name = parseQualifiedName(cursor)
  cursor.expect(Token.LEFT_PAREN)
  const star = parseStar(cursor)
  if (star !== undefined) {
    return finishCall(cursor, { start, name, ...processingMode, distinct: false, arguments: star })
  }
  const distinct = parseSetQuantifier(cursor)
  const empty = distinct === undefined && (cursor.at(Token.RIGHT_PAREN) || cursor.at(Token.ORDER))
  const args = empty ? [] : cursor.list(cursor.rules.expression)
  return finishArguments(cursor, {
    start,
    name,
    ...processingMode,
    distinct: distinct === true,
    arguments: args,
  })
}

/**
 * The rest of a call that a special form turned out to be: `substring(a, 1)` rather than
 * `substring(a FROM 1)`. Its name is the one word at `start`, its first argument has been parsed.
 */
export function continueFunctionCall(
  cursor: TokenCursor,
  start: number,
  first: Expression,
): Expression {
  const args = [first]
  while (cursor.accept(Token.COMMA)) args.push(cursor.rules.expression(cursor))
  const location = cursor.location(start)
  const identifier = {
    kind: 'identifier',
    location,
    value: cursor.textAt(start),
    delimited: false,
  } as const
  const name = { kind: 'qualifiedName', location, parts: [identifier] } as const
  return finishArguments(cursor, { start, name, distinct: false, arguments: args })
}

function finishArguments(cursor: TokenCursor, parts: CallParts): Expression {
  const orderBy = optionalOrderBy(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return finishCall(cursor, { ...parts, ...orderBy }, true)
}

/** `*)` or `label.*)`. */
function parseStar(cursor: TokenCursor): Expression[] | undefined {
  if (cursor.acceptSequence(Token.ASTERISK, Token.RIGHT_PAREN)) return []
  if (cursor.at(Token.ASTERISK)) {
    cursor.advance()
    cursor.fail(Token.RIGHT_PAREN)
  }
  if (!cursor.atIdentifier) return undefined
  if (cursor.peek(1) !== Token.PERIOD_SIGN || cursor.peek(2) !== Token.ASTERISK) return undefined
  const base = cursor.identifier()
  cursor.index += 2
  cursor.expect(Token.RIGHT_PAREN)
  const label: DereferenceExpression = {
    kind: 'dereferenceExpression',
    location: base.location,
    base,
  }
  return [label]
}

function parseProcessingMode(cursor: TokenCursor): { processingMode?: ProcessingMode } {
  if (!startsProcessingMode(cursor)) return {}
  const location = cursor.location(cursor.index)
  const mode = cursor.at(Token.RUNNING) ? 'RUNNING' : 'FINAL'
  cursor.advance()
  return { processingMode: { kind: 'processingMode', location, mode } }
}

/**
 * DISTINCT (true), ALL (false) or neither (undefined). ALL is a name where nothing follows that it
 * could quantify: an expression or one of the other kinds given.
 */
export function parseSetQuantifier(
  cursor: TokenCursor,
  ...quantifiable: readonly TokenKind[]
): boolean | undefined {
  if (cursor.accept(Token.DISTINCT)) return true
  if (!cursor.at(Token.ALL)) return undefined
  const next = cursor.peek(1)
  if (!startsExpression(next) && !quantifiable.includes(next)) return undefined
  if (next === Token.LEFT_PAREN && callsFunction(cursor)) return undefined
  cursor.advance()
  return false
}

/**
 * Tells whether the word at the cursor and the parentheses after it can only be a call of a function,
 * where the word could be something else before an expression in parentheses.
 */
export function callsFunction(cursor: TokenCursor): boolean {
  const first = cursor.peek(2)
  if (first === Token.RIGHT_PAREN) return cursor.peek(3) !== Token.ARROW
  if (first === Token.ASTERISK || first === Token.DISTINCT || first === Token.ORDER) return true
  if (startsQuantified(cursor, 2)) return true
  const closer = cursor.closerOf(cursor.index + 1)
  if (closer < 0) return false
  return continuesCall(cursor, closer + 1 - cursor.index) || holdsOrder(cursor, closer)
}

/** Tells whether ALL at a distance can only quantify what follows. */
export function startsQuantified(cursor: TokenCursor, distance: number): boolean {
  if (cursor.peek(distance) !== Token.ALL) return false
  const next = cursor.peek(distance + 1)
  return startsExpression(next) && !isStringKind(next) && !FOLLOWS_NAME.has(next)
}

/** What begins an expression and may also go on with one that is a name. */
const FOLLOWS_NAME: ReadonlySet<TokenKind> = new Set([
  Token.LEFT_PAREN,
  Token.LEFT_BRACKET,
  Token.PLUS,
  Token.MINUS,
])

/** Tells whether what follows the parentheses at a distance belongs to a call. */
function continuesCall(cursor: TokenCursor, distance: number): boolean {
  const next = cursor.peek(distance + 1)
  switch (cursor.peek(distance)) {
    case Token.FILTER:
      return next === Token.LEFT_PAREN
    case Token.OVER:
      return startsOver(cursor, distance)
    case Token.IGNORE:
    case Token.RESPECT:
      return next === Token.NULLS
    default:
      return false
  }
}

/** Tells whether ORDER stands directly in the parentheses after the word at the cursor. */
function holdsOrder(cursor: TokenCursor, closer: number): boolean {
  for (let i = cursor.index + 2; i < closer; i++) {
    const kind = cursor.kindAt(i)
    if (kind === Token.ORDER) return true
    if (kind === Token.LEFT_PAREN) i = Math.max(i, cursor.closerOf(i))
  }
  return false
}

/** Tells whether a token can be the first of an expression. */
export function startsExpression(kind: TokenKind): boolean {
  return isIdentifierKind(kind) || EXPRESSION_STARTS.has(kind)
}

const EXPRESSION_STARTS: ReadonlySet<TokenKind> = new Set([
  Token.STRING_VALUE,
  Token.UNICODE_STRING,
  Token.BINARY_LITERAL,
  Token.INTEGER_VALUE,
  Token.DECIMAL_VALUE,
  Token.DOUBLE_VALUE,
  Token.PLUS,
  Token.MINUS,
  Token.QUESTION_MARK,
  Token.LEFT_PAREN,
  Token.LEFT_BRACKET,
  Token.CASE,
  Token.CAST,
  Token.CURRENT_CATALOG,
  Token.CURRENT_DATE,
  Token.CURRENT_PATH,
  Token.CURRENT_SCHEMA,
  Token.CURRENT_TIME,
  Token.CURRENT_TIMESTAMP,
  Token.CURRENT_USER,
  Token.EXISTS,
  Token.EXTRACT,
  Token.FALSE,
  Token.GROUPING,
  Token.JSON_ARRAY,
  Token.JSON_EXISTS,
  Token.JSON_OBJECT,
  Token.JSON_QUERY,
  Token.JSON_VALUE,
  Token.LISTAGG,
  Token.LOCALTIME,
  Token.LOCALTIMESTAMP,
  Token.NORMALIZE,
  Token.NOT,
  Token.NULL,
  Token.TRIM,
  Token.TRUE,
])

function finishCall(cursor: TokenCursor, parts: CallParts, mayTreatNulls = false): Expression {
  const filter = parseFilter(cursor)
  const nullTreatment = mayTreatNulls ? parseNullTreatment(cursor) : undefined
  const window = nullTreatment !== undefined || startsOver(cursor) ? parseOver(cursor) : undefined
  const { start, ...rest } = parts
  const call: FunctionCall = {
    kind: 'functionCall',
    location: cursor.location(start),
    ...rest,
    ...(filter === undefined ? {} : { filter }),
    ...(nullTreatment === undefined ? {} : { nullTreatment }),
    ...(window === undefined ? {} : { window }),
  }
  return specialFunction(cursor, start, call) ?? call
}

/** `FILTER (WHERE condition)`, if it follows. */
function parseFilter(cursor: TokenCursor): Expression | undefined {
  if (!cursor.atSequence(Token.FILTER, Token.LEFT_PAREN)) return undefined
  cursor.index += 2
  cursor.expect(Token.WHERE)
  const filter = cursor.rules.expression(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return filter
}

function parseNullTreatment(cursor: TokenCursor): NullTreatment | undefined {
  if (!startsOver(cursor, 2)) return undefined
  if (cursor.acceptSequence(Token.IGNORE, Token.NULLS)) return 'IGNORE'
  if (cursor.acceptSequence(Token.RESPECT, Token.NULLS)) return 'RESPECT'
  return undefined
}

/** Functions that have nodes of their own, with how many arguments they take. */
const SPECIAL_FUNCTIONS = {
  if: { min: 2, max: 3, count: "Invalid number of arguments for 'if' function" },
  nullif: { min: 2, max: 2, count: "Invalid number of arguments for 'nullif' function" },
  coalesce: {
    min: 2,
    max: Number.POSITIVE_INFINITY,
    count: "The 'coalesce' function must have at least two arguments",
  },
  try: { min: 1, max: 1, count: "The 'try' function must have exactly one argument" },
  format: {
    min: 2,
    max: Number.POSITIVE_INFINITY,
    count: "The 'format' function must have at least two arguments",
  },
} as const

/** The node of `if`, `nullif`, `coalesce`, `try` and `format`, undefined for other functions. */
function specialFunction(
  cursor: TokenCursor,
  start: number,
  call: FunctionCall,
): Expression | undefined {
  const only = call.name.parts.length === 1 ? call.name.parts[0] : undefined
  const name = only?.value.toLowerCase()
  if (name === undefined || !isSpecialFunction(name)) return undefined
  const fault = specialFunctionFault(name, call)
  if (fault !== undefined) {
    cursor.complain(start, fault)
    return call
  }
  const { location, arguments: args } = call
  const [first, second, third] = args
  switch (name) {
    case 'if':
      if (first === undefined || second === undefined) return call
      return {
        kind: 'ifExpression',
        location,
        condition: first,
        trueValue: second,
        ...(third === undefined ? {} : { falseValue: third }),
      }
    case 'nullif':
      if (first === undefined || second === undefined) return call
      return { kind: 'nullIfExpression', location, first, second }
    case 'coalesce':
      return { kind: 'coalesceExpression', location, operands: args }
    case 'try':
      if (first === undefined) return call
      return { kind: 'tryExpression', location, innerExpression: first }
    case 'format':
      return { kind: 'format', location, arguments: args }
  }
}

function isSpecialFunction(name: string): name is keyof typeof SPECIAL_FUNCTIONS {
  return Object.hasOwn(SPECIAL_FUNCTIONS, name)
}

function specialFunctionFault(
  name: keyof typeof SPECIAL_FUNCTIONS,
  call: FunctionCall,
): string | undefined {
  const { min, max, count } = SPECIAL_FUNCTIONS[name]
  if (call.arguments.length < min || call.arguments.length > max) return count
  if (call.window !== undefined) return `OVER clause not valid for '${name}' function`
  if (call.distinct) return `DISTINCT not valid for '${name}' function`
  if (call.nullTreatment !== undefined) {
    return `Null treatment clause not valid for '${name}' function`
  }
  if (call.processingMode !== undefined) {
    return `Running or final semantics not valid for '${name}' function`
  }
  if (call.filter !== undefined) return `FILTER not valid for '${name}' function`
  return undefined
}

/** `LISTAGG(…) WITHIN GROUP (ORDER BY …)`, as a call with five arguments. */
export function parseListagg(cursor: TokenCursor): Expression {
  const start = cursor.expect(Token.LISTAGG)
  const location = cursor.location(start)
  cursor.expect(Token.LEFT_PAREN)
  const distinct = parseSetQuantifier(cursor) === true
  const value = cursor.rules.expression(cursor)
  const separator = cursor.accept(Token.COMMA)
    ? parseString(cursor)
    : ({ kind: 'stringLiteral', location, value: '' } as const)
  let error = true
  let filler: Expression = { kind: 'stringLiteral', location, value: '...' }
  let showCount = false
  if (cursor.accept(Token.ON)) {
    cursor.expect(Token.OVERFLOW)
    error = cursor.expectOneOf(Token.ERROR, Token.TRUNCATE) === Token.ERROR
    if (!error) {
      if (isStringKind(cursor.kind)) filler = parseString(cursor)
      showCount = cursor.expectOneOf(Token.WITH, Token.WITHOUT) === Token.WITH
      cursor.expect(Token.COUNT)
    }
  }
  cursor.expect(Token.RIGHT_PAREN)
  cursor.expect(Token.WITHIN)
  cursor.expect(Token.GROUP)
  cursor.expect(Token.LEFT_PAREN)
  const orderBy = parseOrderBy(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  const filter = parseFilter(cursor)
  const window = startsOver(cursor) ? parseOver(cursor) : undefined
  const args: Expression[] = [
    value,
    separator,
    { kind: 'booleanLiteral', location, value: error },
    filler,
    { kind: 'booleanLiteral', location, value: showCount },
  ]
  return {
    ...callOf(location, 'LISTAGG', args),
    distinct,
    orderBy,
    ...(filter === undefined ? {} : { filter }),
    ...(window === undefined ? {} : { window }),
  }
}
