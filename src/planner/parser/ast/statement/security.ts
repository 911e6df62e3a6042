import type {
  GrantorSpecification,
  Identifier,
  PrincipalSpecification,
  QualifiedName,
} from '../name.js'
import type { NodeBase } from '../node.js'

/** Roles, privileges, owners. */
export type SecurityStatement =
  | CreateRole
  | Deny
  | DropRole
  | Grant
  | GrantRoles
  | Revoke
  | RevokeRoles
  | SetAuthorizationStatement
  | SetRole
  | ShowGrants
  | ShowRoleGrants
  | ShowRoles

export interface CreateRole extends NodeBase {
  readonly kind: 'createRole'
  readonly name: Identifier
  readonly grantor?: GrantorSpecification
  readonly catalog?: Identifier
}

export interface DropRole extends NodeBase {
  readonly kind: 'dropRole'
  readonly name: Identifier
  readonly catalog?: Identifier
  readonly exists: boolean
}

export interface GrantRoles extends NodeBase {
  readonly kind: 'grantRoles'
  readonly roles: readonly Identifier[]
  readonly grantees: readonly PrincipalSpecification[]
  readonly adminOption: boolean
  readonly grantor?: GrantorSpecification
  readonly catalog?: Identifier
}

export interface RevokeRoles extends NodeBase {
  readonly kind: 'revokeRoles'
  readonly roles: readonly Identifier[]
  readonly grantees: readonly PrincipalSpecification[]
  readonly adminOption: boolean
  readonly grantor?: GrantorSpecification
  readonly catalog?: Identifier
}

/** What a privilege is about: `TABLE t`, `SCHEMA s`, or a bare name, which is a table. */
export interface GrantObject extends NodeBase {
  readonly kind: 'grantObject'
  /** The entity kind as written. */
  readonly entityKind?: string
  readonly name: QualifiedName
}

export interface Grant extends NodeBase {
  readonly kind: 'grant'
  /** As written; absent means ALL PRIVILEGES. */
  readonly privileges?: readonly string[]
  readonly grantObject: GrantObject
  readonly grantee: PrincipalSpecification
  readonly withGrantOption: boolean
}

export interface Revoke extends NodeBase {
  readonly kind: 'revoke'
  readonly grantOptionFor: boolean
  /** As written; absent means ALL PRIVILEGES. */
  readonly privileges?: readonly string[]
  readonly grantObject: GrantObject
  readonly grantee: PrincipalSpecification
}

export interface Deny extends NodeBase {
  readonly kind: 'deny'
  /** As written; absent means ALL PRIVILEGES. */
  readonly privileges?: readonly string[]
  readonly grantObject: GrantObject
  readonly grantee: PrincipalSpecification
}

export interface SetRole extends NodeBase {
  readonly kind: 'setRole'
  readonly type: 'ALL' | 'NONE' | 'ROLE'
  readonly role?: Identifier
  readonly catalog?: Identifier
}

/** `ALTER SCHEMA | TABLE | VIEW | … name SET AUTHORIZATION principal`. */
export interface SetAuthorizationStatement extends NodeBase {
  readonly kind: 'setAuthorization'
  /** The kind of entity in upper case: SCHEMA, TABLE, VIEW, …. */
  readonly ownedEntityKind: string
  readonly source: QualifiedName
  readonly principal: PrincipalSpecification
}

export interface ShowGrants extends NodeBase {
  readonly kind: 'showGrants'
  readonly grantObject?: GrantObject
}

export interface ShowRoles extends NodeBase {
  readonly kind: 'showRoles'
  readonly catalog?: Identifier
  readonly current: boolean
}

export interface ShowRoleGrants extends NodeBase {
  readonly kind: 'showRoleGrants'
  readonly catalog?: Identifier
}
