import {
  type ConnectorSession,
  MillraceError,
  type Principal,
  type RoleGrant,
} from '../../spi/index.js'
import type { Metadata } from './read-metadata.js'
import { type CatalogState, keyOf } from './state.js'

const isSame = (a: Principal, b: Principal): boolean => a.type === b.type && a.name === b.name
const grantKey = (role: string, { type, name }: Principal): string => keyOf(role, type, name)

/** Roles that a principal has, by those that it was granted too. */
export function applicableRoles(state: CatalogState, principal: Principal): readonly RoleGrant[] {
  const found: RoleGrant[] = []
  const waiting: Principal[] = [principal]
  const seen = new Set<string>()
  for (let grantee = waiting.pop(); grantee !== undefined; grantee = waiting.pop()) {
    for (const grant of state.roleGrants.values()) {
      if (!isSame(grant.grantee, grantee)) continue
      found.push(grant)
      if (seen.has(grant.role)) continue
      seen.add(grant.role)
      waiting.push({ type: 'ROLE', name: grant.role })
    }
  }
  return found
}

function enabled(state: CatalogState, { user, identity }: ConnectorSession): readonly string[] {
  const { type, role } = identity.connectorRole ?? { type: 'ALL' as const, role: undefined }
  if (type === 'NONE') return []
  const principal: Principal =
    type === 'ALL' ? { type: 'USER', name: user } : { type: 'ROLE', name: role! }
  const below = applicableRoles(state, principal).map((grant) => grant.role)
  return [...new Set(type === 'ALL' ? below : [role!, ...below])]
}

/** Roles and grants; access is refused by them where `reference.security` says so. */
export function roleManagement(state: CatalogState) {
  const { roles, roleGrants } = state
  return {
    roleExists: (_session, role) => roles.has(role),
    createRole(_session, role, grantor) {
      roles.set(role, { role, ...(grantor === undefined ? {} : { grantor }) })
      if (grantor === undefined) return
      roleGrants.set(grantKey(role, grantor), { grantee: grantor, role, grantable: true })
    },
    dropRole(_session, role) {
      roles.delete(role)
      const principal: Principal = { type: 'ROLE', name: role }
      for (const [key, grant] of roleGrants) {
        if (grant.role === role || isSame(grant.grantee, principal)) roleGrants.delete(key)
      }
      for (const grants of [state.tableGrants, state.schemaGrants]) {
        for (const [key, { grantee }] of grants) if (isSame(grantee, principal)) grants.delete(key)
      }
    },
    listRoles: () => [...roles.keys()],
    listRoleGrants: (_session, principal) =>
      [...roleGrants.values()].filter(({ grantee }) => isSame(grantee, principal)),
    listApplicableRoles: (_session, principal) => applicableRoles(state, principal),
    listEnabledRoles: (session) => enabled(state, session),
    grantRoles(_session, names, grantees, adminOption) {
      for (const role of names) {
        for (const grantee of grantees) {
          const above = applicableRoles(state, { type: 'ROLE', name: role }).map(
            (grant) => grant.role,
          )
          if (grantee.type === 'ROLE' && [role, ...above].includes(grantee.name)) {
            throw new MillraceError(
              'INVALID_ARGUMENTS',
              `A role is granted to none that it has: ${role} to ${grantee.name}`,
            )
          }
          const key = grantKey(role, grantee)
          const grantable = adminOption || roleGrants.get(key)?.grantable === true
          roleGrants.set(key, { grantee, role, grantable })
        }
      }
    },
    revokeRoles(_session, names, grantees, adminOption) {
      for (const key of names.flatMap((role) =>
        grantees.map((grantee) => grantKey(role, grantee)),
      )) {
        const grant = roleGrants.get(key)
        if (grant !== undefined && adminOption) roleGrants.set(key, { ...grant, grantable: false })
        else roleGrants.delete(key)
      }
    },
    ...privileges(state),
  } satisfies Partial<Metadata>
}

function privileges({ tableGrants, schemaGrants }: CatalogState) {
  return {
    grantTablePrivileges(session, table, granted, grantee, grantOption) {
      for (const privilege of granted) {
        const key = keyOf(table.schema, table.table, grantee.type, grantee.name, privilege)
        const grantor: Principal = { type: 'USER', name: session.user }
        const option = grantOption || tableGrants.get(key)?.grantOption === true
        tableGrants.set(key, { table, grantee, grantor, privilege, grantOption: option })
      }
    },
    revokeTablePrivileges(_session, table, revoked, grantee, grantOption) {
      for (const privilege of revoked) {
        const key = keyOf(table.schema, table.table, grantee.type, grantee.name, privilege)
        const grant = tableGrants.get(key)
        if (grant !== undefined && grantOption)
          tableGrants.set(key, { ...grant, grantOption: false })
        else tableGrants.delete(key)
      }
    },
    /** What is not granted is denied: nothing else is kept. */
    denyTablePrivileges(_session, table, denied, grantee) {
      for (const privilege of denied) {
        tableGrants.delete(keyOf(table.schema, table.table, grantee.type, grantee.name, privilege))
      }
    },
    grantSchemaPrivileges(_session, schema, granted, grantee, grantOption) {
      for (const privilege of granted) {
        const key = keyOf(schema, grantee.type, grantee.name, privilege)
        const option = grantOption || schemaGrants.get(key)?.grantOption === true
        schemaGrants.set(key, { schema, grantee, privilege, grantOption: option })
      }
    },
    revokeSchemaPrivileges(_session, schema, revoked, grantee, grantOption) {
      for (const privilege of revoked) {
        const key = keyOf(schema, grantee.type, grantee.name, privilege)
        const grant = schemaGrants.get(key)
        if (grant !== undefined && grantOption)
          schemaGrants.set(key, { ...grant, grantOption: false })
        else schemaGrants.delete(key)
      }
    },
    listTablePrivileges: (_session, { schema, table }) =>
      [...tableGrants.values()].filter(
        (grant) =>
          (schema === undefined || grant.table.schema === schema) &&
          (table === undefined || grant.table.table === table),
      ),
  } satisfies Partial<Metadata>
}
