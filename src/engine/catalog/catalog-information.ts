import {
  INFORMATION_SCHEMA,
  INFORMATION_SCHEMA_TABLES,
} from '../../connectors/information-schema/connector.js'
import {
  type CatalogInformation,
  type ConnectorMaterializedViewDefinition,
  type ConnectorMetadata,
  type ConnectorSession,
  type ConnectorViewDefinition,
  displayTypeName,
  type GrantInfo,
  type RelationColumns,
  type RelationComment,
  type RelationDescription,
  type SchemaTableName,
  type SchemaTablePrefix,
  type SqlType,
} from '../../spi/index.js'
import type { QueryContext } from '../session/query-context.js'

interface Parts {
  readonly metadata: ConnectorMetadata
  readonly session: ConnectorSession
}

async function partsOf(context: QueryContext, catalog: string): Promise<Parts> {
  return {
    metadata: await context.metadata(catalog),
    session: context.connectorSession(catalog),
  }
}

const isIncluded = (name: SchemaTableName, { schema, table }: SchemaTablePrefix): boolean =>
  (schema === undefined || name.schema === schema) && (table === undefined || name.table === table)

const informationTables = (prefix: SchemaTablePrefix): SchemaTableName[] =>
  INFORMATION_SCHEMA_TABLES.map(({ name }) => ({ schema: INFORMATION_SCHEMA, table: name })).filter(
    (name) => isIncluded(name, prefix),
  )

const compareNames = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The schemas of a catalog, information_schema among them, sorted. */
export async function listSchemas(context: QueryContext, catalog: string): Promise<string[]> {
  const { metadata, session } = await partsOf(context, catalog)
  const names = new Set([...(await metadata.listSchemaNames(session)), INFORMATION_SCHEMA])
  const visible = (await context.access?.filterSchemas(catalog, [...names])) ?? [...names]
  return [...visible].sort(compareNames)
}

/** Those of some things that are about tables the user may know of. */
async function visible<T>(
  { access }: QueryContext,
  catalog: string,
  all: readonly T[],
  nameOf: (item: T) => SchemaTableName,
): Promise<readonly T[]> {
  if (access === undefined || all.length === 0) return all
  const names = new Map(all.map((item) => [keyOf(nameOf(item)), nameOf(item)]))
  const kept = await access.filterTables(catalog, [...names.values()])
  const keys = new Set(kept.map(keyOf))
  return all.filter((item) => keys.has(keyOf(nameOf(item))))
}

/** Those of a catalog's grants that are on tables the user may know of. */
export const visibleGrants = (
  context: QueryContext,
  catalog: string,
  grants: readonly GrantInfo[],
): Promise<readonly GrantInfo[]> => visible(context, catalog, grants, (grant) => grant.table)

/** The tables and views of a catalog whose names begin as the prefix says. */
export const listRelations = async (
  context: QueryContext,
  catalog: string,
  prefix: SchemaTablePrefix,
): Promise<readonly RelationDescription[]> =>
  visible(context, catalog, await allRelations(context, catalog, prefix), (name) => name)

async function allRelations(
  context: QueryContext,
  catalog: string,
  prefix: SchemaTablePrefix,
): Promise<RelationDescription[]> {
  const own = informationTables(prefix).map(
    (name): RelationDescription => ({ ...name, type: 'TABLE' }),
  )
  if (prefix.schema === INFORMATION_SCHEMA) return own
  const { metadata, session } = await partsOf(context, catalog)
  if (prefix.schema !== undefined && prefix.table !== undefined) {
    return findRelation(metadata, session, { schema: prefix.schema, table: prefix.table })
  }
  const [names, views, materialized] = await Promise.all([
    metadata.listTables(session, prefix.schema),
    metadata.listViews?.(session, prefix.schema) ?? [],
    metadata.listMaterializedViews?.(session, prefix.schema) ?? [],
  ])
  const types = new Map<string, RelationDescription['type']>([
    ...views.map((name) => [keyOf(name), 'VIEW'] as const),
    ...materialized.map((name) => [keyOf(name), 'MATERIALIZED_VIEW'] as const),
  ])
  const all = new Map([...names, ...views, ...materialized].map((name) => [keyOf(name), name]))
  const relations = [...all]
    .filter(([, name]) => isIncluded(name, prefix))
    .map(
      ([key, name]): RelationDescription => ({
        schema: name.schema,
        table: name.table,
        type: types.get(key) ?? 'TABLE',
      }),
    )
  return [...relations, ...own]
}

const keyOf = (name: SchemaTableName): string => JSON.stringify([name.schema, name.table])

async function findRelation(
  metadata: ConnectorMetadata,
  session: ConnectorSession,
  name: SchemaTableName,
): Promise<RelationDescription[]> {
  if ((await metadata.getView?.(session, name)) !== undefined) return [{ ...name, type: 'VIEW' }]
  if ((await metadata.getMaterializedView?.(session, name)) !== undefined) {
    return [{ ...name, type: 'MATERIALIZED_VIEW' }]
  }
  const handle = await metadata.getTableHandle(session, name)
  return handle === undefined ? [] : [{ ...name, type: 'TABLE' }]
}

async function listViewDefinitions(
  context: QueryContext,
  catalog: string,
  prefix: SchemaTablePrefix,
): Promise<readonly (readonly [SchemaTableName, ConnectorViewDefinition])[]> {
  if (prefix.schema === INFORMATION_SCHEMA) return []
  const { metadata, session } = await partsOf(context, catalog)
  const views = (await metadata.getViews?.(session, prefix)) ?? []
  const included = views.filter(([name]) => isIncluded(name, prefix))
  return visible(context, catalog, included, ([name]) => name)
}

async function listMaterializedViewDefinitions(
  context: QueryContext,
  catalog: string,
  prefix: SchemaTablePrefix,
): Promise<readonly (readonly [SchemaTableName, ConnectorMaterializedViewDefinition])[]> {
  if (prefix.schema === INFORMATION_SCHEMA) return []
  const { metadata, session } = await partsOf(context, catalog)
  const names = (await metadata.listMaterializedViews?.(session, prefix.schema)) ?? []
  const found = await Promise.all(
    names
      .filter((name) => isIncluded(name, prefix))
      .map(async (name) => [name, await metadata.getMaterializedView?.(session, name)] as const),
  )
  const views = found.flatMap(([name, view]) => (view === undefined ? [] : [[name, view] as const]))
  return visible(context, catalog, views, ([name]) => name)
}

/** The columns of the tables and views of a catalog that the user may know of. */
export async function* listColumns(
  context: QueryContext,
  catalog: string,
  prefix: SchemaTablePrefix,
  parseType: (name: string) => SqlType,
): AsyncGenerator<RelationColumns> {
  const { access } = context
  for await (const relation of allColumns(context, catalog, prefix, parseType)) {
    if (access === undefined) {
      yield relation
      continue
    }
    const { table, columns } = relation
    if ((await access.filterTables(catalog, [table])).length === 0) continue
    const names = columns.map((column) => column.name)
    const kept = new Set(await access.filterColumns(catalog, table, names))
    if (kept.size > 0) yield { table, columns: columns.filter(({ name }) => kept.has(name)) }
  }
}

async function* allColumns(
  context: QueryContext,
  catalog: string,
  prefix: SchemaTablePrefix,
  parseType: (name: string) => SqlType,
): AsyncGenerator<RelationColumns> {
  for (const { name, columns } of INFORMATION_SCHEMA_TABLES) {
    const table = { schema: INFORMATION_SCHEMA, table: name }
    if (isIncluded(table, prefix)) yield { table, columns }
  }
  if (prefix.schema === INFORMATION_SCHEMA) return
  const { metadata, session } = await partsOf(context, catalog)
  const views = [
    ...(await listViewDefinitions(context, catalog, prefix)),
    ...(await listMaterializedViewDefinitions(context, catalog, prefix)),
  ]
  const viewKeys = new Set(views.map(([name]) => keyOf(name)))
  for await (const { table, columns } of metadata.streamTableColumns(session, prefix)) {
    if (columns === undefined || viewKeys.has(keyOf(table)) || !isIncluded(table, prefix)) continue
    yield { table, columns }
  }
  for (const [table, view] of views) {
    yield {
      table,
      columns: view.columns.map(({ name, type, comment }) => ({
        name,
        type: parseType(type),
        ...(comment === undefined ? {} : { comment }),
      })),
    }
  }
}

const listComments = async (
  context: QueryContext,
  catalog: string,
  prefix: SchemaTablePrefix,
): Promise<readonly RelationComment[]> =>
  visible(context, catalog, await allComments(context, catalog, prefix), (comment) => comment)

async function allComments(
  context: QueryContext,
  catalog: string,
  prefix: SchemaTablePrefix,
): Promise<RelationComment[]> {
  const { metadata, session } = await partsOf(context, catalog)
  const comments: RelationComment[] = []
  if (metadata.streamRelationComments !== undefined && prefix.schema !== INFORMATION_SCHEMA) {
    for await (const { name, comment } of metadata.streamRelationComments(session, prefix.schema)) {
      if (isIncluded(name, prefix)) {
        comments.push({ ...name, ...(comment === undefined ? {} : { comment }) })
      }
    }
    return comments
  }
  const views = new Map(
    (await listViewDefinitions(context, catalog, prefix)).map(([name, view]) => [
      keyOf(name),
      view.comment,
    ]),
  )
  for (const { schema, table, type } of await listRelations(context, catalog, prefix)) {
    const name = { schema, table }
    const comment =
      type === 'VIEW'
        ? views.get(keyOf(name))
        : schema === INFORMATION_SCHEMA
          ? undefined
          : await tableComment(metadata, session, name)
    comments.push({ ...name, ...(comment === undefined ? {} : { comment }) })
  }
  return comments
}

async function tableComment(
  metadata: ConnectorMetadata,
  session: ConnectorSession,
  name: SchemaTableName,
): Promise<string | undefined> {
  const handle = await metadata.getTableHandle(session, name)
  return handle === undefined
    ? undefined
    : (await metadata.getTableMetadata(session, handle)).comment
}

/** What information_schema and the system catalog show of catalogs, in the transaction of the query that reads them. */
export function createCatalogInformation(
  contextOf: (queryId: string) => QueryContext,
  parseType: (name: string) => SqlType,
): CatalogInformation {
  const of = (session: ConnectorSession) => contextOf(session.queryId)
  return {
    listCatalogs: (session) =>
      of(session)
        .catalogs.list()
        .filter(({ name }) => of(session).access?.canAccessCatalog(name) ?? true)
        .map(({ name, connectorName }) => ({ name, connectorName })),
    listSchemas: (session, catalog) => listSchemas(of(session), catalog),
    listRelations: (session, catalog, prefix) => listRelations(of(session), catalog, prefix),
    listColumns: (session, catalog, prefix) => listColumns(of(session), catalog, prefix, parseType),
    async listViews(session, catalog, prefix) {
      const views = await listViewDefinitions(of(session), catalog, prefix)
      return views.map(([name, { originalSql }]) => ({ ...name, originalSql }))
    },
    async listMaterializedViews(session, catalog, prefix) {
      const views = await listMaterializedViewDefinitions(of(session), catalog, prefix)
      const parts = await partsOf(of(session), catalog)
      return Promise.all(
        views.map(async ([name, { originalSql, storageTable, comment }]) => ({
          ...name,
          originalSql,
          ...(storageTable === undefined ? {} : { storageTable }),
          ...(comment === undefined ? {} : { comment }),
          ...(await parts.metadata.getMaterializedViewFreshness?.(parts.session, name)),
        })),
      )
    },
    listComments: (session, catalog, prefix) => listComments(of(session), catalog, prefix),
    async listRoles(session, catalog) {
      await of(session).access?.check(catalog, 'checkCanShowRoles')
      const parts = await partsOf(of(session), catalog)
      return (await parts.metadata.listRoles?.(parts.session)) ?? []
    },
    async listEnabledRoles(session, catalog) {
      const parts = await partsOf(of(session), catalog)
      return (await parts.metadata.listEnabledRoles?.(parts.session)) ?? []
    },
    async listApplicableRoles(session, catalog) {
      const parts = await partsOf(of(session), catalog)
      const user = { type: 'USER', name: session.user } as const
      return (await parts.metadata.listApplicableRoles?.(parts.session, user)) ?? []
    },
    async listTablePrivileges(session, catalog, prefix) {
      const parts = await partsOf(of(session), catalog)
      const grants = (await parts.metadata.listTablePrivileges?.(parts.session, prefix)) ?? []
      return visibleGrants(of(session), catalog, grants)
    },
    displayType: displayTypeName,
  }
}
