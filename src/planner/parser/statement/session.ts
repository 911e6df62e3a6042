import type {
  NodeLocation,
  PathElement,
  PathSpecification,
  Statement,
  TransactionMode,
} from '../ast/index.js'
import type { TokenCursor } from '../cursor.js'
import { parseString } from '../literal.js'
import { parseQualifiedName } from '../name.js'
import { isStringKind, Token } from '../token.js'
import { parseSetRole } from './security.js'

/** `USE [catalog.]schema`. */
export function parseUse(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.USE))
  const first = cursor.identifier()
  if (!cursor.accept(Token.PERIOD_SIGN)) return { kind: 'use', location, schema: first }
  return { kind: 'use', location, catalog: first, schema: cursor.identifier() }
}

/** SET SESSION, SET ROLE, SET PATH, SET TIME ZONE. */
export function parseSet(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.SET))
  switch (cursor.kind) {
    case Token.ROLE:
      return parseSetRole(cursor, location)
    case Token.PATH:
      cursor.advance()
      return { kind: 'setPath', location, pathSpecification: parsePathSpecification(cursor) }
    case Token.TIME:
      cursor.advance()
      cursor.expect(Token.ZONE)
      return parseSetTimeZone(cursor, location)
    case Token.SESSION:
      cursor.advance()
      return parseSetSession(cursor, location)
    default:
      return cursor.fail(Token.PATH, Token.ROLE, Token.SESSION, Token.TIME)
  }
}

function parseSetTimeZone(cursor: TokenCursor, location: NodeLocation): Statement {
  // LOCAL is a name where more follows
  if (cursor.at(Token.LOCAL) && cursor.peek(1) === Token.EOF) {
    cursor.advance()
    return { kind: 'setTimeZone', location }
  }
  return { kind: 'setTimeZone', location, timeZone: cursor.rules.expression(cursor) }
}

function parseSetSession(cursor: TokenCursor, location: NodeLocation): Statement {
  const next = cursor.peek(1)
  const authorizes = cursor.at(Token.AUTHORIZATION)
  if (authorizes && next !== Token.EQ && next !== Token.PERIOD_SIGN) {
    cursor.advance()
    const user = isStringKind(cursor.kind) ? parseString(cursor) : cursor.identifier()
    return { kind: 'setSessionAuthorization', location, user }
  }
  const name = parseQualifiedName(cursor)
  cursor.expect(Token.EQ)
  return { kind: 'setSession', location, name, value: cursor.rules.expression(cursor) }
}

export function parseReset(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.RESET))
  cursor.expect(Token.SESSION)
  if (cursor.at(Token.AUTHORIZATION) && cursor.peek(1) !== Token.PERIOD_SIGN) {
    cursor.advance()
    return { kind: 'resetSessionAuthorization', location }
  }
  return { kind: 'resetSession', location, name: parseQualifiedName(cursor) }
}

/** `element, …`. */
export function parsePathSpecification(cursor: TokenCursor): PathSpecification {
  const location = cursor.location(cursor.index)
  return { kind: 'pathSpecification', location, path: cursor.list(parsePathElement) }
}

function parsePathElement(cursor: TokenCursor): PathElement {
  const location = cursor.location(cursor.index)
  const first = cursor.identifier()
  if (!cursor.accept(Token.PERIOD_SIGN)) return { kind: 'pathElement', location, schema: first }
  return { kind: 'pathElement', location, catalog: first, schema: cursor.identifier() }
}

export function parseStartTransaction(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.START))
  cursor.expect(Token.TRANSACTION)
  const given = cursor.at(Token.ISOLATION) || cursor.at(Token.READ)
  const transactionModes = given ? cursor.list(parseTransactionMode) : []
  return { kind: 'startTransaction', location, transactionModes }
}

function parseTransactionMode(cursor: TokenCursor): TransactionMode {
  const start = cursor.location(cursor.index)
  if (cursor.expectOneOf(Token.ISOLATION, Token.READ) === Token.READ) {
    const readOnly = cursor.expectOneOf(Token.ONLY, Token.WRITE) === Token.ONLY
    return { kind: 'transactionAccessMode', location: start, readOnly }
  }
  cursor.expect(Token.LEVEL)
  const location = cursor.location(cursor.index)
  switch (cursor.expectOneOf(Token.READ, Token.REPEATABLE, Token.SERIALIZABLE)) {
    case Token.SERIALIZABLE:
      return { kind: 'isolation', location, level: 'SERIALIZABLE' }
    case Token.REPEATABLE:
      cursor.expect(Token.READ)
      return { kind: 'isolation', location, level: 'REPEATABLE READ' }
    default: {
      const kind = cursor.expectOneOf(Token.COMMITTED, Token.UNCOMMITTED)
      const level = kind === Token.COMMITTED ? 'READ COMMITTED' : 'READ UNCOMMITTED'
      return { kind: 'isolation', location, level }
    }
  }
}

/** COMMIT and ROLLBACK. */
export function parseEndTransaction(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.index)
  const commit = cursor.expectOneOf(Token.COMMIT, Token.ROLLBACK) === Token.COMMIT
  cursor.accept(Token.WORK)
  return { kind: commit ? 'commit' : 'rollback', location }
}

export function parsePrepare(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.PREPARE))
  const name = cursor.identifier()
  cursor.expect(Token.FROM)
  return { kind: 'prepare', location, name, statement: cursor.nested(cursor.rules.statement) }
}

export function parseDeallocate(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.DEALLOCATE))
  cursor.expect(Token.PREPARE)
  return { kind: 'deallocate', location, name: cursor.identifier() }
}

/** `EXECUTE name [USING …]`, `EXECUTE IMMEDIATE 'text' [USING …]`. */
export function parseExecute(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.EXECUTE))
  const immediate = cursor.at(Token.IMMEDIATE) && isStringKind(cursor.peek(1))
  if (immediate) {
    cursor.advance()
    const statement = parseString(cursor)
    return { kind: 'executeImmediate', location, statement, parameters: parseUsing(cursor) }
  }
  const name = cursor.identifier()
  return { kind: 'execute', location, name, parameters: parseUsing(cursor) }
}

function parseUsing(cursor: TokenCursor) {
  return cursor.accept(Token.USING) ? cursor.list(cursor.rules.expression) : []
}
