import type { ConnectorSession, Principal, RoleGrant } from '../../spi/index.js'
import { MillraceError } from '../../spi/index.js'
import { type CatalogMaps, keyOf, putSchemaGrant, putTableGrant } from './catalog-maps.js'
import type { Metadata } from './table-metadata.js'

const isSame = (a: Principal, b: Principal): boolean => a.type === b.type && a.name === b.name

const grantKey = (role: string, grantee: Principal): string =>
  keyOf(role, grantee.type, grantee.name)

/**
 * Roles and grants of a catalog. They decide who may do what where the catalog's security is the SQL standard's
 * ({@link memoryAccessControl}); elsewhere they are kept and shown.
 * @source Trino ConnectorMetadata; SQL:2016 4.42.3 for roles granted to roles
 */
export function roleManagement(maps: CatalogMaps) {
  return {
    ...roles(maps),
    ...grants(maps),
  } satisfies Partial<Metadata>
}

/** Roles that a principal has, those of its roles too. */
export function applicableRoles(maps: CatalogMaps, principal: Principal): readonly RoleGrant[] {
  const found: RoleGrant[] = []
  const seen = new Set<string>()
  const visit = (grantee: Principal): void => {
    for (const grant of maps.roleGrants.values()) {
      if (!isSame(grant.grantee, grantee)) continue
      found.push(grant)
      if (seen.has(grant.role)) continue
      seen.add(grant.role)
      visit({ type: 'ROLE', name: grant.role })
    }
  }
  visit(principal)
  return found
}

function enabledRoles(maps: CatalogMaps, { user, identity }: ConnectorSession): readonly string[] {
  const selected = identity.connectorRole ?? { type: 'ALL' }
  switch (selected.type) {
    case 'NONE':
      return []
    case 'ALL':
      return [...new Set(applicableRoles(maps, { type: 'USER', name: user }).map((g) => g.role))]
    case 'ROLE': {
      const name = selected.role!
      const below = applicableRoles(maps, { type: 'ROLE', name }).map((g) => g.role)
      return [...new Set([name, ...below])]
    }
  }
}

function roles(maps: CatalogMaps) {
  return {
    roleExists: (_session, role) => maps.roles.has(keyOf(role)),
    createRole(_session, role, grantor) {
      maps.roles.set(keyOf(role), grantor === undefined ? {} : { grantor })
      if (grantor === undefined) return
      maps.roleGrants.set(grantKey(role, grantor), { grantee: grantor, role, grantable: true })
    },
    dropRole(_session, role) {
      maps.roles.delete(keyOf(role))
      const principal: Principal = { type: 'ROLE', name: role }
      for (const [key, grant] of maps.roleGrants) {
        if (grant.role === role || isSame(grant.grantee, principal)) maps.roleGrants.delete(key)
      }
      for (const all of [maps.tableGrants, maps.schemaGrants]) {
        for (const [key, { grantee }] of all) if (isSame(grantee, principal)) all.delete(key)
      }
    },
    listRoles: () => [...maps.roles.keys()].map((key) => JSON.parse(key)[0] as string),
    listRoleGrants: (_session, principal) =>
      [...maps.roleGrants.values()].filter((grant) => isSame(grant.grantee, principal)),
    listApplicableRoles: (_session, principal) => applicableRoles(maps, principal),
    listEnabledRoles: (session) => enabledRoles(maps, session),
    grantRoles(_session, names, grantees, adminOption) {
      for (const role of names) {
        for (const grantee of grantees) {
          refuseCycle(maps, role, grantee)
          const key = grantKey(role, grantee)
          const grantable = adminOption || maps.roleGrants.get(key)?.grantable === true
          maps.roleGrants.set(key, { grantee, role, grantable })
        }
      }
    },
    revokeRoles(_session, names, grantees, adminOption) {
      for (const role of names) {
        for (const grantee of grantees) {
          const key = grantKey(role, grantee)
          const grant = maps.roleGrants.get(key)
          if (grant === undefined) continue
          if (adminOption) maps.roleGrants.set(key, { ...grant, grantable: false })
          else maps.roleGrants.delete(key)
        }
      }
    },
  } satisfies Partial<Metadata>
}

function refuseCycle(maps: CatalogMaps, role: string, grantee: Principal): void {
  if (grantee.type !== 'ROLE') return
  const above = applicableRoles(maps, { type: 'ROLE', name: role })
  if (role !== grantee.name && !above.some((grant) => grant.role === grantee.name)) return
  throw new MillraceError(
    'INVALID_ARGUMENTS',
    `A role can't be granted to itself, nor to one that it has: ${role} to ${grantee.name}`,
  )
}

function grants(maps: CatalogMaps) {
  return {
    grantTablePrivileges(session, table, privileges, grantee, grantOption) {
      for (const privilege of privileges) {
        const key = keyOf(table.schema, table.table, grantee.type, grantee.name, privilege)
        putTableGrant(maps, {
          table,
          grantee,
          grantor: { type: 'USER', name: session.user },
          privilege,
          grantOption: grantOption || maps.tableGrants.get(key)?.grantOption === true,
        })
      }
    },
    revokeTablePrivileges(_session, table, privileges, grantee, grantOption) {
      for (const privilege of privileges) {
        const key = keyOf(table.schema, table.table, grantee.type, grantee.name, privilege)
        const grant = maps.tableGrants.get(key)
        if (grant === undefined) continue
        if (grantOption) maps.tableGrants.set(key, { ...grant, grantOption: false })
        else maps.tableGrants.delete(key)
      }
    },
    grantSchemaPrivileges(_session, schema, privileges, grantee, grantOption) {
      for (const privilege of privileges) {
        const key = keyOf(schema, grantee.type, grantee.name, privilege)

        putSchemaGrant(maps, {
          schema,
          grantee,
          privilege,
          grantOption: grantOption || maps.schemaGrants.get(key)?.grantOption === true,
        })
      }
    },
    revokeSchemaPrivileges(_session, schema, privileges, grantee, grantOption) {
      for (const privilege of privileges) {
        const key = keyOf(schema, grantee.type, grantee.name, privilege)
        const grant = maps.schemaGrants.get(key)
        if (grant === undefined) continue
        if (grantOption) maps.schemaGrants.set(key, { ...grant, grantOption: false })
        else maps.schemaGrants.delete(key)
      }
    },
    listTablePrivileges: (_session, { schema, table }) =>
      [...maps.tableGrants.values()].filter(
        (grant) =>
          (schema === undefined || grant.table.schema === schema) &&
          (table === undefined || grant.table.table === table),
      ),
  } satisfies Partial<Metadata>
}
