import type {
  GrantorSpecification,
  Identifier,
  PrincipalSpecification,
  QualifiedName,
} from '../ast/index.js'
import { isReservedKeyword } from '../keywords.js'
import { join } from './rules.js'

const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

export function formatIdentifier(node: Identifier): string {
  return node.delimited ? quote(node.value) : node.value
}

/** A name that comes from a catalog rather than from a text: quoted where it must be. */
export function formatName(name: string): string {
  return PLAIN_NAME.test(name) && !isReservedKeyword(name) ? name : quote(name)
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function formatQualifiedName(node: QualifiedName): string {
  return join(node.parts, formatIdentifier, '.')
}

/** ` (a, b)`, or nothing. */
export function formatColumnAliases(columns: readonly Identifier[] | undefined): string {
  return columns === undefined ? '' : ` (${join(columns, formatIdentifier)})`
}

/** A string literal; all characters but the quote stand for themselves. */
export function formatStringLiteral(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

export function formatPrincipal({ type, name }: PrincipalSpecification): string {
  const text = formatIdentifier(name)
  return type === 'unspecified' ? text : `${type.toUpperCase()} ${text}`
}

export function formatGrantor(grantor: GrantorSpecification): string {
  switch (grantor.type) {
    case 'principal':
      return formatPrincipal(grantor.principal)
    case 'currentUser':
      return 'CURRENT_USER'
    case 'currentRole':
      return 'CURRENT_ROLE'
  }
}
