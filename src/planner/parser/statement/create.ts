import type {
  ColumnDefinition,
  CreateTable,
  CreateTableAsSelect,
  LikeClause,
  Property,
  Query,
  SaveMode,
  Statement,
  TableElement,
} from '../ast/index.js'
import type { TokenCursor } from '../cursor.js'
import { parseIntervalLiteral, parseString } from '../literal.js'
import {
  parseColumnAliases,
  parseGrantor,
  parsePrincipal,
  parseQualifiedName,
  parseWithProperties,
} from '../name.js'
import { isIdentifierKind, Token } from '../token.js'

/** CREATE in all its forms. */
export function parseCreate(cursor: TokenCursor): Statement {
  const start = cursor.expect(Token.CREATE)
  const replace = cursor.accept(Token.OR)
  if (replace) {
    cursor.expect(Token.REPLACE)
    const kinds = [Token.TABLE, Token.MATERIALIZED, Token.VIEW, Token.FUNCTION]
    if (!kinds.includes(cursor.kind)) cursor.fail(...kinds)
  }
  switch (cursor.kind) {
    case Token.CATALOG:
      return parseCreateCatalog(cursor, start)
    case Token.SCHEMA:
      return parseCreateSchema(cursor, start)
    case Token.TABLE:
      return parseCreateTable(cursor, start, replace)
    case Token.VIEW:
      return parseCreateView(cursor, start, replace)
    case Token.MATERIALIZED:
      return parseCreateMaterializedView(cursor, start, replace)
    case Token.ROLE:
      return parseCreateRole(cursor, start)
    case Token.FUNCTION: {
      const specification = cursor.rules.functionSpecification(cursor)
      return { kind: 'createFunction', location: cursor.location(start), specification, replace }
    }
    default:
      return cursor.fail(
        Token.CATALOG,
        Token.FUNCTION,
        Token.MATERIALIZED,
        Token.OR,
        Token.ROLE,
        Token.SCHEMA,
        Token.TABLE,
        Token.VIEW,
      )
  }
}

/** `IF NOT EXISTS`, if it follows. */
export function parseIfNotExists(cursor: TokenCursor): boolean {
  if (!cursor.atSequence(Token.IF, Token.NOT)) return false
  cursor.index += 2
  cursor.expect(Token.EXISTS)
  return true
}

function parseCreateCatalog(cursor: TokenCursor, start: number): Statement {
  cursor.expect(Token.CATALOG)
  const notExists = parseIfNotExists(cursor)
  const name = cursor.identifier()
  cursor.expect(Token.USING)
  const connectorName = cursor.identifier()
  const comment = optionalComment(cursor)
  const principal = optionalAuthorization(cursor)
  const properties = parseWithProperties(cursor)
  return {
    kind: 'createCatalog',
    location: cursor.location(start),
    name,
    notExists,
    connectorName,
    ...comment,
    ...principal,
    properties,
  }
}

function parseCreateSchema(cursor: TokenCursor, start: number): Statement {
  cursor.expect(Token.SCHEMA)
  const notExists = parseIfNotExists(cursor)
  const name = parseQualifiedName(cursor)
  const principal = optionalAuthorization(cursor)
  const properties = parseWithProperties(cursor)
  const location = cursor.location(start)
  return { kind: 'createSchema', location, name, notExists, ...principal, properties }
}

/** `COMMENT 'text'`, or nothing. */
function optionalComment(cursor: TokenCursor): { comment?: string } {
  return cursor.accept(Token.COMMENT) ? { comment: parseString(cursor).value } : {}
}

function optionalAuthorization(cursor: TokenCursor) {
  return cursor.accept(Token.AUTHORIZATION) ? { principal: parsePrincipal(cursor) } : {}
}

function parseCreateTable(cursor: TokenCursor, start: number, replace: boolean): Statement {
  cursor.expect(Token.TABLE)
  const notExists = parseIfNotExists(cursor)
  if (replace && notExists) {
    const message = "'OR REPLACE' and 'IF NOT EXISTS' clauses can not be used together"
    cursor.complain(start, message)
  }
  const saveMode: SaveMode = replace ? 'REPLACE' : notExists ? 'IGNORE' : 'FAIL'
  const location = cursor.location(start)
  const name = parseQualifiedName(cursor)
  if (cursor.at(Token.LEFT_PAREN) && !startsColumnAliases(cursor)) {
    const elements = cursor.parenthesizedList(parseTableElement)
    const comment = optionalComment(cursor)
    const properties = parseWithProperties(cursor)
    const table: CreateTable = {
      kind: 'createTable',
      location,
      name,
      elements,
      saveMode,
      properties,
      ...comment,
    }
    return table
  }
  const columnAliases = cursor.at(Token.LEFT_PAREN)
    ? { columnAliases: parseColumnAliases(cursor) }
    : {}
  const comment = optionalComment(cursor)
  const properties: Property[] = parseWithProperties(cursor)
  cursor.expect(Token.AS)
  const query = parseTableQuery(cursor)
  const withData = parseWithData(cursor)
  const rest = { ...columnAliases, ...comment }
  const table: CreateTableAsSelect = {
    kind: 'createTableAsSelect',
    location,
    name,
    query,
    saveMode,
    properties,
    withData,
    ...rest,
  }
  return table
}

/** `(a, b)`, where `(a integer, b …)` has column definitions. */
function startsColumnAliases(cursor: TokenCursor): boolean {
  if (!isIdentifierKind(cursor.peek(1))) return false
  const next = cursor.peek(2)
  return next === Token.COMMA || next === Token.RIGHT_PAREN
}

/** A query, or one in parentheses that starts with WITH. */
function parseTableQuery(cursor: TokenCursor): Query {
  if (!cursor.atSequence(Token.LEFT_PAREN, Token.WITH)) return cursor.rules.rootQuery(cursor)
  cursor.expect(Token.LEFT_PAREN)
  const query = cursor.rules.rootQuery(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return query
}

function parseWithData(cursor: TokenCursor): boolean {
  if (!cursor.accept(Token.WITH)) return true
  const withData = !cursor.accept(Token.NO)
  cursor.expect(Token.DATA)
  return withData
}

function parseTableElement(cursor: TokenCursor): TableElement {
  return cursor.at(Token.LIKE) ? parseLikeClause(cursor) : parseColumnDefinition(cursor)
}

function parseLikeClause(cursor: TokenCursor): LikeClause {
  const location = cursor.location(cursor.expect(Token.LIKE))
  const tableName = parseQualifiedName(cursor)
  const including = cursor.accept(Token.INCLUDING)
  if (!including && !cursor.accept(Token.EXCLUDING)) {
    return { kind: 'likeClause', location, tableName }
  }
  cursor.expect(Token.PROPERTIES)
  const propertiesOption = including ? 'INCLUDING' : 'EXCLUDING'
  return { kind: 'likeClause', location, tableName, propertiesOption }
}

/** `name type [NOT NULL] [COMMENT …] [WITH …]`. */
export function parseColumnDefinition(cursor: TokenCursor): ColumnDefinition {
  const location = cursor.location(cursor.index)
  const name = parseQualifiedName(cursor)
  const type = cursor.rules.dataType(cursor)
  const nullable = !cursor.accept(Token.NOT)
  if (!nullable) cursor.expect(Token.NULL)
  const comment = optionalComment(cursor)
  const properties = parseWithProperties(cursor)
  return { kind: 'columnDefinition', location, name, type, nullable, properties, ...comment }
}

function parseCreateView(cursor: TokenCursor, start: number, replace: boolean): Statement {
  cursor.expect(Token.VIEW)
  const name = parseQualifiedName(cursor)
  const comment = optionalComment(cursor)
  let security: { security?: 'DEFINER' | 'INVOKER' } = {}
  if (cursor.accept(Token.SECURITY)) {
    const definer = cursor.expectOneOf(Token.DEFINER, Token.INVOKER) === Token.DEFINER
    security = { security: definer ? 'DEFINER' : 'INVOKER' }
  }
  const properties = parseWithProperties(cursor)
  cursor.expect(Token.AS)
  return {
    kind: 'createView',
    location: cursor.location(start),
    name,
    query: cursor.rules.rootQuery(cursor),
    replace,
    ...comment,
    ...security,
    properties,
  }
}

function parseCreateMaterializedView(
  cursor: TokenCursor,
  start: number,
  replace: boolean,
): Statement {
  cursor.expect(Token.MATERIALIZED)
  cursor.expect(Token.VIEW)
  const notExists = parseIfNotExists(cursor)
  const name = parseQualifiedName(cursor)
  let gracePeriod = {}
  if (cursor.accept(Token.GRACE)) {
    cursor.expect(Token.PERIOD)
    gracePeriod = { gracePeriod: parseIntervalLiteral(cursor) }
  }
  const comment = optionalComment(cursor)
  const properties = parseWithProperties(cursor)
  cursor.expect(Token.AS)
  return {
    kind: 'createMaterializedView',
    location: cursor.location(start),
    name,
    query: cursor.rules.rootQuery(cursor),
    replace,
    notExists,
    ...gracePeriod,
    properties,
    ...comment,
  }
}

function parseCreateRole(cursor: TokenCursor, start: number): Statement {
  cursor.expect(Token.ROLE)
  const name = cursor.identifier()
  let grantor = {}
  if (cursor.accept(Token.WITH)) {
    cursor.expect(Token.ADMIN)
    grantor = { grantor: parseGrantor(cursor) }
  }
  const catalog = optionalCatalog(cursor)
  return { kind: 'createRole', location: cursor.location(start), name, ...grantor, ...catalog }
}

/** `IN catalog`, or nothing. */
export function optionalCatalog(cursor: TokenCursor) {
  return cursor.accept(Token.IN) ? { catalog: cursor.identifier() } : {}
}
