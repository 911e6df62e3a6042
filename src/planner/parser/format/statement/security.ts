import type { GrantObject, GrantRoles, SecurityStatement } from '../../ast/index.js'
import { formatGrantor, formatIdentifier, formatPrincipal, formatQualifiedName } from '../name.js'
import { join, optional } from '../rules.js'
import type { StatementFormatters } from './formatters.js'

type Granted = Pick<GrantRoles, 'grantor' | 'catalog'>

const inCatalog = ({ catalog }: Granted): string => optional(catalog, formatIdentifier, ' IN ')
const fromCatalog = ({ catalog }: Granted): string => optional(catalog, formatIdentifier, ' FROM ')
const grantedBy = ({ grantor }: Granted): string => optional(grantor, formatGrantor, ' GRANTED BY ')

function formatPrivileges(privileges: readonly string[] | undefined): string {
  return privileges === undefined ? 'ALL PRIVILEGES' : privileges.join(', ')
}

function formatGrantObject({ entityKind, name }: GrantObject): string {
  return optional(entityKind, (kind) => `${kind} `, '') + formatQualifiedName(name)
}

/** Formatters of statements about roles, privileges and owners. */
export const SECURITY_FORMATTERS: StatementFormatters<SecurityStatement> = {
  createRole: (node) => {
    const grantor = optional(node.grantor, formatGrantor, ' WITH ADMIN ')
    return `CREATE ROLE ${formatIdentifier(node.name)}${grantor}${inCatalog(node)}`
  },
  deny: ({ privileges, grantObject, grantee }) => {
    const object = formatGrantObject(grantObject)
    return `DENY ${formatPrivileges(privileges)} ON ${object} TO ${formatPrincipal(grantee)}`
  },
  dropRole: (node) => {
    const exists = node.exists ? 'IF EXISTS ' : ''
    return `DROP ROLE ${exists}${formatIdentifier(node.name)}${inCatalog(node)}`
  },
  grant: ({ privileges, grantObject, grantee, withGrantOption }) => {
    const option = withGrantOption ? ' WITH GRANT OPTION' : ''
    const object = formatGrantObject(grantObject)
    return `GRANT ${formatPrivileges(privileges)} ON ${object} TO ${formatPrincipal(grantee)}${option}`
  },
  grantRoles: (node) => {
    const option = node.adminOption ? ' WITH ADMIN OPTION' : ''
    const grantees = join(node.grantees, formatPrincipal)
    const roles = join(node.roles, formatIdentifier)
    return `GRANT ${roles} TO ${grantees}${option}${grantedBy(node)}${inCatalog(node)}`
  },
  revoke: ({ grantOptionFor, privileges, grantObject, grantee }) => {
    const option = grantOptionFor ? 'GRANT OPTION FOR ' : ''
    const object = formatGrantObject(grantObject)
    const principal = formatPrincipal(grantee)
    return `REVOKE ${option}${formatPrivileges(privileges)} ON ${object} FROM ${principal}`
  },
  revokeRoles: (node) => {
    const option = node.adminOption ? 'ADMIN OPTION FOR ' : ''
    const grantees = join(node.grantees, formatPrincipal)
    const roles = join(node.roles, formatIdentifier)
    return `REVOKE ${option}${roles} FROM ${grantees}${grantedBy(node)}${inCatalog(node)}`
  },
  setAuthorization: ({ ownedEntityKind, source, principal }) => {
    const name = formatQualifiedName(source)
    return `ALTER ${ownedEntityKind} ${name} SET AUTHORIZATION ${formatPrincipal(principal)}`
  },
  setRole: (node) => {
    const role = node.role === undefined ? node.type : formatIdentifier(node.role)
    return `SET ROLE ${role}${inCatalog(node)}`
  },
  showGrants: ({ grantObject }) => `SHOW GRANTS${optional(grantObject, formatGrantObject, ' ON ')}`,
  showRoleGrants: (node) => `SHOW ROLE GRANTS${fromCatalog(node)}`,
  showRoles: (node) => `SHOW ${node.current ? 'CURRENT ' : ''}ROLES${fromCatalog(node)}`,
}
