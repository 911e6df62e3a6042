import type {
  Corresponding,
  Expression,
  FetchFirst,
  GroupBy,
  GroupingElement,
  GroupingSets,
  Identifier,
  Limit,
  NodeLocation,
  Offset,
  OrderBy,
  Query,
  QueryBody,
  QuerySpecification,
  Relation,
  SelectItem,
  With,
  WithQuery,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { parseSetQuantifier } from './function-call.js'
import { parseRowCount } from './literal.js'
import { parseColumnAliases, parseQualifiedName } from './name.js'
import { parseRelation } from './relation.js'
import { Token, type TokenKind } from './token.js'
import { optionalOrderBy, parseWindowDefinition, startsTrailingClause } from './window.js'

/** `rootQuery`: a query that may start with inline functions. */
export function parseRootQuery(cursor: TokenCursor): Query {
  if (!cursor.atSequence(Token.WITH, Token.FUNCTION) || startsNamedQuery(cursor, 1)) {
    return parseQuery(cursor)
  }
  const start = cursor.advance()
  const functions = cursor.list(cursor.rules.functionSpecification)
  const query = parseQuery(cursor)
  const span = cursor.spanFrom(start)
  return { ...query, location: cursor.location(start), span, functions }
}

/** A named query may have the name FUNCTION or SESSION. */
export function startsNamedQuery(cursor: TokenCursor, distance: number): boolean {
  const next = cursor.peek(distance + 1)
  return next === Token.AS || next === Token.LEFT_PAREN
}

/** `query`: `[WITH …] body [ORDER BY …] [OFFSET …] [LIMIT … | FETCH …]`. */
export function parseQuery(cursor: TokenCursor): Query {
  cursor.enter()
  const start = cursor.index
  const withClause = cursor.at(Token.WITH) ? parseWith(cursor) : undefined
  const query = parseQueryNoWith(cursor)
  cursor.leave()
  if (withClause === undefined) return query
  const location = cursor.location(start)
  return { ...query, location, span: cursor.spanFrom(start), with: withClause }
}

function parseWith(cursor: TokenCursor): With {
  const location = cursor.location(cursor.expect(Token.WITH))
  const recursive = cursor.accept(Token.RECURSIVE)
  return { kind: 'with', location, recursive, queries: cursor.list(parseNamedQuery) }
}

function parseNamedQuery(cursor: TokenCursor): WithQuery {
  const location = cursor.location(cursor.index)
  const name = cursor.identifier()
  const columnNames = cursor.at(Token.LEFT_PAREN) ? { columnNames: parseColumnAliases(cursor) } : {}
  cursor.expect(Token.AS)
  cursor.expect(Token.LEFT_PAREN)
  const query = parseQuery(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return { kind: 'withQuery', location, name, query, ...columnNames }
}

interface Trailing {
  readonly orderBy?: OrderBy
  readonly offset?: Offset
  readonly limit?: Limit | FetchFirst
}

function parseQueryNoWith(cursor: TokenCursor): Query {
  const start = cursor.index
  const location = cursor.location(start)
  const body = parseUnions(cursor)
  const trailing: Trailing = {
    ...optionalOrderBy(cursor),
    ...parseOffset(cursor),
    ...parseLimit(cursor),
  }
  const rest = {
    kind: 'query',
    location,
    span: cursor.spanFrom(start),
    sessionProperties: [],
    functions: [],
  } as const
  // ordering and limit of a plain SELECT are its own, so that they see its columns
  if (body.kind === 'querySpecification') return { ...rest, queryBody: { ...body, ...trailing } }
  return { ...rest, queryBody: body, ...trailing }
}

function parseOffset(cursor: TokenCursor): { offset?: Offset } {
  if (!cursor.at(Token.OFFSET)) return {}
  const location = cursor.location(cursor.advance())
  const rowCount = parseRowCount(cursor)
  if (!cursor.accept(Token.ROW)) cursor.accept(Token.ROWS)
  return { offset: { kind: 'offset', location, rowCount } }
}

function parseLimit(cursor: TokenCursor): { limit?: Limit | FetchFirst } {
  const location = cursor.location(cursor.index)
  if (cursor.accept(Token.LIMIT)) {
    if (cursor.accept(Token.ALL)) return { limit: { kind: 'limit', location } }
    return { limit: { kind: 'limit', location, rowCount: parseRowCount(cursor) } }
  }
  if (!cursor.accept(Token.FETCH)) return {}
  cursor.expectOneOf(Token.FIRST, Token.NEXT)
  const counted = cursor.at(Token.INTEGER_VALUE) || cursor.at(Token.QUESTION_MARK)
  const rowCount = counted ? { rowCount: parseRowCount(cursor) } : {}
  cursor.expectOneOf(Token.ROW, Token.ROWS)
  const withTies = cursor.expectOneOf(Token.ONLY, Token.WITH) === Token.WITH
  if (withTies) cursor.expect(Token.TIES)
  return { limit: { kind: 'fetchFirst', location, ...rowCount, withTies } }
}

/** UNION and EXCEPT, left-associative, over INTERSECT. */
function parseUnions(cursor: TokenCursor): QueryBody {
  let left = parseIntersections(cursor)
  while (cursor.at(Token.UNION) || cursor.at(Token.EXCEPT)) {
    left = parseSetOperation(cursor, left, parseIntersections)
  }
  return left
}

function parseIntersections(cursor: TokenCursor): QueryBody {
  let left = parseQueryPrimary(cursor)
  while (cursor.at(Token.INTERSECT)) left = parseSetOperation(cursor, left, parseQueryPrimary)
  return left
}

/** The operator at the cursor and its right side. Located at the operator. */
function parseSetOperation(
  cursor: TokenCursor,
  left: QueryBody,
  parseRight: (cursor: TokenCursor) => QueryBody,
): QueryBody {
  const start = cursor.advance()
  const location = cursor.location(start)
  const distinct = cursor.accept(Token.DISTINCT) || !cursor.accept(Token.ALL)
  const corresponding = cursor.at(Token.CORRESPONDING)
    ? { corresponding: parseCorresponding(cursor) }
    : {}
  const right = parseRight(cursor)
  switch (cursor.kindAt(start)) {
    case Token.EXCEPT:
      return { kind: 'except', location, left, right, distinct, ...corresponding }
    case Token.UNION:
      return { kind: 'union', location, relations: [left, right], distinct, ...corresponding }
    default:
      return { kind: 'intersect', location, relations: [left, right], distinct, ...corresponding }
  }
}

function parseCorresponding(cursor: TokenCursor): Corresponding {
  const location = cursor.location(cursor.expect(Token.CORRESPONDING))
  const columns: Identifier[] = cursor.accept(Token.BY) ? parseColumnAliases(cursor) : []
  return { kind: 'corresponding', location, columns }
}

function parseQueryPrimary(cursor: TokenCursor): QueryBody {
  const location = cursor.location(cursor.index)
  switch (cursor.kind) {
    case Token.SELECT:
      return parseQuerySpecification(cursor)
    case Token.TABLE:
      cursor.advance()
      return { kind: 'table', location, name: parseQualifiedName(cursor) }
    case Token.VALUES:
      cursor.advance()
      return { kind: 'values', location, rows: cursor.list(cursor.rules.expression) }
    case Token.LEFT_PAREN: {
      cursor.advance()
      const query = cursor.nested(parseQueryNoWith)
      cursor.expect(Token.RIGHT_PAREN)
      return { kind: 'tableSubquery', location, query }
    }
    default:
      return cursor.fail(Token.LEFT_PAREN, Token.SELECT, Token.TABLE, Token.VALUES)
  }
}

function parseQuerySpecification(cursor: TokenCursor): QuerySpecification {
  const location = cursor.location(cursor.expect(Token.SELECT))
  const distinct = parseSetQuantifier(cursor, Token.ASTERISK) === true
  const selectItems = cursor.list(parseSelectItem)
  const from = cursor.accept(Token.FROM) ? { from: parseRelations(cursor, location) } : {}
  const where = cursor.accept(Token.WHERE) ? { where: cursor.rules.expression(cursor) } : {}
  const groupBy = cursor.at(Token.GROUP) ? { groupBy: parseGroupBy(cursor) } : {}
  const having = cursor.accept(Token.HAVING) ? { having: cursor.rules.expression(cursor) } : {}
  const windows = cursor.accept(Token.WINDOW) ? cursor.list(parseWindowDefinition) : []
  return {
    kind: 'querySpecification',
    location,
    select: { kind: 'select', location, distinct, selectItems },
    ...from,
    ...where,
    ...groupBy,
    ...having,
    windows,
  }
}

/** The relations of a FROM clause; commas make implicit joins, located at the SELECT. */
function parseRelations(cursor: TokenCursor, location: NodeLocation): Relation {
  let left = parseRelation(cursor)
  while (cursor.accept(Token.COMMA)) {
    left = { kind: 'join', location, type: 'IMPLICIT', left, right: parseRelation(cursor) }
  }
  return left
}

function parseSelectItem(cursor: TokenCursor): SelectItem {
  const start = cursor.index
  const location = cursor.location(start)
  if (cursor.accept(Token.ASTERISK)) return { kind: 'allColumns', location, aliases: [] }
  const expression = cursor.rules.expression(cursor)
  if (cursor.atSequence(Token.PERIOD_SIGN, Token.ASTERISK)) {
    // only a primary expression may stand before `.*`
    const isPrimary =
      cursor.qualifiedStarStart === start && cursor.qualifiedStarEnd === cursor.index
    if (!isPrimary) cursor.fail()
    cursor.index += 2
    const aliases = cursor.accept(Token.AS) ? parseColumnAliases(cursor) : []
    return { kind: 'allColumns', location, target: expression, aliases }
  }
  const alias = parseColumnAlias(cursor)
  return { kind: 'singleColumn', location, expression, ...alias }
}

function parseColumnAlias(cursor: TokenCursor): { alias?: Identifier } {
  if (cursor.accept(Token.AS)) return { alias: cursor.identifier() }
  if (!cursor.atIdentifier || startsTrailingClause(cursor, 0)) return {}
  return { alias: cursor.identifier() }
}

function parseGroupBy(cursor: TokenCursor): GroupBy {
  cursor.expect(Token.GROUP)
  cursor.expect(Token.BY)
  const location = cursor.location(cursor.index)
  const distinct = parseGroupByQuantifier(cursor)
  const groupingElements = cursor.list(parseGroupingElement)
  return { kind: 'groupBy', location, distinct, groupingElements }
}

const GROUPING_TYPES: ReadonlyMap<TokenKind, GroupingSets['type']> = new Map([
  [Token.ROLLUP, 'ROLLUP'],
  [Token.CUBE, 'CUBE'],
  [Token.GROUPING, 'EXPLICIT'],
])

/** A call of a function named `all` without arguments is none here: the parentheses are the empty set. */
function parseGroupByQuantifier(cursor: TokenCursor): boolean {
  const isEmptySet =
    cursor.at(Token.ALL) &&
    cursor.peek(1) === Token.LEFT_PAREN &&
    cursor.peek(2) === Token.RIGHT_PAREN
  if (!isEmptySet) return parseSetQuantifier(cursor, Token.AUTO, Token.CUBE, Token.ROLLUP) === true
  cursor.advance()
  return false
}
function parseGroupingElement(cursor: TokenCursor): GroupingElement {
  const location = cursor.location(cursor.index)
  if (cursor.accept(Token.AUTO)) return { kind: 'autoGroupBy', location }
  const type = GROUPING_TYPES.get(cursor.kind)
  // GROUPING(a) is an expression
  if (type === undefined || (type === 'EXPLICIT' && cursor.peek(1) === Token.LEFT_PAREN)) {
    return { kind: 'simpleGroupBy', location, columns: parseGroupingSet(cursor) }
  }
  cursor.advance()
  if (type === 'EXPLICIT') cursor.expect(Token.SETS)
  cursor.expect(Token.LEFT_PAREN)
  const empty = type !== 'EXPLICIT' && cursor.at(Token.RIGHT_PAREN)
  const sets = empty ? [] : cursor.list(parseGroupingSet)
  cursor.expect(Token.RIGHT_PAREN)
  return { kind: 'groupingSets', location, type, sets }
}

/** `(a, b)`, `()` or an expression. */
function parseGroupingSet(cursor: TokenCursor): Expression[] {
  if (!startsGroupingSet(cursor)) return [cursor.rules.expression(cursor)]
  cursor.expect(Token.LEFT_PAREN)
  const columns = cursor.at(Token.RIGHT_PAREN) ? [] : cursor.list(cursor.rules.expression)
  cursor.expect(Token.RIGHT_PAREN)
  return columns
}

/** Tells whether the parenthesis here holds a set rather than the start of an expression. */
function startsGroupingSet(cursor: TokenCursor): boolean {
  if (!cursor.at(Token.LEFT_PAREN)) return false
  const content = cursor.parenthesizedQuery(cursor.index)
  if (content === 'with' || content === 'continued') return false
  if (content === 'query' && cursor.peek(1) !== Token.LEFT_PAREN) return false
  const closer = cursor.closerOf(cursor.index)
  if (closer < 0) return true
  return !CONTINUES_EXPRESSION.has(cursor.kindAt(closer + 1))
}

const CONTINUES_EXPRESSION: ReadonlySet<TokenKind> = new Set([
  Token.PERIOD_SIGN,
  Token.LEFT_BRACKET,
  Token.ARROW,
  Token.AT,
  Token.PLUS,
  Token.MINUS,
  Token.ASTERISK,
  Token.SLASH,
  Token.PERCENT,
  Token.CONCAT,
  Token.EQ,
  Token.NEQ,
  Token.LT,
  Token.LTE,
  Token.GT,
  Token.GTE,
  Token.NOT,
  Token.BETWEEN,
  Token.IN,
  Token.LIKE,
  Token.IS,
  Token.AND,
  Token.OR,
])
