import { INFORMATION_SCHEMA } from '../../connectors/information-schema/connector.js'
import type {
  MetadataResolver,
  PathEntry,
  QualifiedObjectName,
  ResolvedColumn,
  ResolvedRelation,
  ResolvedTable,
  ResolvedView,
  TableVersion,
} from '../../planner/metadata.js'
import {
  type CatalogSchemaTableName,
  type ConnectorMaterializedViewDefinition,
  type ConnectorMetadata,
  type ConnectorTableMetadata,
  type ConnectorTableVersion,
  type ConnectorViewDefinition,
  MillraceError,
  type SqlType,
} from '../../spi/index.js'
import type { QueryAccess } from '../security/query-access.js'
import type { QueryContext } from '../session/query-context.js'
import { listRelations, listSchemas } from './catalog-information.js'
import { informationCatalog } from './catalog-manager.js'
import { resolveTableFunction } from './table-functions.js'

/** How far redirections of a table may lead. @source Trino MetadataManager.MAX_TABLE_REDIRECTIONS */
const MAX_REDIRECTIONS = 10

export interface ResolverOptions {
  /** The type of a name such as `array(varchar(10))`. */
  readonly parseType: (name: string) => SqlType
  /** Sources that the program registered, by bare name. */
  readonly registered?: (name: string) => Promise<ResolvedTable | undefined>
  readonly registeredNames?: () => Iterable<string>
  /** Files by path. */
  readonly files?: (path: string) => Promise<ResolvedTable | undefined>
}

/** Answers the analyzer's questions from the catalogs of a query. Each relation is looked up once a query. */
export function createMetadataResolver(
  context: QueryContext,
  options: ResolverOptions,
): MetadataResolver {
  const relations = new Map<string, Promise<ResolvedRelation | undefined>>()
  return {
    catalogExists: async (catalog) => context.catalogs.find(catalog) !== undefined,
    schemaExists: (catalog, schema) => schemaExists(context, catalog, schema),
    getRelation(name, version) {
      if (version !== undefined) return resolveRelation(context, options, name, version)
      const key = JSON.stringify([name.catalog, name.schema, name.name])
      let relation = relations.get(key)
      if (relation === undefined) {
        relation = resolveRelation(context, options, name, undefined)
        relations.set(key, relation)
      }
      return relation
    },
    async getTableFunction(name, accessor) {
      const found = resolveTableFunction(context, name)
      if (found !== undefined) await context.access?.checkFunction(name, accessor)
      return found
    },
    ...(context.access === undefined ? {} : tableSecurity(context.access)),
    async getRowChange({ table }) {
      const metadata = await context.metadata(table.catalog)
      const session = context.connectorSession(table.catalog)
      if (metadata.getMergeRowIdColumnHandle === undefined) return undefined
      const handle = await metadata.getMergeRowIdColumnHandle(session, table.handle)
      const { type } = await metadata.getColumnMetadata(session, table.handle, handle)
      return {
        rowId: { handle, type },
        paradigm:
          (await metadata.getRowChangeParadigm?.(session, table.handle)) ??
          'DELETE_ROW_AND_INSERT_ROW',
      }
    },
    async getLanguageFunctions(fullName, accessor) {
      const { catalog, schema, name } = fullName
      if (context.catalogs.find(catalog) === undefined) return []
      const metadata = await context.metadata(catalog)
      const session = context.connectorSession(catalog)
      const found = await metadata.getLanguageFunctions?.(session, { schema, function: name })
      if (found === undefined || found.length === 0) return []
      await context.access?.checkFunction(fullName, accessor)
      return found.map((definition) => definition.sql)
    },
    namesBeside: (name) => namesBeside(context, options, name),
    ...(options.files === undefined ? {} : { getFileTable: options.files }),
    ...(options.registered === undefined ? {} : { getRegistered: options.registered }),
  }
}

const tableSecurity = (access: QueryAccess): Pick<MetadataResolver, 'getTableSecurity'> => ({
  getTableSecurity: (name, columns, accessor) => access.tableSecurity(name, columns, accessor),
})

/** Tells whether a catalog has a schema; false too where there is no such catalog. */
export async function schemaExists(
  context: QueryContext,
  catalog: string,
  schema: string,
): Promise<boolean> {
  if (context.catalogs.find(catalog) === undefined) return false
  if (schema === INFORMATION_SCHEMA) return true
  const metadata = await context.metadata(catalog)
  const session = context.connectorSession(catalog)
  if (metadata.schemaExists !== undefined) return metadata.schemaExists(session, schema)
  return (await metadata.listSchemaNames(session)).includes(schema)
}

async function namesBeside(
  context: QueryContext,
  options: ResolverOptions,
  { catalog, schema }: QualifiedObjectName,
): Promise<readonly string[]> {
  if (context.catalogs.find(catalog) === undefined) {
    return context.catalogs.list().map(({ name }) => name)
  }
  try {
    const schemas = await listSchemas(context, catalog)
    if (!schemas.includes(schema)) return schemas
    const relations = await listRelations(context, catalog, { schema })
    return [...relations.map(({ table }) => table), ...(options.registeredNames?.() ?? [])]
  } catch {
    // A connector that cannot list its tables costs the hint, and the error is still that there is no such name.
    return []
  }
}

async function resolveRelation(
  context: QueryContext,
  options: ResolverOptions,
  name: QualifiedObjectName,
  version: TableVersion | undefined,
): Promise<ResolvedRelation | undefined> {
  if (context.catalogs.find(name.catalog) === undefined) return undefined
  const view = version === undefined ? await findView(context, name) : undefined
  if (view !== undefined) return resolvedView(name, view, options.parseType)
  const materialized = version === undefined ? await findMaterializedView(context, name) : undefined
  if (materialized !== undefined)
    return resolveMaterializedView(context, options, name, materialized)
  const target = await followRedirections(context, name)
  return resolveTable(
    context,
    target,
    version === undefined ? undefined : connectorVersion(version),
  )
}

const connectorVersion = ({ rangeType, value }: TableVersion): ConnectorTableVersion => ({
  pointerType: rangeType === 'TIMESTAMP' ? 'TEMPORAL' : 'TARGET_ID',
  type: value.type,
  value: value.value,
})

/** The definition of a view, undefined where there is none of the name or no such catalog. */
export async function findView(
  context: QueryContext,
  name: QualifiedObjectName,
): Promise<ConnectorViewDefinition | undefined> {
  if (name.schema === INFORMATION_SCHEMA) return undefined
  if (context.catalogs.find(name.catalog) === undefined) return undefined
  const metadata = await context.metadata(name.catalog)
  return metadata.getView?.(context.connectorSession(name.catalog), {
    schema: name.schema,
    table: name.name,
  })
}

/** The definition of a materialized view, undefined where there is none of the name or no such catalog. */
export async function findMaterializedView(
  context: QueryContext,
  name: QualifiedObjectName,
): Promise<ConnectorMaterializedViewDefinition | undefined> {
  if (name.schema === INFORMATION_SCHEMA) return undefined
  if (context.catalogs.find(name.catalog) === undefined) return undefined
  const metadata = await context.metadata(name.catalog)
  return metadata.getMaterializedView?.(context.connectorSession(name.catalog), {
    schema: name.schema,
    table: name.name,
  })
}

/** The stored rows of a materialized view while they are fresh enough, its query once they are not. */
async function resolveMaterializedView(
  context: QueryContext,
  options: ResolverOptions,
  name: QualifiedObjectName,
  view: ConnectorMaterializedViewDefinition,
): Promise<ResolvedRelation> {
  const { storageTable } = view
  if (storageTable !== undefined && (await isFreshEnough(context, name, view))) {
    const stored = await resolveTable(context, objectName(storageTable))
    if (stored !== undefined) {
      // How fresh the rows are may be another thing for the next query.
      const { version: _, ...table } = stored
      return { ...table, name, isMaterializedView: true }
    }
  }
  const { version: _, ...expanded } = resolvedView(
    name,
    { ...view, runAsInvoker: false },
    options.parseType,
  )
  return { ...expanded, isMaterializedView: true }
}

/** @source Trino StatementAnalyzer.isMaterializedViewSufficientlyFresh */
async function isFreshEnough(
  context: QueryContext,
  name: QualifiedObjectName,
  { gracePeriodMillis }: ConnectorMaterializedViewDefinition,
): Promise<boolean> {
  const metadata = await context.metadata(name.catalog)
  const freshness = await metadata.getMaterializedViewFreshness?.(
    context.connectorSession(name.catalog),
    { schema: name.schema, table: name.name },
  )
  if (freshness === undefined) return false
  if (freshness.freshness === 'FRESH') return true
  if (freshness.lastFreshMillis === undefined) return false
  if (gracePeriodMillis === undefined) return true
  if (gracePeriodMillis === 0) return false
  return context.startMillis - freshness.lastFreshMillis <= gracePeriodMillis
}

function resolvedView(
  name: QualifiedObjectName,
  view: ConnectorViewDefinition,
  parseType: (name: string) => SqlType,
): ResolvedView {
  const path = view.path?.map(({ catalog, schema }): PathEntry => ({ catalog, schema }))
  return {
    kind: 'view',
    name,
    sql: view.originalSql,
    ...(view.catalog === undefined ? {} : { catalog: view.catalog }),
    ...(view.schema === undefined ? {} : { schema: view.schema }),
    ...(path === undefined ? {} : { path }),
    columns: view.columns.map((column) => ({ name: column.name, type: parseType(column.type) })),
    ...(view.owner === undefined ? {} : { owner: view.owner }),
    version: JSON.stringify([
      view.originalSql,
      view.columns,
      view.owner,
      view.catalog,
      view.schema,
      path,
    ]),
  }
}

/** The name a table really has, after redirections of its connectors. */
async function followRedirections(
  context: QueryContext,
  name: QualifiedObjectName,
): Promise<QualifiedObjectName> {
  if (name.schema === INFORMATION_SCHEMA) return name
  let current = name
  const visited = [name]
  for (;;) {
    const metadata = await context.metadata(current.catalog)
    const target = await metadata.redirectTable?.(context.connectorSession(current.catalog), {
      schema: current.schema,
      table: current.name,
    })
    if (target === undefined) return current
    current = objectName(target)
    if (visited.some((seen) => printName(seen) === printName(current)))
      throw redirectionError('Table redirections form a loop', [...visited, current])
    visited.push(current)
    if (visited.length > MAX_REDIRECTIONS)
      throw redirectionError('Table redirected too many times', visited)
    if (context.catalogs.find(current.catalog) === undefined)
      throw redirectionError('Table is redirected to a catalog that does not exist', visited)
  }
}

const redirectionError = (message: string, names: readonly QualifiedObjectName[]): MillraceError =>
  new MillraceError('TABLE_REDIRECTION_ERROR', `${message}: ${names.map(printName).join(' -> ')}`)

const objectName = (name: CatalogSchemaTableName): QualifiedObjectName => ({
  catalog: name.catalog,
  schema: name.schema,
  name: name.table,
})

/** `catalog.schema.table`, for messages. */
export const printName = (name: QualifiedObjectName): string =>
  `${name.catalog}.${name.schema}.${name.name}`

/** The catalog whose connector answers for a table: information_schema has one of its own behind each catalog. */
const connectorCatalog = (name: QualifiedObjectName): string =>
  name.schema === INFORMATION_SCHEMA ? informationCatalog(name.catalog) : name.catalog

/** A table as its connector knows it in this query. */
export interface TableLookup {
  readonly name: QualifiedObjectName
  /** Whose connector has it. */
  readonly catalog: string
  readonly metadata: ConnectorMetadata
  readonly handle: unknown
  readonly tableMetadata: ConnectorTableMetadata
  readonly columnHandles: ReadonlyMap<string, unknown>
}

/** Looks a table up by its own name; undefined where there is none (a view is none), or no such catalog. */
export async function lookUpTable(
  context: QueryContext,
  name: QualifiedObjectName,
  version?: ConnectorTableVersion,
): Promise<TableLookup | undefined> {
  if (context.catalogs.find(name.catalog) === undefined) return undefined
  const catalog = connectorCatalog(name)
  const metadata = await context.metadata(catalog)
  const session = context.connectorSession(catalog)
  const handle = await metadata.getTableHandle(
    session,
    { schema: name.schema, table: name.name },
    undefined,
    version,
  )
  if (handle === undefined) return undefined
  const [tableMetadata, columnHandles] = await Promise.all([
    metadata.getTableMetadata(session, handle),
    metadata.getColumnHandles(session, handle),
  ])
  return { name, catalog, metadata, handle, tableMetadata, columnHandles }
}

/** A table as the planner sees it; undefined where there is none of the name. */
export async function resolveTable(
  context: QueryContext,
  name: QualifiedObjectName,
  version?: ConnectorTableVersion,
): Promise<ResolvedTable | undefined> {
  const found = await lookUpTable(context, name, version)
  if (found === undefined) return undefined
  const { catalog } = found
  const session = context.connectorSession(catalog)
  const tableVersion = await found.metadata.getTableVersion?.(session, found.handle)
  const { handle: transaction } = await context.transaction.join(catalog)
  return {
    kind: 'table',
    name,
    table: {
      catalog,
      schema: name.schema,
      table: name.name,
      handle: found.handle,
      ...(transaction === null ? {} : { transaction }),
    },
    columns: found.tableMetadata.columns.map((column): ResolvedColumn => {
      const handle = found.columnHandles.get(column.name)
      if (handle === undefined) {
        throw new MillraceError(
          'GENERIC_INTERNAL_ERROR',
          `Connector gave no handle for a column: ${printName(name)}.${column.name}`,
        )
      }
      return {
        name: column.name,
        type: column.type,
        handle,
        ...(column.hidden === true ? { hidden: true } : {}),
        ...(column.nullable === undefined ? {} : { nullable: column.nullable }),
      }
    }),
    ...(tableVersion === undefined ? {} : { version: tableVersion }),
  }
}
