import type {
  Expression,
  FrameBound,
  MeasureDefinition,
  OrderBy,
  SortItem,
  Window,
  WindowDefinition,
  WindowFrame,
  WindowSpecification,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { parseMatchClauses, parseMeasures } from './row-pattern.js'
import { isIdentifierKind, Token, type TokenKind } from './token.js'

/** `ORDER BY item, …`, located at ORDER. */
export function parseOrderBy(cursor: TokenCursor): OrderBy {
  const start = cursor.expect(Token.ORDER)
  cursor.expect(Token.BY)
  return {
    kind: 'orderBy',
    location: cursor.location(start),
    sortItems: cursor.list(parseSortItem),
  }
}

/** The ORDER BY clause, if there is one. */
export function optionalOrderBy(cursor: TokenCursor): { readonly orderBy?: OrderBy } {
  return cursor.at(Token.ORDER) ? { orderBy: parseOrderBy(cursor) } : {}
}

export function parseSortItem(cursor: TokenCursor): SortItem {
  const location = cursor.location(cursor.index)
  const sortKey = cursor.rules.expression(cursor)
  const descending = cursor.accept(Token.DESC)
  if (!descending) cursor.accept(Token.ASC)
  let nullOrdering: SortItem['nullOrdering'] = 'UNDEFINED'
  if (cursor.accept(Token.NULLS)) {
    const kind = cursor.expectOneOf(Token.FIRST, Token.LAST)
    nullOrdering = kind === Token.FIRST ? 'FIRST' : 'LAST'
  }
  const ordering = descending ? 'DESCENDING' : 'ASCENDING'
  return { kind: 'sortItem', location, sortKey, ordering, nullOrdering }
}

/** `PARTITION BY expression, …`, or nothing. */
export function parsePartitionBy(cursor: TokenCursor): Expression[] {
  if (!cursor.acceptSequence(Token.PARTITION, Token.BY)) return []
  return cursor.list(cursor.rules.expression)
}

/** `name AS (specification)` of the WINDOW clause. */
export function parseWindowDefinition(cursor: TokenCursor): WindowDefinition {
  const location = cursor.location(cursor.index)
  const name = cursor.identifier()
  cursor.expect(Token.AS)
  return { kind: 'windowDefinition', location, name, window: parseWindowInParentheses(cursor) }
}

/** Tells whether `OVER` at a distance starts a window rather than being an alias. */
export function startsOver(cursor: TokenCursor, distance = 0): boolean {
  if (cursor.peek(distance) !== Token.OVER) return false
  const next = cursor.peek(distance + 1)
  if (next === Token.LEFT_PAREN) return true
  if (!isIdentifierKind(next)) return false
  return !startsTrailingClause(cursor, distance + 1)
}

/**
 * Tells whether the word at a distance, which could be an identifier, begins the clause LIMIT,
 * OFFSET, FETCH or WINDOW.
 */
export function startsTrailingClause(cursor: TokenCursor, distance: number): boolean {
  const next = cursor.peek(distance + 1)
  switch (cursor.peek(distance)) {
    case Token.LIMIT:
      return next === Token.INTEGER_VALUE || next === Token.QUESTION_MARK || next === Token.ALL
    case Token.OFFSET:
      return next === Token.INTEGER_VALUE || next === Token.QUESTION_MARK
    case Token.FETCH:
      return next === Token.FIRST || next === Token.NEXT
    case Token.WINDOW:
      return isIdentifierKind(next) && cursor.peek(distance + 2) === Token.AS
    default:
      return false
  }
}

/** `OVER name` or `OVER (specification)`. */
export function parseOver(cursor: TokenCursor): Window {
  const start = cursor.expect(Token.OVER)
  if (cursor.at(Token.LEFT_PAREN)) return parseWindowInParentheses(cursor)
  const name = cursor.identifier()
  return { kind: 'windowReference', location: cursor.location(start), name }
}

function parseWindowInParentheses(cursor: TokenCursor): WindowSpecification {
  cursor.expect(Token.LEFT_PAREN)
  const location = cursor.location(cursor.index)
  const existing = startsWindowName(cursor) ? { existingWindowName: cursor.identifier() } : {}
  const partitionBy = parsePartitionBy(cursor)
  const orderBy = optionalOrderBy(cursor)
  const frame = cursor.at(Token.RIGHT_PAREN) ? {} : { frame: parseWindowFrame(cursor) }
  cursor.expect(Token.RIGHT_PAREN)
  return {
    kind: 'windowSpecification',
    location,
    ...existing,
    partitionBy,
    ...orderBy,
    ...frame,
  }
}

/** PARTITION, ROWS, RANGE, GROUPS and MEASURES may be names of windows, too. */
function startsWindowName(cursor: TokenCursor): boolean {
  if (!cursor.atIdentifier) return false
  const next = cursor.peek(1)
  if (cursor.at(Token.PARTITION)) return next !== Token.BY
  if (!startsFrame(cursor.kind)) return true
  if (next === Token.RIGHT_PAREN || next === Token.ORDER || startsFrame(next)) return true
  return next === Token.PARTITION && cursor.peek(2) === Token.BY
}

function startsFrame(kind: TokenKind): boolean {
  return (
    kind === Token.ROWS || kind === Token.RANGE || kind === Token.GROUPS || kind === Token.MEASURES
  )
}

function parseWindowFrame(cursor: TokenCursor): WindowFrame {
  const location = cursor.location(cursor.index)
  const measures: MeasureDefinition[] = parseMeasures(cursor)
  const type = FRAME_TYPES.get(cursor.kind)
  if (type === undefined) cursor.fail(...FRAME_TYPES.keys())
  cursor.advance()
  const between = cursor.accept(Token.BETWEEN)
  const start = parseFrameBound(cursor)
  if (between) cursor.expect(Token.AND)
  const end = between ? { end: parseFrameBound(cursor) } : {}
  const { subsets, variableDefinitions, ...clauses } = parseMatchClauses(cursor)
  return {
    kind: 'windowFrame',
    location,
    type,
    start,
    ...end,
    measures,
    ...clauses,
    subsets,
    variableDefinitions,
  }
}

const FRAME_TYPES: ReadonlyMap<TokenKind, WindowFrame['type']> = new Map([
  [Token.RANGE, 'RANGE'],
  [Token.ROWS, 'ROWS'],
  [Token.GROUPS, 'GROUPS'],
])

function parseFrameBound(cursor: TokenCursor): FrameBound {
  const location = cursor.location(cursor.index)
  const next = cursor.peek(1)
  if (cursor.at(Token.UNBOUNDED) && (next === Token.PRECEDING || next === Token.FOLLOWING)) {
    cursor.index += 2
    const type = next === Token.PRECEDING ? 'UNBOUNDED PRECEDING' : 'UNBOUNDED FOLLOWING'
    return { kind: 'frameBound', location, type }
  }
  if (cursor.acceptSequence(Token.CURRENT, Token.ROW)) {
    return { kind: 'frameBound', location, type: 'CURRENT ROW' }
  }
  const value = cursor.rules.expression(cursor)
  const kind = cursor.expectOneOf(Token.PRECEDING, Token.FOLLOWING)
  const type = kind === Token.PRECEDING ? 'PRECEDING' : 'FOLLOWING'
  return { kind: 'frameBound', location, type, value }
}
