import type { Awaitable, ConnectorAccessControl, ConnectorIdentity } from '../../spi/index.js'

/** Whoever a question about the whole engine is about. */
export type Identity = Pick<ConnectorIdentity, 'user' | 'groups' | 'principal'>

/**
 * Says who may do what in the whole engine, before connectors are asked.
 * @source Trino SystemAccessControl
 */
export interface SystemAccessControl {
  /** As `access-control.name` has it. */
  readonly name: string
  /** @throws PERMISSION_DENIED, as all checks */
  checkCanExecuteQuery(identity: Identity): void
  /** Of who is known to be somebody, and asks as somebody else. */
  checkCanImpersonateUser(identity: Identity, user: string): void
  checkCanSetUser(principal: string | undefined, user: string): void
  checkCanViewQueryOwnedBy(identity: Identity, owner: Identity): void
  checkCanKillQueryOwnedBy(identity: Identity, owner: Identity): void
  canViewQueryOwnedBy(identity: Identity, owner: Identity): boolean
  checkCanSetSystemSessionProperty(identity: Identity, property: string): void
  canAccessCatalog(identity: Identity, catalog: string): boolean
  checkCanCreateCatalog(identity: Identity, catalog: string): void
  checkCanDropCatalog(identity: Identity, catalog: string): void
  /** What it says of the objects of a catalog. Messages have the catalog's name. */
  ofCatalog(catalog: string): ConnectorAccessControl
}

/** Groups of a user. @source Trino GroupProvider */
export type GroupProvider = (user: string) => Awaitable<readonly string[]>
