import {
  type ColumnMetadata,
  type ConnectorContext,
  MillraceError,
  type SchemaTableName,
} from '../../spi/index.js'
import type { Metadata } from './read-metadata.js'
import {
  type CatalogState,
  keyOf,
  moveGrants,
  type StoredMaterializedView,
  storedTable,
  tableKey,
} from './state.js'
import { nameOf, putTable } from './table-management.js'
import type { ReferenceWrites } from './writes.js'

type Commented = { readonly comment?: string }
const commented = (comment: string | undefined): Commented =>
  comment === undefined ? {} : { comment }
const recommented = <T extends Commented>(value: T, comment: string | undefined): T => {
  const { comment: _, ...rest } = value
  return { ...rest, ...commented(comment) } as T
}
const inSchema = <T extends { readonly name: SchemaTableName }>(
  values: Iterable<T>,
  schema: string | undefined,
): T[] => [...values].filter(({ name }) => schema === undefined || name.schema === schema)

const notFound = (what: string, { schema, table }: SchemaTableName): MillraceError =>
  new MillraceError('TABLE_NOT_FOUND', `${what} does not exist: ${schema}.${table}`)

export function schemaManagement(state: CatalogState) {
  const contents = (schema: string): string[] => [
    ...[...state.tables].filter(([, { name }]) => name.schema === schema).map(([key]) => key),
    ...[...state.views].filter(([, { name }]) => name.schema === schema).map(([key]) => key),
    ...[...state.materializedViews]
      .filter(([, { name }]) => name.schema === schema)
      .map(([key]) => key),
  ]
  return {
    createSchema(_session, schema, properties, owner) {
      state.schemas.set(schema, { owner, properties })
    },
    dropSchema(_session, schema, cascade) {
      const keys = contents(schema)
      if (keys.length > 0 && !cascade) {
        throw new MillraceError('SCHEMA_NOT_EMPTY', `Schema not empty: ${schema}`)
      }
      for (const key of keys) {
        state.tables.delete(key)
        state.views.delete(key)
        state.materializedViews.delete(key)
      }
      state.schemas.delete(schema)
    },
    renameSchema(_session, source, target) {
      const schema = state.schemas.get(source)
      if (schema === undefined || contents(source).length > 0) {
        throw new MillraceError('SCHEMA_NOT_EMPTY', `Only empty schemas are renamed: ${source}`)
      }
      state.schemas.delete(source)
      state.schemas.set(target, schema)
    },
    setSchemaAuthorization(_session, schema, owner) {
      state.schemas.set(schema, { properties: {}, ...state.schemas.get(schema), owner })
    },
    getSchemaProperties: (_session, schema) => state.schemas.get(schema)?.properties ?? {},
    getSchemaOwner: (_session, schema) => state.schemas.get(schema)?.owner,
  } satisfies Partial<Metadata>
}

export function viewManagement(state: CatalogState) {
  const get = (name: SchemaTableName) => {
    const view = state.views.get(tableKey(name))
    if (view === undefined) throw notFound('View', name)
    return view
  }
  return {
    createView(_session, name, definition, properties, replace) {
      const key = tableKey(name)
      const isTaken = state.tables.has(key) || (!replace && state.views.has(key))
      if (isTaken) {
        throw new MillraceError('TABLE_ALREADY_EXISTS', `View already exists: ${name.table}`)
      }
      state.views.set(key, { name, definition, properties })
    },
    dropView(_session, name) {
      state.views.delete(tableKey(name))
      moveGrants(state, name, undefined)
    },
    renameView(_session, source, target) {
      const view = get(source)
      state.views.delete(tableKey(source))
      state.views.set(tableKey(target), { ...view, name: target })
      moveGrants(state, source, target)
    },
    setViewComment(_session, name, comment) {
      const view = get(name)
      const definition = recommented(view.definition, comment)
      state.views.set(tableKey(name), { ...view, definition })
    },
    setViewColumnComment(_session, name, wanted, comment) {
      const view = get(name)
      const columns = view.definition.columns.map((column) =>
        column.name === wanted ? recommented(column, comment) : column,
      )
      state.views.set(tableKey(name), { ...view, definition: { ...view.definition, columns } })
    },
    setViewAuthorization(_session, name, principal) {
      const view = get(name)
      const definition = { ...view.definition, owner: principal.name }
      state.views.set(tableKey(name), { ...view, definition })
    },
    listViews: (_session, schema) => inSchema(state.views.values(), schema).map((v) => v.name),
    getViews: (_session, { schema, table }) =>
      inSchema(state.views.values(), schema)
        .filter(({ name }) => table === undefined || name.table === table)
        .map(({ name, definition }) => [name, definition] as const),
    getView: (_session, name) => state.views.get(tableKey(name))?.definition,
    getViewProperties: (_session, name) => get(name).properties,
    ...functionManagement(state),
  } satisfies Partial<Metadata>
}

function functionManagement(state: CatalogState) {
  return {
    listLanguageFunctions: (_session, schema) =>
      [...state.functions.values()]
        .filter(({ name }) => name.schema === schema)
        .map(({ name, definition }) => [name, definition] as const),
    getLanguageFunctions: (_session, wanted) =>
      [...state.functions.values()]
        .filter(({ name }) => name.schema === wanted.schema && name.function === wanted.function)
        .map(({ definition }) => definition),
    createLanguageFunction(_session, name, definition) {
      const key = keyOf(name.schema, name.function, definition.signatureToken)
      state.functions.set(key, { name, definition })
    },
    dropLanguageFunction: (_session, name, token) =>
      void state.functions.delete(keyOf(name.schema, name.function, token)),
  } satisfies Partial<Metadata>
}

/** Their rows are those of a table that no list shows; a refresh notes the versions of what it reads. */
export function materializedViewManagement(
  state: CatalogState,
  catalogName: string,
  { getType }: ConnectorContext,
  writes: ReferenceWrites,
  transaction: number,
) {
  const get = (name: SchemaTableName): StoredMaterializedView => {
    const view = state.materializedViews.get(tableKey(name))
    if (view === undefined) throw notFound('Materialized view', name)
    return view
  }
  const put = (view: StoredMaterializedView) =>
    void state.materializedViews.set(tableKey(view.name), view)
  const storageOf = ({ schema, table }: SchemaTableName): SchemaTableName => ({
    schema,
    table: `$storage$${table}`,
  })
  return {
    createMaterializedView(_session, name, definition, properties, replace, ignoreExisting) {
      const existing = state.materializedViews.has(tableKey(name))
      if (existing && ignoreExisting) return
      if (existing && !replace) {
        throw new MillraceError('TABLE_ALREADY_EXISTS', `View already exists: ${name.table}`)
      }
      const storage = storageOf(name)
      const columns = definition.columns.map(
        (column): ColumnMetadata => ({ name: column.name, type: getType(column.type) }),
      )
      putTable(state, { name: storage, columns, properties: {}, isStorage: true }, true)
      const storageTable = { catalog: catalogName, ...storage }
      put({ name, definition: { ...definition, storageTable }, properties })
    },
    dropMaterializedView(_session, name) {
      state.tables.delete(tableKey(storageOf(name)))
      state.materializedViews.delete(tableKey(name))
    },
    renameMaterializedView(_session, source, target) {
      const view = get(source)
      state.materializedViews.delete(tableKey(source))
      // The storage keeps its name, which nobody sees.
      put({ ...view, name: target })
    },
    setMaterializedViewProperties(_session, name, properties) {
      const view = get(name)
      put({ ...view, properties: { ...view.properties, ...properties } })
    },
    setMaterializedViewColumnComment(_session, name, wanted, comment) {
      const view = get(name)
      const columns = view.definition.columns.map((column) =>
        column.name === wanted ? recommented(column, comment) : column,
      )
      put({ ...view, definition: { ...view.definition, columns } })
    },
    listMaterializedViews: (_session, schema) =>
      inSchema(state.materializedViews.values(), schema).map((view) => view.name),
    getMaterializedView: (_session, name) =>
      state.materializedViews.get(tableKey(name))?.definition,
    getMaterializedViewProperties: (_session, name) => get(name).properties,
    getMaterializedViewFreshness(_session, name) {
      const { refreshed } = get(name)
      if (refreshed === undefined) return { freshness: 'STALE' }
      const isChanged = Object.entries(refreshed.versions).some(
        ([key, version]) => state.tables.get(key)?.version !== version,
      )
      const freshness = isChanged ? 'STALE' : refreshed.hasForeignTables ? 'UNKNOWN' : 'FRESH'
      return { freshness, lastFreshMillis: refreshed.millis }
    },
    delegateMaterializedViewRefreshToConnector: () => false,
    beginRefreshMaterializedView(session, name, storageTable, sources, hasForeignTables) {
      const tables = sources.map((source) => storedTable(state, nameOf(source)))
      const versions = Object.fromEntries(tables.map((t) => [tableKey(t.name), t.version]))
      const storage = storedTable(state, nameOf(storageTable))
      return writes.begin(transaction, storage, storage.columns, {
        replaces: true,
        published: () =>
          put({
            ...get(name),
            refreshed: { millis: session.startMillis, versions, hasForeignTables },
          }),
      })
    },
    finishRefreshMaterializedView(_session, _name, handle, fragments, statistics) {
      writes.publish(state, handle, fragments, statistics)
    },
  } satisfies Partial<Metadata>
}
