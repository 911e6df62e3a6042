import type { GrantObject, Identifier, NodeLocation, Statement } from '../ast/index.js'
import type { TokenCursor } from '../cursor.js'
import { endOfQualifiedName } from '../function-call.js'
import { parseGrantor, parsePrincipal, parseQualifiedName } from '../name.js'
import { isIdentifierKind, Token, type TokenKind } from '../token.js'
import { optionalCatalog } from './create.js'

const PRIVILEGE_KEYWORDS: readonly TokenKind[] = [
  Token.CREATE,
  Token.SELECT,
  Token.DELETE,
  Token.INSERT,
  Token.UPDATE,
]

/** A privilege or a role; which of them it is shows only after the list. */
interface PrivilegeOrRole {
  readonly index: number
  readonly text: string
  /** Absent for the keywords of privileges. */
  readonly role?: Identifier
}

function parsePrivilegeOrRole(cursor: TokenCursor): PrivilegeOrRole {
  const index = cursor.index
  const text = cursor.textAt(index)
  if (cursor.at(Token.UPDATE)) {
    cursor.advance()
    return { index, text }
  }
  if (PRIVILEGE_KEYWORDS.includes(cursor.kind)) {
    cursor.advance()
    return { index, text }
  }
  return { index, text, role: cursor.identifier() }
}

/** A list of privileges or roles; undefined for ALL PRIVILEGES. */
function parsePrivileges(cursor: TokenCursor): PrivilegeOrRole[] | undefined {
  if (cursor.acceptSequence(Token.ALL, Token.PRIVILEGES)) return undefined
  return cursor.list(parsePrivilegeOrRole)
}

function rolesOf(cursor: TokenCursor, items: readonly PrivilegeOrRole[]): Identifier[] {
  return items.flatMap(({ index, role }) => {
    if (role !== undefined) return [role]
    cursor.complain(index, 'May not use a privilege name as a role name')
    return []
  })
}

function privilegesOf(items: readonly PrivilegeOrRole[] | undefined): { privileges?: string[] } {
  return items === undefined ? {} : { privileges: items.map((item) => item.text) }
}

/** GRANT of privileges or of roles. */
export function parseGrant(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.GRANT))
  const items = parsePrivileges(cursor)
  if (items !== undefined && cursor.accept(Token.TO)) {
    const grantees = cursor.list(parsePrincipal)
    const adminOption = cursor.accept(Token.WITH)
    if (adminOption) {
      cursor.expect(Token.ADMIN)
      cursor.expect(Token.OPTION)
    }
    const roles = rolesOf(cursor, items)
    const rest = parseGrantedBy(cursor)
    return { kind: 'grantRoles', location, roles, grantees, adminOption, ...rest }
  }
  cursor.expect(Token.ON)
  const grantObject = parseGrantObject(cursor, location)
  cursor.expect(Token.TO)
  const grantee = parsePrincipal(cursor)
  const withGrantOption = cursor.accept(Token.WITH)
  if (withGrantOption) {
    cursor.expect(Token.GRANT)
    cursor.expect(Token.OPTION)
  }
  const privileges = privilegesOf(items)
  return { kind: 'grant', location, ...privileges, grantObject, grantee, withGrantOption }
}

/** `[GRANTED BY grantor] [IN catalog]`. */
function parseGrantedBy(cursor: TokenCursor) {
  let grantor = {}
  if (cursor.accept(Token.GRANTED)) {
    cursor.expect(Token.BY)
    grantor = { grantor: parseGrantor(cursor) }
  }
  return { ...grantor, ...optionalCatalog(cursor) }
}

/** REVOKE of privileges or of roles. */
export function parseRevoke(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.REVOKE))
  const adminOption = acceptOptionFor(cursor, Token.ADMIN)
  const grantOptionFor = !adminOption && acceptOptionFor(cursor, Token.GRANT)
  const items = adminOption ? cursor.list(parsePrivilegeOrRole) : parsePrivileges(cursor)
  if (items !== undefined && !grantOptionFor && cursor.accept(Token.FROM)) {
    const grantees = cursor.list(parsePrincipal)
    const roles = rolesOf(cursor, items)
    const rest = parseGrantedBy(cursor)
    return { kind: 'revokeRoles', location, roles, grantees, adminOption, ...rest }
  }
  if (adminOption) cursor.fail(Token.FROM)
  cursor.expect(Token.ON)
  const grantObject = parseGrantObject(cursor, location)
  cursor.expect(Token.FROM)
  const grantee = parsePrincipal(cursor)
  const privileges = privilegesOf(items)
  return { kind: 'revoke', location, grantOptionFor, ...privileges, grantObject, grantee }
}

/** `ADMIN OPTION FOR` or `GRANT OPTION FOR`. */
function acceptOptionFor(cursor: TokenCursor, kind: TokenKind): boolean {
  return cursor.acceptSequence(kind, Token.OPTION, Token.FOR)
}

export function parseDeny(cursor: TokenCursor): Statement {
  const location = cursor.location(cursor.expect(Token.DENY))
  const privileges = privilegesOf(parsePrivileges(cursor))
  cursor.expect(Token.ON)
  const grantObject = parseGrantObject(cursor, location)
  cursor.expect(Token.TO)
  const grantee = parsePrincipal(cursor)
  return { kind: 'deny', location, ...privileges, grantObject, grantee }
}

/** `[kind] name`, located where the statement is. */
export function parseGrantObject(cursor: TokenCursor, location: NodeLocation): GrantObject {
  const entityKind = startsEntityKind(cursor) ? { entityKind: cursor.textAt(cursor.advance()) } : {}
  return { kind: 'grantObject', location, ...entityKind, name: parseQualifiedName(cursor) }
}

/** Any word before a name is a kind; TO may be a name itself. */
function startsEntityKind(cursor: TokenCursor): boolean {
  if (cursor.at(Token.TABLE)) return true
  if (!cursor.atIdentifier || !isIdentifierKind(cursor.peek(1))) return false
  if (cursor.peek(1) !== Token.TO) return true
  const end = endOfQualifiedName(cursor, cursor.index + 1)
  return cursor.kindAt(end) === Token.TO || cursor.kindAt(end) === Token.FROM
}

/** `SET ROLE ALL | NONE | role [IN catalog]`, after SET. */
export function parseSetRole(cursor: TokenCursor, location: NodeLocation): Statement {
  cursor.expect(Token.ROLE)
  if (cursor.accept(Token.ALL)) {
    return { kind: 'setRole', location, type: 'ALL', ...optionalCatalog(cursor) }
  }
  if (cursor.accept(Token.NONE)) {
    return { kind: 'setRole', location, type: 'NONE', ...optionalCatalog(cursor) }
  }
  const role = cursor.identifier()
  return { kind: 'setRole', location, type: 'ROLE', role, ...optionalCatalog(cursor) }
}
