import type {
  Identifier,
  Join,
  JoinCriteria,
  QueryPeriod,
  Relation,
  RowsPerMatch,
  Table,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { parseJsonTable } from './json-table.js'
import { parseString } from './literal.js'
import { parseColumnAliases, parseQualifiedName } from './name.js'
import { parseMatchClauses, parseMeasures } from './row-pattern.js'
import { parseTableFunction } from './table-function.js'
import { isIdentifierKind, isStringKind, Token, type TokenKind } from './token.js'
import { optionalOrderBy, parsePartitionBy, startsTrailingClause } from './window.js'

const JOIN_TYPES: ReadonlyMap<TokenKind, Join['type']> = new Map([
  [Token.JOIN, 'INNER'],
  [Token.INNER, 'INNER'],
  [Token.LEFT, 'LEFT'],
  [Token.RIGHT, 'RIGHT'],
  [Token.FULL, 'FULL'],
])

/** `relation`: joins of sampled relations, left-associative. */
export function parseRelation(cursor: TokenCursor): Relation {
  cursor.enter()
  const location = cursor.location(cursor.index)
  let left = parseSampledRelation(cursor)
  for (;;) {
    if (cursor.accept(Token.CROSS)) {
      cursor.expect(Token.JOIN)
      const right = parseSampledRelation(cursor)
      left = { kind: 'join', location, type: 'CROSS', left, right }
    } else if (cursor.accept(Token.NATURAL)) {
      const type = parseJoinType(cursor)
      const right = parseSampledRelation(cursor)
      left = { kind: 'join', location, type, left, right, criteria: { kind: 'naturalJoin' } }
    } else if (JOIN_TYPES.has(cursor.kind)) {
      const type = parseJoinType(cursor)
      // the right side takes the joins before its ON: a JOIN b JOIN c ON … ON …
      const right = parseRelation(cursor)
      left = { kind: 'join', location, type, left, right, criteria: parseJoinCriteria(cursor) }
    } else {
      break
    }
  }
  cursor.leave()
  return left
}

function parseJoinType(cursor: TokenCursor): Join['type'] {
  const type = JOIN_TYPES.get(cursor.kind)
  if (type === undefined) cursor.fail(...JOIN_TYPES.keys())
  if (cursor.accept(Token.JOIN)) return type
  cursor.advance()
  if (type !== 'INNER') cursor.accept(Token.OUTER)
  cursor.expect(Token.JOIN)
  return type
}

function parseJoinCriteria(cursor: TokenCursor): JoinCriteria {
  if (cursor.expectOneOf(Token.ON, Token.USING) === Token.USING) {
    return { kind: 'joinUsing', columns: parseColumnAliases(cursor) }
  }
  return { kind: 'joinOn', expression: cursor.rules.expression(cursor) }
}

function parseSampledRelation(cursor: TokenCursor): Relation {
  const location = cursor.location(cursor.index)
  const relation = parsePatternRecognition(cursor)
  if (!cursor.accept(Token.TABLESAMPLE)) return relation
  const bernoulli = cursor.expectOneOf(Token.BERNOULLI, Token.SYSTEM) === Token.BERNOULLI
  cursor.expect(Token.LEFT_PAREN)
  const samplePercentage = cursor.rules.expression(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  const type = bernoulli ? 'BERNOULLI' : 'SYSTEM'
  return { kind: 'sampledRelation', location, relation, type, samplePercentage }
}

/** A relation, aliased or not, with an optional MATCH_RECOGNIZE. */
function parsePatternRecognition(cursor: TokenCursor): Relation {
  const start = cursor.index
  const location = cursor.location(start)
  const input = parseAlias(cursor, start, parseRelationPrimary(cursor))
  if (!cursor.atSequence(Token.MATCH_RECOGNIZE, Token.LEFT_PAREN)) return input
  cursor.index += 2
  const partitionBy = parsePartitionBy(cursor)
  const orderBy = optionalOrderBy(cursor)
  const measures = parseMeasures(cursor)
  const rowsPerMatch = parseRowsPerMatch(cursor)
  const { pattern, ...clauses } = parseMatchClauses(cursor)
  if (pattern === undefined) cursor.fail(Token.PATTERN)
  if (clauses.variableDefinitions.length === 0) cursor.fail(Token.DEFINE)
  cursor.expect(Token.RIGHT_PAREN)
  return parseAlias(cursor, start, {
    kind: 'patternRecognitionRelation',
    location,
    input,
    partitionBy,
    ...orderBy,
    measures,
    ...(rowsPerMatch === undefined ? {} : { rowsPerMatch }),
    ...clauses,
    pattern,
  })
}

function parseRowsPerMatch(cursor: TokenCursor): RowsPerMatch | undefined {
  if (cursor.accept(Token.ONE)) {
    cursor.expect(Token.ROW)
    cursor.expect(Token.PER)
    cursor.expect(Token.MATCH)
    return 'ONE'
  }
  if (!cursor.accept(Token.ALL)) return undefined
  cursor.expect(Token.ROWS)
  cursor.expect(Token.PER)
  cursor.expect(Token.MATCH)
  if (cursor.accept(Token.WITH)) {
    cursor.expect(Token.UNMATCHED)
    cursor.expect(Token.ROWS)
    return 'ALL_WITH_UNMATCHED'
  }
  const omit = cursor.accept(Token.OMIT)
  if (omit || cursor.accept(Token.SHOW)) {
    cursor.expect(Token.EMPTY)
    cursor.expect(Token.MATCHES)
  }
  return omit ? 'ALL_OMIT_EMPTY' : 'ALL_SHOW_EMPTY'
}

/** `[AS] name [(column, …)]` around a relation that starts at a token, if it follows. */
function parseAlias(cursor: TokenCursor, startIndex: number, relation: Relation): Relation {
  const named = cursor.accept(Token.AS)
  if (!named && !startsAlias(cursor)) return relation
  const location = cursor.location(startIndex)
  const alias: Identifier = cursor.identifier()
  const columnNames = cursor.at(Token.LEFT_PAREN) ? { columnNames: parseColumnAliases(cursor) } : {}
  return { kind: 'aliasedRelation', location, relation, alias, ...columnNames }
}

/** Words that begin a clause may be aliases, too. */
function startsAlias(cursor: TokenCursor): boolean {
  if (!cursor.atIdentifier) return false
  const next = cursor.peek(1)
  switch (cursor.kind) {
    case Token.TABLESAMPLE:
      return next !== Token.BERNOULLI && next !== Token.SYSTEM
    case Token.MATCH_RECOGNIZE:
      return next !== Token.LEFT_PAREN || listsColumns(cursor, 2)
    default:
      return !startsTrailingClause(cursor, 0)
  }
}

/** Tells whether `name,` or `name)` is at a distance. */
function listsColumns(cursor: TokenCursor, distance: number): boolean {
  const next = cursor.peek(distance + 1)
  return (
    isIdentifierKind(cursor.peek(distance)) && (next === Token.COMMA || next === Token.RIGHT_PAREN)
  )
}

function parseRelationPrimary(cursor: TokenCursor): Relation {
  const start = cursor.index
  const location = cursor.location(start)
  switch (cursor.kind) {
    case Token.LEFT_PAREN:
      return parseParenthesizedRelation(cursor)
    case Token.UNNEST: {
      cursor.advance()
      const expressions = cursor.parenthesizedList(cursor.rules.expression)
      const withOrdinality = cursor.accept(Token.WITH)
      if (withOrdinality) cursor.expect(Token.ORDINALITY)
      return { kind: 'unnest', location, expressions, withOrdinality }
    }
    case Token.LATERAL: {
      if (cursor.peek(1) !== Token.LEFT_PAREN || listsColumns(cursor, 2)) break
      cursor.index += 2
      const query = cursor.rules.query(cursor)
      cursor.expect(Token.RIGHT_PAREN)
      return { kind: 'lateral', location, query }
    }
    case Token.TABLE:
      return parseTableFunction(cursor)
    case Token.JSON_TABLE:
      return parseJsonTable(cursor)
  }
  if (isStringKind(cursor.kind) && isPath(cursor)) return parseFileTable(cursor)
  const name = parseQualifiedName(cursor)
  const period = cursor.at(Token.FOR) ? { queryPeriod: parseQueryPeriod(cursor) } : {}
  return { kind: 'table', location, name, ...period }
}

/** Other texts are no file that could be read, and an error in Trino's place. */
const isPath = (cursor: TokenCursor): boolean => /[./*]/.test(cursor.textAt(cursor.index))

/** `'path'`: files as a table, an extension. Its columns can be named by the file's name without its endings. */
function parseFileTable(cursor: TokenCursor): Table {
  const location = cursor.location(cursor.index)
  const index = cursor.index
  const path = parseString(cursor).value
  cursor.notePath(index)
  const file = path.slice(path.lastIndexOf('/') + 1)
  const value = file.split('.').find((part) => part !== '') ?? path
  const name: Identifier = { kind: 'identifier', location, value, delimited: true }
  return {
    kind: 'table',
    location,
    name: { kind: 'qualifiedName', location, parts: [name] },
    path,
  }
}

/** A query or a relation in parentheses; those of a relation leave no trace. */
function parseParenthesizedRelation(cursor: TokenCursor): Relation {
  const start = cursor.index
  const isQuery = cursor.parenthesizedQuery(start) !== 'none'
  cursor.expect(Token.LEFT_PAREN)
  if (isQuery) {
    const query = cursor.rules.query(cursor)
    cursor.expect(Token.RIGHT_PAREN)
    return { kind: 'tableSubquery', location: cursor.location(start), query }
  }
  const relation = parseRelation(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return relation
}

/** `FOR VERSION AS OF end`, `FOR TIMESTAMP AS OF end`. */
function parseQueryPeriod(cursor: TokenCursor): QueryPeriod {
  const location = cursor.location(cursor.expect(Token.FOR))
  const kind = cursor.expectOneOf(Token.TIMESTAMP, Token.VERSION)
  cursor.expect(Token.AS)
  cursor.expect(Token.OF)
  const rangeType = kind === Token.TIMESTAMP ? 'TIMESTAMP' : 'VERSION'
  return { kind: 'queryPeriod', location, rangeType, end: cursor.rules.valueExpression(cursor) }
}
