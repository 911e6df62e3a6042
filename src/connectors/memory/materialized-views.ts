import {
  type ColumnMetadata,
  MillraceError,
  type SchemaTableName,
  type SqlType,
} from '../../spi/index.js'
import { type MemoryCatalog, storageTableName } from './catalog.js'
import type { StoredMaterializedView } from './catalog-maps.js'
import type { MemoryTableHandle } from './handles.js'
import { type Metadata, type TableOf, withComment } from './table-metadata.js'
import type { MemoryWrites } from './writes.js'

/** What metadata needs to know of its catalog's place in the engine. */
export interface CatalogFacts {
  readonly name: string
  /** Of the coordinator. */
  readonly nodeId: string
  readonly getType: (name: string) => SqlType
}

/**
 * Materialized views: their rows are those of a table that no list shows. A refresh notes the versions of the tables that it reads, so
 * that a view is known to be stale once one of them has changed.
 */
export function materializedViewManagement(
  catalog: MemoryCatalog,
  writes: MemoryWrites,
  transaction: number,
  tableOf: TableOf,
  { name: catalogName, getType }: CatalogFacts,
) {
  const viewOf = (name: SchemaTableName): StoredMaterializedView => {
    const view = catalog.materializedView(name)
    if (view !== undefined) return view
    throw new MillraceError(
      'TABLE_NOT_FOUND',
      `Materialized view does not exist: ${name.schema}.${name.table}`,
    )
  }
  return {
    createMaterializedView(_session, name, definition, _properties, replace, ignoreExisting) {
      if (ignoreExisting && catalog.materializedView(name) !== undefined) return
      const storageTable = { catalog: catalogName, ...storageTableName(name) }
      const columns = definition.columns.map(
        (column): ColumnMetadata => ({ name: column.name, type: getType(column.type) }),
      )
      catalog.createMaterializedView(name, { ...definition, storageTable }, columns, replace)
    },
    dropMaterializedView: (_session, name) => catalog.dropMaterializedView(name),
    renameMaterializedView: (_session, source, target) =>
      catalog.renameMaterializedView(source, target),
    setMaterializedViewColumnComment(_session, name, wanted, comment) {
      const view = viewOf(name)
      const columns = view.definition.columns.map(({ comment: old, ...column }) => ({
        ...column,
        ...withComment(column.name === wanted ? comment : old),
      }))
      catalog.changeMaterializedView({ ...view, definition: { ...view.definition, columns } })
    },
    listMaterializedViews: (_session, schema) =>
      catalog.materializedViews(schema).map((view) => view.name),
    getMaterializedView: (_session, name) => catalog.materializedView(name)?.definition,
    getMaterializedViewFreshness(_session, name) {
      const { refreshed } = viewOf(name)
      if (refreshed === undefined) return { freshness: 'STALE' }
      const isChanged = [...refreshed.versions].some(
        ([id, version]) => catalog.allTables.get(id)?.version !== version,
      )
      const freshness = isChanged ? 'STALE' : refreshed.hasForeignTables ? 'UNKNOWN' : 'FRESH'
      return { freshness, lastFreshMillis: refreshed.millis }
    },
    beginRefreshMaterializedView(session, name, storageTable, sourceTables, hasForeignTables) {
      const handle = writes.beginReplacement({ transaction, catalog }, tableOf(storageTable))
      const versions = sourceTables.map((source): readonly [number, number] => {
        const table = tableOf(source as MemoryTableHandle)
        return [table.id, table.version]
      })
      writes.onPublish(handle, () =>
        catalog.changeMaterializedView({
          ...viewOf(name),
          refreshed: { millis: session.startMillis, versions: new Map(versions), hasForeignTables },
        }),
      )
      return handle
    },
    finishRefreshMaterializedView: (_session, _name, handle) => writes.publish(handle),
  } satisfies Partial<Metadata>
}
