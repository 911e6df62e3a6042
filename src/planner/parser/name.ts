import type {
  GrantorSpecification,
  Identifier,
  PrincipalSpecification,
  Property,
  QualifiedName,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { isIdentifierKind, Token } from './token.js'

/** `identifier ('.' identifier)*`. */
export function parseQualifiedName(cursor: TokenCursor): QualifiedName {
  const location = cursor.location(cursor.index)
  const parts = [cursor.identifier()]
  while (cursor.accept(Token.PERIOD_SIGN)) parts.push(cursor.identifier())
  return { kind: 'qualifiedName', location, parts }
}

/** `(identifier, …)`. */
export function parseColumnAliases(cursor: TokenCursor): Identifier[] {
  return cursor.parenthesizedList((inner) => inner.identifier())
}

/** `WITH (name = value, …)`, or nothing. */
export function parseWithProperties(cursor: TokenCursor): Property[] {
  if (!cursor.accept(Token.WITH)) return []
  return cursor.parenthesizedList(parseProperty)
}

export function parseProperty(cursor: TokenCursor): Property {
  const location = cursor.location(cursor.index)
  const name = cursor.identifier()
  cursor.expect(Token.EQ)
  if (cursor.at(Token.DEFAULT) && endsProperty(cursor)) {
    cursor.advance()
    return { kind: 'property', location, name }
  }
  return { kind: 'property', location, name, value: cursor.rules.expression(cursor) }
}

/** DEFAULT may also be the start of an expression, as an identifier. */
function endsProperty(cursor: TokenCursor): boolean {
  const next = cursor.peek(1)
  return next === Token.COMMA || next === Token.RIGHT_PAREN || next === Token.EOF
}

/** `name`, `USER name` or `ROLE name`. */
export function parsePrincipal(cursor: TokenCursor): PrincipalSpecification {
  const qualified = isIdentifierKind(cursor.peek(1)) && !endsPrincipal(cursor)
  if (qualified && cursor.accept(Token.USER)) return { type: 'user', name: cursor.identifier() }
  if (qualified && cursor.accept(Token.ROLE)) return { type: 'role', name: cursor.identifier() }
  return { type: 'unspecified', name: cursor.identifier() }
}

/** Tells whether the word after the current one begins what may follow a principal. */
function endsPrincipal(cursor: TokenCursor): boolean {
  return cursor.peek(1) === Token.GRANTED && cursor.peek(2) === Token.BY
}

/** `principal`, CURRENT_USER or CURRENT_ROLE. */
export function parseGrantor(cursor: TokenCursor): GrantorSpecification {
  if (cursor.accept(Token.CURRENT_USER)) return { type: 'currentUser' }
  if (cursor.accept(Token.CURRENT_ROLE)) return { type: 'currentRole' }
  return { type: 'principal', principal: parsePrincipal(cursor) }
}
