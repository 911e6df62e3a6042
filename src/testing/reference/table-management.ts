import {
  type ColumnMetadata,
  MillraceError,
  type SchemaTableName,
  type SqlType,
  typeName,
  typesEqual,
  type Value,
} from '../../spi/index.js'
import type { ReferenceTableHandle } from './handles.js'
import { type Metadata, partitionColumns } from './read-metadata.js'
import {
  type CatalogState,
  changeTable,
  nextVersion,
  type StoredTable,
  storedTable,
  tableKey,
} from './state.js'

const without = <T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> => {
  const { [key]: _, ...rest } = value
  return rest
}
const commented = (comment: string | undefined) => (comment === undefined ? {} : { comment })

/** The name of the table that a handle stands for. @throws NOT_SUPPORTED for what is none */
export function nameOf({ relation }: ReferenceTableHandle): SchemaTableName {
  if (relation.kind === 'table') return { schema: relation.schema, table: relation.table }
  throw new MillraceError('NOT_SUPPORTED', `Not a table: ${relation.kind}`)
}

/** Puts an empty table into the catalog. @throws SCHEMA_NOT_FOUND, TABLE_ALREADY_EXISTS, INVALID_TABLE_PROPERTY */
export function putTable(
  state: CatalogState,
  table: Pick<StoredTable, 'name' | 'columns' | 'properties' | 'comment' | 'isStorage'>,
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
    createTable(_session, { table: name, columns, properties = {}, comment }, saveMode) {
      if (saveMode === 'IGNORE' && state.tables.has(tableKey(name))) return
      putTable(state, { name, columns, properties, ...commented(comment) }, saveMode === 'REPLACE')
    },
    dropTable(_session, handle) {
      state.tables.delete(tableKey(nameOf(handle)))
    },
    renameTable(_session, handle, name) {
      const table = storedTable(state, nameOf(handle))
      const { columns, properties, comment } = table
      putTable(state, { name, columns, properties, ...commented(comment) }, false)
      state.tables.delete(tableKey(table.name))
      state.tables.set(tableKey(name), { ...table, name, version: nextVersion() })
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

function columnManagement(state: CatalogState) {
  const changeColumn = (
    handle: ReferenceTableHandle,
    name: string,
    change: (column: ColumnMetadata) => ColumnMetadata,
  ): void =>
    changeTable(state, nameOf(handle), ({ columns }) => ({
      columns: columns.map((column) => (column.name === name ? change(column) : column)),
    }))
  return {
    setColumnComment: (_session, handle, column, comment) =>
      changeColumn(handle, column.name, (old) => ({
        ...without(old, 'comment'),
        ...commented(comment),
      })),
    addColumn(_session, handle, column, position) {
      const table = storedTable(state, nameOf(handle))
      if (column.nullable === false && table.rows.length > 0) {
        throw new MillraceError(
          'NOT_SUPPORTED',
          `Unable to add NOT NULL column for non-empty table: ${table.name.table}`,
        )
      }
      const after =
        position.kind === 'after'
          ? table.columns.findIndex(({ name }) => name === position.column) + 1
          : position.kind === 'first'
            ? 0
            : table.columns.length
      changeTable(state, table.name, ({ columns, rows }) => ({
        columns: columns.toSpliced(after, 0, column),
        rows: rows.map(({ id, values }) => ({ id, values: values.toSpliced(after, 0, null) })),
      }))
    },
    renameColumn: (_session, handle, column, name) =>
      changeColumn(handle, column.name, (old) => ({ ...old, name })),
    dropColumn(_session, handle, column) {
      changeTable(state, nameOf(handle), ({ columns, rows }) => {
        const at = columns.findIndex(({ name }) => name === column.name)
        return {
          columns: columns.toSpliced(at, 1),
          rows: rows.map(({ id, values }) => ({ id, values: values.toSpliced(at, 1) })),
        }
      })
    },
    setColumnType(_session, handle, column, type) {
      const convert = conversion(column.type, type)
      changeTable(state, nameOf(handle), ({ columns, rows }) => {
        const at = columns.findIndex(({ name }) => name === column.name)
        return {
          columns: columns.with(at, { ...columns[at]!, type }),
          rows: rows.map(({ id, values }) => ({
            id,
            values: values.with(at, convert(values[at]!)),
          })),
        }
      })
    },
    dropNotNullConstraint: (_session, handle, column) =>
      changeColumn(handle, column.name, (old) => ({ ...old, nullable: true })),
  } satisfies Partial<Metadata>
}

const INTEGERS: readonly SqlType['kind'][] = ['tinyint', 'smallint', 'integer', 'bigint']

/** How values of one type become those of a wider one. @throws NOT_SUPPORTED */
function conversion(from: SqlType, to: SqlType): (value: Value) => Value {
  const width = INTEGERS.indexOf(from.kind)
  if (width >= 0 && INTEGERS.indexOf(to.kind) >= width) {
    return to.kind === 'bigint'
      ? (value) => (value === null ? null : BigInt(value as number))
      : (value) => value
  }
  const isWiderText =
    from.kind === 'varchar' &&
    to.kind === 'varchar' &&
    (to.length === undefined || (from.length !== undefined && from.length <= to.length))
  if (isWiderText || typesEqual(from, to)) return (value) => value
  throw new MillraceError(
    'NOT_SUPPORTED',
    `This connector does not support changing a column's type from ${typeName(from)} to ${typeName(to)}`,
  )
}
