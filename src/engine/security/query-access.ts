import type { RelationUse } from '../../planner/analyzer/access-uses.js'
import type { Accessor, QualifiedObjectName, TableSecurity } from '../../planner/metadata.js'
import {
  type AccessCheck,
  type AccessChecks,
  type Awaitable,
  accessDenied,
  type ConnectorAccessChecks,
  type ConnectorAccessControl,
  type ConnectorIdentity,
  type ConnectorSecurityContext,
  denialOf,
  MillraceError,
  permissionDenied,
  type SchemaFunctionName,
  type SchemaTableName,
  type SqlType,
  type ViewExpression,
} from '../../spi/index.js'
import type { CatalogManager } from '../catalog/catalog-manager.js'
import { REGISTERED_CATALOG } from '../catalog/registered-sources.js'
import { type Session, splitPropertyName } from '../session/session.js'
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
  readonly groupsOf: (user: string) => readonly string[]
  /** The owner of the materialized view that is refreshed. */
  readonly refreshedAs?: string | undefined
}

interface Asked {
  readonly control: ConnectorAccessControl
  readonly context: ConnectorSecurityContext
  /** The catalog's name, where messages have it. */
  readonly shown?: string
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

  /** What a refresh of a materialized view may do: it reads as the view's owner, and writes what is the view's own. */
  refreshing(owner: string | undefined): QueryAccess {
    return new QueryAccess({ ...this.#options, refreshedAs: owner ?? this.#options.session.user })
  }

  /** Whom the statement reads as, where that is not who runs it. */
  get owner(): string | undefined {
    const { refreshedAs, session } = this.#options
    return refreshedAs === session.user ? undefined : refreshedAs
  }

  /** Before the statement is looked at: that it may run at all, with the roles and properties that its session brings. */
  async checkStart(): Promise<void> {
    const { system, session } = this.#options
    system?.checkCanExecuteQuery(this.#identity(undefined))
    for (const [catalog, { type, role }] of session.roles ?? []) {
      if (type === 'ROLE') await this.check(catalog, 'checkCanSetRole', role!)
    }
    for (const name of session.properties.keys()) await this.checkSessionProperty(name)
    for (const [catalog, properties] of session.catalogProperties) {
      for (const name of properties.keys()) await this.checkSessionProperty(`${catalog}.${name}`)
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

  /** @param name `property` of the engine, or `catalog.property` */
  async checkSessionProperty(name: string): Promise<void> {
    const { catalog, property } = splitPropertyName(name)
    if (catalog !== undefined) {
      await this.check(catalog, 'checkCanSetCatalogSessionProperty', property)
      return
    }
    this.#options.system?.checkCanSetSystemSessionProperty(this.#identity(undefined), property)
  }

  /** @throws PERMISSION_DENIED where the catalog may not be used at all */
  checkCatalog(catalog: string): void {
    if (!this.canAccessCatalog(catalog)) throw noCatalog(catalog)
  }

  checkCreateCatalog(catalog: string): void {
    this.#options.system?.checkCanCreateCatalog(this.#identity(undefined), catalog)
  }

  checkDropCatalog(catalog: string): void {
    this.#options.system?.checkCanDropCatalog(this.#identity(undefined), catalog)
  }

  canAccessCatalog(catalog: string): boolean {
    return this.#options.system?.canAccessCatalog(this.#identity(undefined), catalog) ?? true
  }

  /**
   * Of functions that are a catalog's.
   * @throws PERMISSION_DENIED
   */
  async checkFunction(name: QualifiedObjectName, { owner, passesOn }: Accessor): Promise<void> {
    const { catalog, schema } = name
    const about = { schema, function: name.name }
    const method = passesOn === true ? 'canCreateViewWithExecuteFunction' : 'canExecuteFunction'
    for (const { control, context } of await this.#controls(owner, catalog)) {
      if ((await control[method]?.(context, about)) === true) continue
      throw permissionDenied(`Cannot execute function ${catalog}.${schema}.${name.name}`)
    }
  }

  /** The row filters and column masks of all who are asked; undefined where there are none. */
  async tableSecurity(
    name: QualifiedObjectName,
    columns: readonly { readonly name: string; readonly type: SqlType }[],
    { owner }: Accessor,
  ): Promise<TableSecurity | undefined> {
    const { catalog, schema } = name
    if (catalog === REGISTERED_CATALOG || schema === INFORMATION_SCHEMA) return undefined
    const table = tableName(name)
    const rowFilters: ViewExpression[] = []
    const columnMasks: Record<string, ViewExpression> = {}
    for (const { control, context } of await this.#controls(owner, catalog)) {
      rowFilters.push(...((await control.getRowFilters?.(context, table)) ?? []))
      if (control.getColumnMask === undefined) continue
      for (const { name: column, type } of columns) {
        const mask = await control.getColumnMask(context, table, column, type)
        if (mask === undefined) continue
        if (Object.hasOwn(columnMasks, column)) {
          const message = `Column must have a single mask: ${catalog}.${schema}.${name.name}.${column}`
          throw new MillraceError('INVALID_COLUMN_MASK', message)
        }
        columnMasks[column] = mask
      }
    }
    const isEmpty = rowFilters.length === 0 && Object.keys(columnMasks).length === 0
    return isEmpty ? undefined : { rowFilters, columnMasks }
  }

  /** @throws PERMISSION_DENIED for the first thing that a statement may not do */
  async checkUses(uses: readonly RelationUse[]): Promise<void> {
    for (const use of uses) await this.#checkUse(use)
  }

  /** Those of the schemas of a catalog that the user may know of. */
  filterSchemas(catalog: string, schemas: readonly string[]): Promise<readonly string[]> {
    return this.#filter(
      catalog,
      schemas,
      (schema) => schema,
      (control, context, some) => control.filterSchemas?.(context, some),
    )
  }

  filterTables(
    catalog: string,
    tables: readonly SchemaTableName[],
  ): Promise<readonly SchemaTableName[]> {
    return this.#filter(
      catalog,
      tables,
      ({ schema }) => schema,
      (control, context, some) => control.filterTables?.(context, some),
    )
  }

  filterColumns(
    catalog: string,
    table: SchemaTableName,
    columns: readonly string[],
  ): Promise<readonly string[]> {
    return this.#filter(
      catalog,
      columns,
      () => table.schema,
      (control, context, some) => control.filterColumns?.(context, table, some),
    )
  }

  filterFunctions(
    catalog: string,
    functions: readonly SchemaFunctionName[],
  ): Promise<readonly SchemaFunctionName[]> {
    return this.#filter(
      catalog,
      functions,
      ({ schema }) => schema,
      (control, context, some) => control.filterFunctions?.(context, some),
    )
  }

  /** What all who are asked let through; of information_schema, everything. */
  async #filter<T>(
    catalog: string,
    all: readonly T[],
    schemaOf: (item: T) => string,
    ask: (
      control: ConnectorAccessControl,
      context: ConnectorSecurityContext,
      some: readonly T[],
    ) => Awaitable<readonly T[]> | undefined,
  ): Promise<readonly T[]> {
    if (!this.canAccessCatalog(catalog)) return []
    const always = all.filter((item) => schemaOf(item) === INFORMATION_SCHEMA)
    let rest: readonly T[] = all.filter((item) => schemaOf(item) !== INFORMATION_SCHEMA)
    for (const { control, context } of await this.#controls(undefined, catalog)) {
      if (rest.length > 0) rest = (await ask(control, context, rest)) ?? []
    }
    return [...rest, ...always]
  }

  async #checkUse({ kind, owner, passesOn, name, columns }: RelationUse): Promise<void> {
    const { catalog } = name
    const table = tableName(name)
    switch (kind) {
      case 'select':
        if (passesOn === true) return this.#checkOwner(owner, name, columns)
        return this.#checkAs(owner, catalog, 'checkCanSelectFromColumns', [table, columns])
      case 'insert':
        if (this.#options.refreshedAs !== undefined) return
        return this.#checkAs(owner, catalog, 'checkCanInsertIntoTable', [table])
      case 'delete':
        return this.#checkAs(owner, catalog, 'checkCanDeleteFromTable', [table])
      case 'update':
        return this.#checkAs(owner, catalog, 'checkCanUpdateTableColumns', [table, columns])
    }
  }

  /** The owner of a view lets others see what it reads, and must be allowed to. @source Trino ViewAccessControl */
  async #checkOwner(
    owner: string | undefined,
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
    if (system?.canAccessCatalog(this.#identity(owner), catalog) === false) throw noCatalog(catalog)
    if (isAboutInformation(about)) return
    for (const { control, context, shown } of await this.#controls(owner, catalog)) {
      await ask(control, context, check, about, shown)
    }
  }

  /** Who is asked about a catalog's objects, in this order. */
  async #controls(owner: string | undefined, catalog: string): Promise<readonly Asked[]> {
    const { system, catalogs, transaction } = this.#options
    const context = this.#context(owner, catalog)
    const asked: Asked[] = []
    if (system !== undefined) {
      const control = system.ofCatalog(catalog)
      asked.push({ control, context: { ...context, transaction: null }, shown: catalog })
    }
    const control = catalogs.accessControl(catalog)
    if (control !== undefined) {
      const { handle } = await transaction.join(catalog)
      asked.push({ control, context: { ...context, transaction: handle } })
    }
    return asked
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
    const { session, groupsOf } = this.#options
    if (owner !== undefined) return { user: owner, groups: groupsOf(owner) }
    return { user: session.user, groups: session.groups ?? groupsOf(session.user) }
  }
}

const noCatalog = (catalog: string): MillraceError =>
  permissionDenied(`Cannot access catalog ${catalog}`)

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
