import type { SessionProperty, Statement } from '../ast/index.js'
import type { TokenCursor } from '../cursor.js'
import { parseQualifiedName } from '../name.js'
import { startsNamedQuery } from '../query.js'
import { Token, type TokenKind } from '../token.js'
import { parseAlter } from './alter.js'
import { parseCreate } from './create.js'
import {
  parseAnalyze,
  parseCall,
  parseComment,
  parseDelete,
  parseInsert,
  parseMerge,
  parseRefresh,
  parseTruncate,
  parseUpdate,
} from './dml.js'
import { parseDrop } from './drop.js'
import { parseDeny, parseGrant, parseRevoke } from './security.js'
import {
  parseDeallocate,
  parseEndTransaction,
  parseExecute,
  parsePrepare,
  parseReset,
  parseSet,
  parseStartTransaction,
  parseUse,
} from './session.js'
import { parseDescribe, parseExplain, parseShow } from './show.js'

const STATEMENTS: ReadonlyMap<TokenKind, (cursor: TokenCursor) => Statement> = new Map([
  [Token.ALTER, parseAlter],
  [Token.ANALYZE, parseAnalyze],
  [Token.CALL, parseCall],
  [Token.COMMENT, parseComment],
  [Token.COMMIT, parseEndTransaction],
  [Token.CREATE, parseCreate],
  [Token.DEALLOCATE, parseDeallocate],
  [Token.DELETE, parseDelete],
  [Token.DENY, parseDeny],
  [Token.DESC, parseDescribe],
  [Token.DESCRIBE, parseDescribe],
  [Token.DROP, parseDrop],
  [Token.EXECUTE, parseExecute],
  [Token.EXPLAIN, parseExplain],
  [Token.GRANT, parseGrant],
  [Token.INSERT, parseInsert],
  [Token.MERGE, parseMerge],
  [Token.PREPARE, parsePrepare],
  [Token.REFRESH, parseRefresh],
  [Token.RESET, parseReset],
  [Token.REVOKE, parseRevoke],
  [Token.ROLLBACK, parseEndTransaction],
  [Token.SET, parseSet],
  [Token.SHOW, parseShow],
  [Token.START, parseStartTransaction],
  [Token.TRUNCATE, parseTruncate],
  [Token.UPDATE, parseUpdate],
  [Token.USE, parseUse],
])

const QUERY_STARTS: readonly TokenKind[] = [
  Token.LEFT_PAREN,
  Token.SELECT,
  Token.TABLE,
  Token.VALUES,
  Token.WITH,
]

/** `statement`. */
export function parseStatement(cursor: TokenCursor): Statement {
  const parse = STATEMENTS.get(cursor.kind)
  if (parse !== undefined) return parse(cursor)
  if (cursor.atSequence(Token.WITH, Token.SESSION) && !startsNamedQuery(cursor, 1)) {
    return parseQueryWithSession(cursor)
  }
  if (!QUERY_STARTS.includes(cursor.kind)) cursor.fail(...QUERY_STARTS, ...STATEMENTS.keys())
  return cursor.rules.rootQuery(cursor)
}

/** `WITH SESSION name = value, …` before a query. */
function parseQueryWithSession(cursor: TokenCursor): Statement {
  const start = cursor.expect(Token.WITH)
  cursor.expect(Token.SESSION)
  const sessionProperties = cursor.list(parseSessionProperty)
  const query = cursor.rules.rootQuery(cursor)
  const location = cursor.location(start)
  return { ...query, location, span: cursor.spanFrom(start), sessionProperties }
}

function parseSessionProperty(cursor: TokenCursor): SessionProperty {
  const location = cursor.location(cursor.index)
  const name = parseQualifiedName(cursor)
  cursor.expect(Token.EQ)
  return { kind: 'sessionProperty', location, name, value: cursor.rules.expression(cursor) }
}
