import {
  assert,
  type ColumnMetadata,
  fieldIndex,
  MillraceError,
  type RowType,
  type SqlType,
  typeName,
  typesEqual,
  type Value,
  withFieldsAt,
  withTypeAt,
} from '../../spi/index.js'
import type { ReferenceTableHandle } from './handles.js'
import type { Metadata } from './read-metadata.js'
import { type CatalogState, changeTable, storedTable } from './state.js'
import { commented, nameOf, without } from './table-management.js'

export function columnManagement(state: CatalogState) {
  const changeColumn = (
    handle: ReferenceTableHandle,
    name: string,
    change: (column: ColumnMetadata) => ColumnMetadata,
  ): void =>
    changeTable(state, nameOf(handle), ({ columns }) => ({
      columns: columns.map((column) => (column.name === name ? change(column) : column)),
    }))
  /** Gives a column another type, and its values what they then are. */
  const changeFields = (
    handle: ReferenceTableHandle,
    name: string,
    retype: (before: SqlType) => SqlType,
    convert: (before: SqlType) => (value: Value) => Value,
  ): void =>
    changeTable(state, nameOf(handle), ({ columns, rows }) => {
      const at = columns.findIndex((column) => column.name === name)
      const column = columns[at]!
      const type = retype(column.type)
      const changed = convert(column.type)
      return {
        columns: columns.with(at, { ...column, type }),
        rows: rows.map(({ id, values }) => ({ id, values: values.with(at, changed(values[at]!)) })),
      }
    })
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
    addField(_session, handle, [name, ...path], fieldName, type) {
      changeFields(
        handle,
        name!,
        (before) => withFieldsAt(before, path, (fields) => [...fields, { name: fieldName, type }]),
        (before) => (value) => withRowsAt(before, path, value, (values) => [...values, null]),
      )
    },
    dropField(_session, handle, { name }, fieldPath) {
      const path = fieldPath.slice(0, -1)
      const field = fieldPath.at(-1)!
      changeFields(
        handle,
        name,
        (before) =>
          withFieldsAt(before, path, (fields) => fields.toSpliced(fieldIndex(fields, field), 1)),
        (before) => (value) =>
          withRowsAt(before, path, value, (values, { fields }) =>
            values.toSpliced(fieldIndex(fields, field), 1),
          ),
      )
    },
    renameField(_session, handle, [name, ...path], newName) {
      const field = path.at(-1)!
      changeColumn(handle, name!, (column) => ({
        ...column,
        type: withFieldsAt(column.type, path.slice(0, -1), (fields) => {
          const at = fieldIndex(fields, field)
          return fields.with(at, { ...fields[at]!, name: newName })
        }),
      }))
    },
    setFieldType(_session, handle, [name, ...path], type) {
      let convert = (value: Value): Value => value
      changeFields(
        handle,
        name!,
        (before) =>
          withTypeAt(before, path, (from) => {
            convert = conversion(from, type)
            return type
          }),
        (before) => (value) => withValueAt(before, path, value, convert),
      )
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

/** A value with another in the place that a path of fields leads to, in every element of arrays on the way. */
function withValueAt(
  type: SqlType,
  path: readonly string[],
  value: Value,
  change: (value: Value, type: SqlType) => Value,
): Value {
  const [step, ...rest] = path
  if (step === undefined) return change(value, type)
  if (value === null) return null
  const values = value as readonly Value[]
  if (type.kind === 'array') {
    return values.map((element) => withValueAt(type.element, rest, element, change))
  }
  assert(type.kind === 'row', 'a path of fields leads through rows and arrays')
  const at = fieldIndex(type.fields, step)
  return values.with(at, withValueAt(type.fields[at]!.type, rest, values[at]!, change))
}

/** The same where the path leads to rows; those that are NULL stay so. */
const withRowsAt = (
  type: SqlType,
  path: readonly string[],
  value: Value,
  change: (values: readonly Value[], type: RowType) => readonly Value[],
): Value =>
  withValueAt(type, path, value, (row, rowType) =>
    row === null ? null : change(row as readonly Value[], rowType as RowType),
  )
