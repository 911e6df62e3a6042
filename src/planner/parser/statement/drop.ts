import type { Statement } from '../ast/index.js'
import type { TokenCursor } from '../cursor.js'
import { parseParameterDeclaration } from '../data-type.js'
import { parseQualifiedName } from '../name.js'
import { Token } from '../token.js'
import { optionalCatalog } from './create.js'

/** DROP in all its forms. */
export function parseDrop(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.DROP))
  const kinds = [
    Token.CATALOG,
    Token.FUNCTION,
    Token.MATERIALIZED,
    Token.ROLE,
    Token.SCHEMA,
    Token.TABLE,
    Token.VIEW,
  ]
  switch (cursor.expectOneOf(...kinds)) {
    case Token.CATALOG: {
      const exists = parseIfExists(cursor)
      const name = cursor.identifier()
      return { kind: 'dropCatalog', location, name, exists, cascade: parseCascade(cursor) }
    }
    case Token.SCHEMA: {
      const exists = parseIfExists(cursor)
      const name = parseQualifiedName(cursor)
      return { kind: 'dropSchema', location, name, exists, cascade: parseCascade(cursor) }
    }
    case Token.TABLE: {
      const exists = parseIfExists(cursor)
      return { kind: 'dropTable', location, tableName: parseQualifiedName(cursor), exists }
    }
    case Token.VIEW: {
      const exists = parseIfExists(cursor)
      return { kind: 'dropView', location, name: parseQualifiedName(cursor), exists }
    }
    case Token.MATERIALIZED: {
      cursor.expect(Token.VIEW)
      const exists = parseIfExists(cursor)
      return { kind: 'dropMaterializedView', location, name: parseQualifiedName(cursor), exists }
    }
    case Token.ROLE: {
      const exists = parseIfExists(cursor)
      const name = cursor.identifier()
      return { kind: 'dropRole', location, name, ...optionalCatalog(cursor), exists }
    }
    default: {
      const exists = parseIfExists(cursor)
      const name = parseQualifiedName(cursor)
      cursor.expect(Token.LEFT_PAREN)
      const empty = cursor.at(Token.RIGHT_PAREN)
      const parameters = empty ? [] : cursor.list(parseParameterDeclaration)
      cursor.expect(Token.RIGHT_PAREN)
      return { kind: 'dropFunction', location, name, parameters, exists }
    }
  }
}

/** `IF EXISTS`, if it follows. */
export function parseIfExists(cursor: TokenCursor): boolean {
  return cursor.acceptSequence(Token.IF, Token.EXISTS)
}

function parseCascade(cursor: TokenCursor): boolean {
  const cascade = cursor.accept(Token.CASCADE)
  if (!cascade) cursor.accept(Token.RESTRICT)
  return cascade
}
