import type { ConnectorAccessControl, ConnectorIdentity } from '../../spi/index.js'

/** Whoever a question about the whole engine is about. */
export type Identity = Pick<ConnectorIdentity, 'user' | 'groups'>

/**
 * Says who may do what in the whole engine, before connectors are asked. Checks refuse by throwing PERMISSION_DENIED.
 * @source Trino SystemAccessControl
 */
export interface SystemAccessControl {
  /** As `access-control.name` has it. */
  readonly name: 'file' | 'read-only'
  checkCanExecuteQuery(identity: Identity): void
  /** Of who asks as somebody else. */
  checkCanImpersonateUser(identity: Identity, user: string): void
  checkCanKillQueryOwnedBy(identity: Identity, owner: Identity): void
  canViewQueryOwnedBy(identity: Identity, owner: Identity): boolean
  checkCanSetSystemSessionProperty(identity: Identity, property: string): void
  canAccessCatalog(identity: Identity, catalog: string): boolean
  checkCanCreateCatalog(identity: Identity, catalog: string): void
  checkCanDropCatalog(identity: Identity, catalog: string): void
  /** What it says of the objects of a catalog. Messages have the catalog's name. */
  ofCatalog(catalog: string): ConnectorAccessControl
}
