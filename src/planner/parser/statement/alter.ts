import type {
  CallArgument,
  ColumnPosition,
  NodeLocation,
  QualifiedName,
  Statement,
} from '../ast/index.js'
import type { TokenCursor } from '../cursor.js'
import { parsePrincipal, parseProperty, parseQualifiedName } from '../name.js'
import { Token } from '../token.js'
import { parseColumnDefinition, parseIfNotExists } from './create.js'
import { parseIfExists } from './drop.js'

/** ALTER in all its forms. */
export function parseAlter(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.ALTER))
  const entity = cursor.index
  const kind = cursor.kind
  if (kind === Token.TABLE) {
    cursor.advance()
    return parseAlterTable(cursor, location, cursor.location(entity))
  }
  if (cursor.atSequence(Token.MATERIALIZED, Token.VIEW) && !namesView(cursor)) {
    cursor.index += 2
    return parseAlterMaterializedView(cursor, location)
  }
  cursor.identifier()
  const name = parseQualifiedName(cursor)
  if ((kind === Token.SCHEMA || kind === Token.VIEW) && cursor.accept(Token.RENAME)) {
    cursor.expect(Token.TO)
    if (kind === Token.VIEW) {
      return { kind: 'renameView', location, source: name, target: parseQualifiedName(cursor) }
    }
    return { kind: 'renameSchema', location, source: name, target: cursor.identifier() }
  }
  cursor.expect(Token.SET)
  return parseSetAuthorization(cursor, location, cursor.textAt(entity), name)
}

/** Tells whether VIEW after the word here is the name of an entity of the kind MATERIALIZED. */
function namesView(cursor: TokenCursor): boolean {
  if (cursor.peek(2) === Token.PERIOD_SIGN) return true
  return cursor.peek(2) === Token.SET && cursor.peek(3) === Token.AUTHORIZATION
}

/** `AUTHORIZATION principal` after SET. */
function parseSetAuthorization(
  cursor: TokenCursor,
  location: NodeLocation,
  entityKind: string,
  source: QualifiedName,
): Statement {
  cursor.expect(Token.AUTHORIZATION)
  const principal = parsePrincipal(cursor)
  const ownedEntityKind = entityKind.toUpperCase()
  return { kind: 'setAuthorization', location, ownedEntityKind, source, principal }
}

function parseAlterMaterializedView(cursor: TokenCursor, location: NodeLocation): Statement {
  const exists = parseIfExists(cursor)
  const name = parseQualifiedName(cursor)
  if (exists || cursor.at(Token.RENAME)) {
    cursor.expect(Token.RENAME)
    cursor.expect(Token.TO)
    const target = parseQualifiedName(cursor)
    return { kind: 'renameMaterializedView', location, source: name, target, exists }
  }
  if (!cursor.accept(Token.SET)) cursor.fail(Token.RENAME, Token.SET)
  if (cursor.at(Token.AUTHORIZATION)) {
    return parseSetAuthorization(cursor, location, 'MATERIALIZED VIEW', name)
  }
  return parseSetProperties(cursor, location, 'MATERIALIZED VIEW', name)
}

/** `PROPERTIES name = value, …` after SET. */
function parseSetProperties(
  cursor: TokenCursor,
  location: NodeLocation,
  type: 'TABLE' | 'MATERIALIZED VIEW',
  name: QualifiedName,
): Statement {
  cursor.expect(Token.PROPERTIES)
  const properties = cursor.list(parseProperty)
  return { kind: 'setProperties', location, type, name, properties }
}

function parseAlterTable(
  cursor: TokenCursor,
  location: NodeLocation,
  tableLocation: NodeLocation,
): Statement {
  const tableExists = parseIfExists(cursor)
  const table = parseQualifiedName(cursor)
  switch (cursor.kind) {
    case Token.RENAME:
      return parseRename(cursor, location, table, tableExists)
    case Token.ADD:
      return parseAddColumn(cursor, location, table, tableExists)
    case Token.DROP: {
      cursor.advance()
      cursor.expect(Token.COLUMN)
      const columnExists = parseIfExists(cursor)
      const field = parseQualifiedName(cursor)
      return { kind: 'dropColumn', location, table, field, tableExists, columnExists }
    }
    case Token.ALTER:
      return parseAlterColumn(cursor, location, table, tableExists)
  }
  if (tableExists) cursor.fail(Token.ADD, Token.ALTER, Token.DROP, Token.RENAME)
  if (cursor.accept(Token.SET)) {
    if (cursor.at(Token.AUTHORIZATION)) {
      return parseSetAuthorization(cursor, location, 'TABLE', table)
    }
    return parseSetProperties(cursor, location, 'TABLE', table)
  }
  if (!cursor.accept(Token.EXECUTE)) cursor.fail(Token.EXECUTE, Token.SET)
  const procedureName = cursor.identifier()
  const args = cursor.at(Token.LEFT_PAREN) ? parseCallArguments(cursor) : []
  const where = cursor.accept(Token.WHERE) ? { where: cursor.rules.expression(cursor) } : {}
  return {
    kind: 'tableExecute',
    location,
    table: { kind: 'table', location: tableLocation, name: table },
    procedureName,
    arguments: args,
    ...where,
  }
}

function parseRename(
  cursor: TokenCursor,
  location: NodeLocation,
  table: QualifiedName,
  tableExists: boolean,
): Statement {
  cursor.expect(Token.RENAME)
  if (cursor.accept(Token.TO)) {
    const target = parseQualifiedName(cursor)
    return { kind: 'renameTable', location, source: table, target, exists: tableExists }
  }
  cursor.expect(Token.COLUMN)
  const columnExists = parseIfExists(cursor)
  const source = parseQualifiedName(cursor)
  cursor.expect(Token.TO)
  const target = cursor.identifier()
  return { kind: 'renameColumn', location, table, source, target, tableExists, columnExists }
}

function parseAddColumn(
  cursor: TokenCursor,
  location: NodeLocation,
  name: QualifiedName,
  tableExists: boolean,
): Statement {
  cursor.expect(Token.ADD)
  cursor.expect(Token.COLUMN)
  const columnNotExists = parseIfNotExists(cursor)
  const column = parseColumnDefinition(cursor)
  const position = parseColumnPosition(cursor)
  return {
    kind: 'addColumn',
    location,
    name,
    column,
    ...(position === undefined ? {} : { position }),
    tableExists,
    columnNotExists,
  }
}

function parseColumnPosition(cursor: TokenCursor): ColumnPosition | undefined {
  if (cursor.accept(Token.FIRST)) return { type: 'first' }
  if (cursor.accept(Token.LAST)) return { type: 'last' }
  if (cursor.accept(Token.AFTER)) return { type: 'after', column: cursor.identifier() }
  return undefined
}

function parseAlterColumn(
  cursor: TokenCursor,
  location: NodeLocation,
  table: QualifiedName,
  tableExists: boolean,
): Statement {
  cursor.expect(Token.ALTER)
  cursor.expect(Token.COLUMN)
  const columnName = parseQualifiedName(cursor)
  const column = columnName.parts.length === 1 ? columnName.parts[0] : undefined
  if (column !== undefined && cursor.accept(Token.DROP)) {
    cursor.expect(Token.NOT)
    cursor.expect(Token.NULL)
    return { kind: 'dropNotNullConstraint', location, table, column, tableExists }
  }
  cursor.expect(Token.SET)
  cursor.expect(Token.DATA)
  cursor.expect(Token.TYPE)
  const type = cursor.rules.dataType(cursor)
  return { kind: 'setColumnType', location, tableName: table, columnName, type, tableExists }
}

/** `(argument, …)` of CALL and of ALTER TABLE … EXECUTE. */
export function parseCallArguments(cursor: TokenCursor): CallArgument[] {
  cursor.expect(Token.LEFT_PAREN)
  const args = cursor.at(Token.RIGHT_PAREN) ? [] : cursor.list(parseCallArgument)
  cursor.expect(Token.RIGHT_PAREN)
  return args
}

function parseCallArgument(cursor: TokenCursor): CallArgument {
  const location = cursor.location(cursor.index)
  const named = cursor.atIdentifier && cursor.peek(1) === Token.FAT_ARROW
  const name = named ? { name: cursor.identifier() } : {}
  if (named) cursor.expect(Token.FAT_ARROW)
  return { kind: 'callArgument', location, ...name, value: cursor.rules.expression(cursor) }
}
