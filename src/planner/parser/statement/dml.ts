import type {
  Merge,
  MergeAssignment,
  MergeCase,
  Relation,
  Statement,
  UpdateAssignment,
} from '../ast/index.js'
import type { TokenCursor } from '../cursor.js'
import { parseString } from '../literal.js'
import { parseColumnAliases, parseQualifiedName, parseWithProperties } from '../name.js'
import { parseRelation } from '../relation.js'
import { isIdentifierKind, Token } from '../token.js'
import { parseCallArguments } from './alter.js'

export function parseInsert(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.INSERT))
  cursor.expect(Token.INTO)
  const name = parseQualifiedName(cursor)
  const columns = startsInsertColumns(cursor) ? { columns: parseColumnAliases(cursor) } : {}
  const query = cursor.rules.rootQuery(cursor)
  return { kind: 'insert', location, table: { kind: 'table', location, name }, ...columns, query }
}

/** `(a, b)` before the query, which may begin with a parenthesis, too. */
function startsInsertColumns(cursor: TokenCursor): boolean {
  return cursor.at(Token.LEFT_PAREN) && isIdentifierKind(cursor.peek(1))
}

export function parseDelete(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.DELETE))
  cursor.expect(Token.FROM)
  const name = parseQualifiedName(cursor)
  const where = cursor.accept(Token.WHERE) ? { where: cursor.rules.expression(cursor) } : {}
  return { kind: 'delete', location, table: { kind: 'table', location, name }, ...where }
}

export function parseUpdate(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.UPDATE))
  const name = parseQualifiedName(cursor)
  cursor.expect(Token.SET)
  const assignments = cursor.list(parseUpdateAssignment)
  const where = cursor.accept(Token.WHERE) ? { where: cursor.rules.expression(cursor) } : {}
  const table = { kind: 'table', location, name } as const
  return { kind: 'update', location, table, assignments, ...where }
}

function parseUpdateAssignment(cursor: TokenCursor): UpdateAssignment {
  const location = cursor.location(cursor.index)
  const { target: name, value } = parseAssignment(cursor)
  return { kind: 'updateAssignment', location, name, value }
}

function parseAssignment(cursor: TokenCursor): MergeAssignment {
  const target = cursor.identifier()
  cursor.expect(Token.EQ)
  return { target, value: cursor.rules.expression(cursor) }
}

export function parseMerge(cursor: TokenCursor): Merge {
  const location = cursor.location(cursor.expect(Token.MERGE))
  cursor.expect(Token.INTO)
  let target: Relation = { kind: 'table', location, name: parseQualifiedName(cursor) }
  if (cursor.accept(Token.AS) || cursor.atIdentifier) {
    target = { kind: 'aliasedRelation', location, relation: target, alias: cursor.identifier() }
  }
  cursor.expect(Token.USING)
  const source = parseRelation(cursor)
  cursor.expect(Token.ON)
  const predicate = cursor.rules.expression(cursor)
  const mergeCases: MergeCase[] = []
  do {
    mergeCases.push(parseMergeCase(cursor))
  } while (cursor.at(Token.WHEN))
  return { kind: 'merge', location, target, source, predicate, mergeCases }
}

function parseMergeCase(cursor: TokenCursor): MergeCase {
  const location = cursor.location(cursor.expect(Token.WHEN))
  const notMatched = cursor.accept(Token.NOT)
  cursor.expect(Token.MATCHED)
  const expression = cursor.accept(Token.AND) ? { expression: cursor.rules.expression(cursor) } : {}
  cursor.expect(Token.THEN)
  if (notMatched) {
    cursor.expect(Token.INSERT)
    const columns = cursor.at(Token.LEFT_PAREN) ? parseColumnAliases(cursor) : []
    cursor.expect(Token.VALUES)
    const values = cursor.parenthesizedList(cursor.rules.expression)
    return { kind: 'mergeInsert', location, ...expression, columns, values }
  }
  if (cursor.accept(Token.DELETE)) return { kind: 'mergeDelete', location, ...expression }
  if (!cursor.accept(Token.UPDATE)) cursor.fail(Token.DELETE, Token.UPDATE)
  cursor.expect(Token.SET)
  const assignments = cursor.list(parseAssignment)
  return { kind: 'mergeUpdate', location, ...expression, assignments }
}

export function parseTruncate(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.TRUNCATE))
  cursor.expect(Token.TABLE)
  return { kind: 'truncateTable', location, tableName: parseQualifiedName(cursor) }
}

export function parseAnalyze(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.ANALYZE))
  const tableName = parseQualifiedName(cursor)
  return { kind: 'analyze', location, tableName, properties: parseWithProperties(cursor) }
}

export function parseRefresh(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.REFRESH))
  cursor.expect(Token.MATERIALIZED)
  cursor.expect(Token.VIEW)
  const name = parseQualifiedName(cursor)
  return { kind: 'refreshMaterializedView', location, table: { kind: 'table', location, name } }
}

export function parseCall(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.CALL))
  const name = parseQualifiedName(cursor)
  return { kind: 'call', location, name, arguments: parseCallArguments(cursor) }
}

/** `COMMENT ON TABLE | VIEW | COLUMN name IS 'text' | NULL`. */
export function parseComment(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.COMMENT))
  cursor.expect(Token.ON)
  const kind = cursor.expectOneOf(Token.COLUMN, Token.TABLE, Token.VIEW)
  const type = kind === Token.TABLE ? 'TABLE' : kind === Token.VIEW ? 'VIEW' : 'COLUMN'
  const name = parseQualifiedName(cursor)
  cursor.expect(Token.IS)
  if (cursor.accept(Token.NULL)) return { kind: 'comment', location, type, name }
  return { kind: 'comment', location, type, name, comment: parseString(cursor).value }
}
