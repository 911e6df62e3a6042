import { type ConnectorAccessControl, permissionDenied } from '../../spi/index.js'
import type { SystemAccessControl } from './system-access-control.js'

const allowed = (): void => {}

/** Checks that are missing refuse. */
const READING: ConnectorAccessControl = {
  checkCanShowSchemas: allowed,
  checkCanShowCreateSchema: allowed,
  checkCanShowCreateTable: allowed,
  checkCanShowTables: allowed,
  checkCanShowColumns: allowed,
  checkCanShowFunctions: allowed,
  checkCanShowCreateFunction: allowed,
  checkCanShowRoles: allowed,
  checkCanShowCurrentRoles: allowed,
  checkCanShowRoleGrants: allowed,
  checkCanSetRole: allowed,
  checkCanSelectFromColumns: allowed,
  checkCanCreateViewWithSelectFromColumns: allowed,
  checkCanSetCatalogSessionProperty: allowed,
  canExecuteFunction: () => true,
  canCreateViewWithExecuteFunction: () => true,
  filterSchemas: (_, schemas) => schemas,
  filterTables: (_, tables) => tables,
  filterColumns: (_, __, columns) => columns,
  filterFunctions: (_, functions) => functions,
}

/** Everybody may read everything, and change nothing. @source Trino ReadOnlySystemAccessControl */
export const READ_ONLY_ACCESS_CONTROL: SystemAccessControl = {
  name: 'read-only',
  checkCanExecuteQuery: allowed,
  checkCanImpersonateUser(identity, user) {
    throw permissionDenied(`User ${identity.user} cannot impersonate user ${user}`)
  },
  checkCanKillQueryOwnedBy: allowed,
  canViewQueryOwnedBy: () => true,
  checkCanSetSystemSessionProperty: allowed,
  canAccessCatalog: () => true,
  checkCanCreateCatalog(_, catalog) {
    throw permissionDenied(`Cannot create catalog ${catalog}`)
  },
  checkCanDropCatalog(_, catalog) {
    throw permissionDenied(`Cannot drop catalog ${catalog}`)
  },
  ofCatalog: () => READING,
}
