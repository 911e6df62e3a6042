import { MillraceError, type Principal, type SchemaTableName } from '../../spi/index.js'
import { columnManagement } from './column-management.js'
import type { ReferenceTableHandle } from './handles.js'
import { type Metadata, partitionColumns } from './read-metadata.js'
import {
  type CatalogState,
  changeTable,
  moveGrants,
  nextVersion,
  type StoredTable,
  storedTable,
  tableKey,
} from './state.js'

export const without = <T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> => {
  const { [key]: _, ...rest } = value
  return rest
}
export const commented = (comment: string | undefined) => (comment === undefined ? {} : { comment })

/** The name of the table that a handle stands for. @throws NOT_SUPPORTED for what is none */
export function nameOf({ relation }: ReferenceTableHandle): SchemaTableName {
  if (relation.kind === 'table') return { schema: relation.schema, table: relation.table }
  throw new MillraceError('NOT_SUPPORTED', `Not a table: ${relation.kind}`)
}

/** Puts an empty table into the catalog. @throws SCHEMA_NOT_FOUND, TABLE_ALREADY_EXISTS, INVALID_TABLE_PROPERTY */
export function putTable(
  state: CatalogState,
  table: Pick<StoredTable, 'name' | 'columns' | 'properties' | 'comment' | 'isStorage' | 'owner'>,
  replace: boolean,
): void {
  const { schema } = table.name
  if (!state.schemas.has(schema)) {
    throw new MillraceError('SCHEMA_NOT_FOUND', `Schema does not exist: ${schema}`)
  }
  const key = tableKey(table.name)
  const isTaken =
    state.views.has(key) || state.materializedViews.has(key) || (!replace && state.tables.has(key))
  if (isTaken) {
    throw new MillraceError(
      'TABLE_ALREADY_EXISTS',
      `Table already exists: ${schema}.${table.name.table}`,
    )
  }
  const stored = { ...table, rows: [], nextRowId: 1n, version: nextVersion() }
  partitionColumns(stored)
  state.tables.set(key, stored)
}

export function tableManagement(state: CatalogState) {
  return {
    createTable({ user }, { table: name, columns, properties = {}, comment }, saveMode) {
      if (saveMode === 'IGNORE' && state.tables.has(tableKey(name))) return
      const owner: Principal = { type: 'USER', name: user }
      const table = { name, columns, properties, owner, ...commented(comment) }
      putTable(state, table, saveMode === 'REPLACE')
    },
    dropTable(_session, handle) {
      state.tables.delete(tableKey(nameOf(handle)))
      moveGrants(state, nameOf(handle), undefined)
    },
    renameTable(_session, handle, name) {
      const table = storedTable(state, nameOf(handle))
      const { columns, properties, comment } = table
      putTable(state, { name, columns, properties, ...commented(comment) }, false)
      state.tables.delete(tableKey(table.name))
      state.tables.set(tableKey(name), { ...table, name, version: nextVersion() })
      moveGrants(state, table.name, name)
    },
    setTableProperties(_session, handle, changed) {
      changeTable(state, nameOf(handle), ({ properties }) => ({
        properties: Object.fromEntries(
          Object.entries({ ...properties, ...changed }).filter(([, value]) => value !== null),
        ),
      }))
    },
    setTableComment(_session, handle, comment) {
      const table = storedTable(state, nameOf(handle))
      state.tables.set(tableKey(table.name), {
        ...without(table, 'comment'),
        ...commented(comment),
        version: nextVersion(),
      })
    },
    setTableAuthorization: (_session, name, owner) => changeTable(state, name, () => ({ owner })),
    truncateTable: (_session, handle) => changeTable(state, nameOf(handle), () => ({ rows: [] })),
    ...columnManagement(state),
  } satisfies Partial<Metadata>
}
