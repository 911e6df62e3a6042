import {
  ADMIN_ROLE,
  type ConnectorAccessControl,
  type Principal,
  type PrivilegeInfo,
  PUBLIC_ROLE,
  sqlStandardAccessControl,
} from '../../spi/index.js'
import { applicableRoles } from './role-management.js'
import { keyOf, type ReferenceCatalog } from './state.js'

const userOf = (name: string | undefined): Principal | undefined =>
  name === undefined ? undefined : { type: 'USER', name }

const isOneOf = (grantees: readonly Principal[], { type, name }: Principal): boolean =>
  grantees.some((grantee) => grantee.type === type && grantee.name === name)

/** Access by owners, grants and roles as a transaction sees them. User `admin` has the role of that name; schema `default` is everybody's. */
export function referenceAccessControl(catalog: ReferenceCatalog): ConnectorAccessControl<number> {
  return sqlStandardAccessControl<number>({
    schemaOwner: (transaction, schema) =>
      catalog.stateOf(transaction).schemas.get(schema)?.owner ??
      (schema === 'default' ? { type: 'ROLE', name: PUBLIC_ROLE } : undefined),
    relationOwner(transaction, { schema, table }) {
      const { tables, views, materializedViews } = catalog.stateOf(transaction)
      const key = keyOf(schema, table)
      return (
        tables.get(key)?.owner ??
        userOf(views.get(key)?.definition.owner ?? materializedViews.get(key)?.definition.owner)
      )
    },
    functionOwner(transaction, name) {
      const found = [...catalog.stateOf(transaction).functions.values()].find(
        (f) => f.name.schema === name.schema && f.name.function === name.function,
      )
      return userOf(found?.definition.owner)
    },
    tableGrants: (transaction, { schema, table }, grantees): readonly PrivilegeInfo[] =>
      [...catalog.stateOf(transaction).tableGrants.values()].filter(
        (grant) =>
          grant.table.schema === schema &&
          grant.table.table === table &&
          isOneOf(grantees, grant.grantee),
      ),
    schemaGrants: (transaction, schema, grantees): readonly PrivilegeInfo[] =>
      [...catalog.stateOf(transaction).schemaGrants.values()].filter(
        (grant) => grant.schema === schema && isOneOf(grantees, grant.grantee),
      ),
    applicableRoles: (transaction, principal) => [
      ...applicableRoles(catalog.stateOf(transaction), principal),
      ...(principal.type === 'USER' && principal.name === ADMIN_ROLE
        ? [{ grantee: principal, role: ADMIN_ROLE, grantable: true }]
        : []),
    ],
  })
}
