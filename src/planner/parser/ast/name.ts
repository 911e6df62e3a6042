import type { Expression } from './expression.js'
import type { NodeBase } from './node.js'

/** A name as written. Undelimited names match case-insensitively; `value` keeps the case written. */
export interface Identifier extends NodeBase {
  readonly kind: 'identifier'
  /** The name without quotes, doubled quotes undone. */
  readonly value: string
  readonly delimited: boolean
}

/**
 * A dotted name, located at its first part.
 *
 * @source io.trino.sql.tree.QualifiedName
 */
export interface QualifiedName extends NodeBase {
  readonly kind: 'qualifiedName'
  readonly parts: readonly Identifier[]
}

/** `name = value` of a WITH clause; without `value` it is `name = DEFAULT`. */
export interface Property extends NodeBase {
  readonly kind: 'property'
  readonly name: Identifier
  readonly value?: Expression
}

/** A user or role that owns or is granted something. */
export interface PrincipalSpecification {
  readonly type: 'unspecified' | 'user' | 'role'
  readonly name: Identifier
}

/** Who grants a role. */
export type GrantorSpecification =
  | { readonly type: 'principal'; readonly principal: PrincipalSpecification }
  | { readonly type: 'currentUser' }
  | { readonly type: 'currentRole' }
