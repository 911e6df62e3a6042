import type { RelationUse } from '../../planner/analyzer/access-uses.js'
import type { QualifiedObjectName } from '../../planner/metadata.js'
import {
  type AccessCheck,
  type AccessChecks,
  accessDenied,
  type ConnectorAccessChecks,
  type ConnectorIdentity,
  type ConnectorSecurityContext,
  denialOf,
  permissionDenied,
  type SchemaTableName,
} from '../../spi/index.js'
import type { CatalogManager } from '../catalog/catalog-manager.js'
import { REGISTERED_CATALOG } from '../catalog/registered-sources.js'
import type { Session } from '../session/session.js'
import type { Transaction } from '../session/transaction.js'
import type { SystemAccessControl } from './system-access-control.js'

/** Tables of every catalog, whose rows are only what their reader may see. */
const INFORMATION_SCHEMA = 'information_schema'

/** What a query's access rests on. */
export interface QueryAccessOptions {
  readonly queryId: string
  readonly session: Session
  readonly transaction: Transaction
  readonly catalogs: CatalogManager
  readonly system: SystemAccessControl | undefined
}

/**
 * What one query may do: asks the engine's access control first, then that of the catalog's connector. Of views and column
 * masks parts are asked for as somebody else.
 * @source Trino AccessControlManager
 */
export class QueryAccess {
  readonly #options: QueryAccessOptions

  constructor(options: QueryAccessOptions) {
    this.#options = options
  }

  /** Before the statement is looked at: that it may run at all, with the roles that its session brings. */
  async checkStart(): Promise<void> {
    const { system, session } = this.#options
    system?.checkCanExecuteQuery(this.#identity(undefined))
    for (const [catalog, { type, role }] of session.roles ?? []) {
      if (type === 'ROLE') await this.check(catalog, 'checkCanSetRole', role!)
    }
  }

  /** @throws PERMISSION_DENIED */
  check<Check extends AccessCheck>(
    catalog: string,
    check: Check,
    ...about: AccessChecks[Check]
  ): Promise<void> {
    return this.#checkAs(undefined, catalog, check, about)
  }

  /** @throws PERMISSION_DENIED for the first thing that a statement may not do */
  async checkUses(uses: readonly RelationUse[]): Promise<void> {
    for (const use of uses) await this.#checkUse(use)
  }

  async #checkUse({ kind, owner, name, columns }: RelationUse): Promise<void> {
    const { catalog } = name
    const table = tableName(name)
    switch (kind) {
      case 'select':
        if (owner !== undefined) return this.#checkOwner(owner, name, columns)
        return this.#checkAs(owner, catalog, 'checkCanSelectFromColumns', [table, columns])
      case 'insert':
        return this.#checkAs(owner, catalog, 'checkCanInsertIntoTable', [table])
      case 'delete':
        return this.#checkAs(owner, catalog, 'checkCanDeleteFromTable', [table])
      case 'update':
        return this.#checkAs(owner, catalog, 'checkCanUpdateTableColumns', [table, columns])
    }
  }

  /** The owner of a view lets others see what it reads, and must be allowed to. @source Trino ViewAccessControl */
  async #checkOwner(
    owner: string,
    name: QualifiedObjectName,
    columns: readonly string[],
  ): Promise<void> {
    const check = 'checkCanCreateViewWithSelectFromColumns'
    try {
      await this.#checkAs(owner, name.catalog, check, [tableName(name), columns])
    } catch (error) {
      const denial = denialOf(error)
      if (denial === undefined) throw error
      throw permissionDenied(`View owner does not have sufficient privileges: ${denial}`, error)
    }
  }

  async #checkAs<Check extends AccessCheck>(
    owner: string | undefined,
    catalog: string,
    check: Check,
    about: AccessChecks[Check],
  ): Promise<void> {
    if (catalog === REGISTERED_CATALOG) return
    const { system } = this.#options
    const identity = this.#identity(owner)
    if (system !== undefined && !system.canAccessCatalog(identity, catalog)) {
      throw permissionDenied(`Cannot access catalog ${catalog}`)
    }
    if (isAboutInformation(about)) return
    if (system !== undefined) {
      const context = { ...this.#context(owner, catalog), transaction: null }
      await ask(system.ofCatalog(catalog), context, check, about, catalog)
    }
    const control = this.#options.catalogs.accessControl(catalog)
    if (control === undefined) return
    const { handle } = await this.#options.transaction.join(catalog)
    const context = { ...this.#context(owner, catalog), transaction: handle }
    await ask(control, context, check, about, undefined)
  }

  #context(
    owner: string | undefined,
    catalog: string,
  ): Omit<ConnectorSecurityContext, 'transaction'> {
    const { queryId, session } = this.#options
    const role = owner === undefined ? session.roles?.get(catalog) : undefined
    const identity = this.#identity(owner)
    return {
      queryId,
      identity: role === undefined ? identity : { ...identity, connectorRole: role },
    }
  }

  #identity(owner: string | undefined): ConnectorIdentity {
    const { session } = this.#options
    if (owner !== undefined) return { user: owner, groups: [] }
    return { user: session.user, groups: session.groups ?? [] }
  }
}

const tableName = ({ schema, name }: QualifiedObjectName): SchemaTableName => ({
  schema,
  table: name,
})

/** Whoever may use a catalog may read its information_schema. */
function isAboutInformation([first]: readonly unknown[]): boolean {
  if (typeof first !== 'object' || first === null || !('schema' in first)) return false
  return first.schema === INFORMATION_SCHEMA
}

/** @param catalog for the message */
async function ask<Check extends AccessCheck>(
  control: ConnectorAccessChecks,
  context: ConnectorSecurityContext,
  check: Check,
  about: AccessChecks[Check],
  catalog: string | undefined,
): Promise<void> {
  if (control[check] === undefined) throw accessDenied(check, context.identity, about, catalog)
  await control[check](context, ...about)
}
