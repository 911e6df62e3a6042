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

/** A string literal, as `U&'…'` where it has other than printable ASCII characters. */
export function formatStringLiteral(value: string): string {
  const content = value.replaceAll("'", "''")
  if (/^[\x20-\x7e]*$/.test(content)) return `'${content}'`
  let result = ''
  for (const character of content) {
    const codePoint = character.codePointAt(0) ?? 0
    if (character === '\\') result += '\\\\'
    else if (codePoint >= 0x20 && codePoint < 0x7f) result += character
    // half of a pair has no escape
    else if (codePoint >= 0xd800 && codePoint <= 0xdfff) result += character
    else result += escapeCodePoint(codePoint)
  }
  return `U&'${result}'`
}

function escapeCodePoint(codePoint: number): string {
  const hex = codePoint.toString(16).toUpperCase()
  return codePoint > 0xffff ? `\\+${hex.padStart(6, '0')}` : `\\${hex.padStart(4, '0')}`
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
