import type {
  ExplainOption,
  Identifier,
  NodeLocation,
  ShowCreate,
  Statement,
} from '../ast/index.js'
import type { TokenCursor } from '../cursor.js'
import { endOfQualifiedName } from '../function-call.js'
import { parseString } from '../literal.js'
import { parseQualifiedName } from '../name.js'
import { isIdentifierKind, Token, type TokenKind } from '../token.js'
import { parseGrantObject } from './security.js'

const SHOW_KINDS: readonly TokenKind[] = [
  Token.CATALOGS,
  Token.COLUMNS,
  Token.CREATE,
  Token.CURRENT,
  Token.FUNCTIONS,
  Token.GRANTS,
  Token.ROLE,
  Token.ROLES,
  Token.SCHEMAS,
  Token.SESSION,
  Token.STATS,
  Token.TABLES,
]

/** SHOW in all its forms. */
export function parseShow(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.SHOW))
  switch (cursor.expectOneOf(...SHOW_KINDS)) {
    case Token.CATALOGS:
      return { kind: 'showCatalogs', location, ...parseLike(cursor) }
    case Token.COLUMNS: {
      cursor.expectOneOf(Token.FROM, Token.IN)
      const table = parseQualifiedName(cursor)
      return { kind: 'showColumns', location, table, ...parseLike(cursor) }
    }
    case Token.CREATE:
      return parseShowCreate(cursor, location)
    case Token.CURRENT:
      cursor.expect(Token.ROLES)
      return { kind: 'showRoles', location, ...parseCatalog(cursor), current: true }
    case Token.FUNCTIONS:
      return { kind: 'showFunctions', location, ...parseSchema(cursor), ...parseLike(cursor) }
    case Token.GRANTS: {
      const object = cursor.accept(Token.ON)
        ? { grantObject: parseGrantObject(cursor, location) }
        : {}
      return { kind: 'showGrants', location, ...object }
    }
    case Token.ROLE:
      cursor.expect(Token.GRANTS)
      return { kind: 'showRoleGrants', location, ...parseCatalog(cursor) }
    case Token.ROLES:
      return { kind: 'showRoles', location, ...parseCatalog(cursor), current: false }
    case Token.SCHEMAS:
      return { kind: 'showSchemas', location, ...parseCatalog(cursor), ...parseLike(cursor) }
    case Token.SESSION:
      return { kind: 'showSession', location, ...parseLike(cursor) }
    case Token.STATS:
      return parseShowStats(cursor, location)
    default:
      return { kind: 'showTables', location, ...parseSchema(cursor), ...parseLike(cursor) }
  }
}

const SHOW_CREATE_TYPES: ReadonlyMap<TokenKind, ShowCreate['type']> = new Map([
  [Token.TABLE, 'TABLE'],
  [Token.SCHEMA, 'SCHEMA'],
  [Token.VIEW, 'VIEW'],
  [Token.MATERIALIZED, 'MATERIALIZED VIEW'],
  [Token.FUNCTION, 'FUNCTION'],
])

function parseShowCreate(cursor: TokenCursor, location: NodeLocation): Statement {
  const type = SHOW_CREATE_TYPES.get(cursor.kind)
  if (type === undefined) cursor.fail(...SHOW_CREATE_TYPES.keys())
  if (cursor.accept(Token.MATERIALIZED)) cursor.expect(Token.VIEW)
  else cursor.advance()
  return { kind: 'showCreate', location, type, name: parseQualifiedName(cursor) }
}

function parseShowStats(cursor: TokenCursor, location: NodeLocation): Statement {
  cursor.expect(Token.FOR)
  const start = cursor.location(cursor.index)
  if (!cursor.accept(Token.LEFT_PAREN)) {
    const name = parseQualifiedName(cursor)
    return { kind: 'showStats', location, relation: { kind: 'table', location: start, name } }
  }
  const query = cursor.rules.rootQuery(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  const relation = { kind: 'tableSubquery', location: start, query } as const
  return { kind: 'showStats', location, relation }
}

/** `FROM | IN catalog`, or nothing. */
function parseCatalog(cursor: TokenCursor): { catalog?: Identifier } {
  const given = cursor.accept(Token.FROM) || cursor.accept(Token.IN)
  return given ? { catalog: cursor.identifier() } : {}
}

/** `FROM | IN schema`, or nothing. */
function parseSchema(cursor: TokenCursor) {
  const given = cursor.accept(Token.FROM) || cursor.accept(Token.IN)
  return given ? { schema: parseQualifiedName(cursor) } : {}
}

/** `LIKE 'pattern' [ESCAPE 'character']`, or nothing. */
function parseLike(cursor: TokenCursor): { likePattern?: string; escape?: string } {
  if (!cursor.accept(Token.LIKE)) return {}
  const likePattern = parseString(cursor).value
  if (!cursor.accept(Token.ESCAPE)) return { likePattern }
  return { likePattern, escape: parseString(cursor).value }
}

/** DESCRIBE of a table or of a prepared statement, and DESC. */
export function parseDescribe(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.index)
  const full = cursor.expectOneOf(Token.DESCRIBE, Token.DESC) === Token.DESCRIBE
  // INPUT and OUTPUT may be names of tables
  if (full && isIdentifierKind(cursor.peek(1))) {
    if (cursor.accept(Token.INPUT)) {
      return { kind: 'describeInput', location, name: cursor.identifier() }
    }
    if (cursor.accept(Token.OUTPUT)) {
      return { kind: 'describeOutput', location, name: cursor.identifier() }
    }
  }
  return { kind: 'showColumns', location, table: parseQualifiedName(cursor) }
}

/** `EXPLAIN [(option, …)] statement`, `EXPLAIN ANALYZE [VERBOSE] statement`. */
export function parseExplain(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.EXPLAIN))
  if (cursor.at(Token.ANALYZE) && !analyzesTable(cursor)) {
    cursor.advance()
    const verbose = cursor.accept(Token.VERBOSE)
    const statement = cursor.nested(cursor.rules.statement)
    return { kind: 'explainAnalyze', location, statement, verbose }
  }
  const next = cursor.peek(1)
  const hasOptions = cursor.at(Token.LEFT_PAREN) && (next === Token.FORMAT || next === Token.TYPE)
  const options = hasOptions ? cursor.parenthesizedList(parseExplainOption) : []
  return { kind: 'explain', location, statement: cursor.nested(cursor.rules.statement), options }
}

/** `ANALYZE name [WITH (…)]` is a statement itself, which EXPLAIN may explain. */
function analyzesTable(cursor: TokenCursor): boolean {
  if (!isIdentifierKind(cursor.peek(1))) return false
  const end = endOfQualifiedName(cursor, cursor.index + 1)
  const next = cursor.kindAt(end)
  if (next === Token.WITH) return cursor.kindAt(end + 1) === Token.LEFT_PAREN
  return next === Token.EOF
}

function parseExplainOption(cursor: TokenCursor): ExplainOption {
  const location = cursor.location(cursor.index)
  if (cursor.expectOneOf(Token.FORMAT, Token.TYPE) === Token.FORMAT) {
    switch (cursor.expectOneOf(Token.GRAPHVIZ, Token.JSON, Token.TEXT)) {
      case Token.GRAPHVIZ:
        return { kind: 'explainFormat', location, format: 'GRAPHVIZ' }
      case Token.JSON:
        return { kind: 'explainFormat', location, format: 'JSON' }
      default:
        return { kind: 'explainFormat', location, format: 'TEXT' }
    }
  }
  const types = [Token.DISTRIBUTED, Token.IO, Token.LOGICAL, Token.VALIDATE]
  switch (cursor.expectOneOf(...types)) {
    case Token.DISTRIBUTED:
      return { kind: 'explainType', location, type: 'DISTRIBUTED' }
    case Token.IO:
      return { kind: 'explainType', location, type: 'IO' }
    case Token.LOGICAL:
      return { kind: 'explainType', location, type: 'LOGICAL' }
    default:
      return { kind: 'explainType', location, type: 'VALIDATE' }
  }
}
