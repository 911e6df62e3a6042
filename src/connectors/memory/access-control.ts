import {
  ADMIN_ROLE,
  type ConnectorAccessControl,
  type Principal,
  PUBLIC_ROLE,
  sqlStandardAccessControl,
} from '../../spi/index.js'
import { DEFAULT_SCHEMA, type MemoryCatalog } from './catalog.js'
import { keyOf, schemaGrants, tableGrants } from './catalog-maps.js'
import { applicableRoles } from './roles.js'
import type { MemoryTransactions } from './transactions.js'

/** Access by the owners, grants and roles that a transaction sees. */
export function memoryAccessControl(
  transactions: MemoryTransactions,
): ConnectorAccessControl<number> {
  const catalogOf = (transaction: number): MemoryCatalog => transactions.get(transaction).catalog
  return sqlStandardAccessControl<number>({
    schemaOwner: (transaction, schema) => catalogOf(transaction).schemaOwner(schema),
    relationOwner: (transaction, name) => catalogOf(transaction).owner(name),
    functionOwner(transaction, name) {
      const [first] = catalogOf(transaction).functionsNamed(name)
      return first?.owner === undefined ? undefined : { type: 'USER', name: first.owner }
    },
    tableGrants: (transaction, name, grantees) =>
      tableGrants(catalogOf(transaction).maps, name, grantees),
    schemaGrants: (transaction, schema, grantees) =>
      schemaGrants(catalogOf(transaction).maps, schema, grantees),
    applicableRoles: (transaction, principal) =>
      applicableRoles(catalogOf(transaction).maps, principal),
  })
}

/** Makes the roles that there are from the beginning; the first schema is everybody's. */
export function startSecurity(catalog: MemoryCatalog, admins: readonly string[]): void {
  const { maps } = catalog
  for (const role of [ADMIN_ROLE, PUBLIC_ROLE]) maps.roles.set(keyOf(role), {})
  for (const name of admins) {
    const grantee: Principal = { type: 'USER', name }
    const key = keyOf(ADMIN_ROLE, 'USER', name)
    maps.roleGrants.set(key, { grantee, role: ADMIN_ROLE, grantable: true })
  }
  catalog.setSchemaOwner(DEFAULT_SCHEMA, { type: 'ROLE', name: PUBLIC_ROLE })
}
