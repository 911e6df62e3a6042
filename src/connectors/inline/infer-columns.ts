import {
  inferType,
  MillraceError,
  type RowColumn,
  type SqlType,
  typeName,
  UNKNOWN,
  unifyTypes,
} from '../../spi/index.js'

interface Inferred {
  readonly key: string
  readonly index: number
  type: SqlType
}

/**
 * The columns of rows that nothing is declared of: members of objects in the order in which they first appear; `_col0`,
 * `_col1` … of arrays; one column `value` for anything else.
 * @param isSample true where more rows may come: numbers are DOUBLE then, not BIGINT where they happen to be whole
 * @throws TYPE_MISMATCH, DUPLICATE_COLUMN_NAME, TABLE_HAS_NO_COLUMNS
 */
export function inferColumns(rows: Iterable<unknown>, isSample = false): readonly RowColumn[] {
  const columns = new Map<string, Inferred>()
  let shape: 'array' | 'object' | 'value' | undefined
  for (const row of rows) {
    const own = shapeOf(row)
    shape ??= own
    if (shape !== own) {
      throw new MillraceError('TYPE_MISMATCH', `Rows are of two kinds: ${shape} and ${own}`)
    }
    for (const [key, index, value] of membersOf(row, own)) {
      const column = columns.get(key)
      const type = inferType(value, isSample)
      const common = type === undefined ? undefined : unifyTypes(column?.type ?? UNKNOWN, type)
      if (common === undefined) throw noCommonType(key, column?.type, type, value)
      if (column === undefined) columns.set(key, { key, index, type: common })
      else column.type = common
    }
  }
  if (columns.size === 0) {
    throw new MillraceError('TABLE_HAS_NO_COLUMNS', 'Source has no row to tell its columns from', {
      hint: 'Declare the columns',
    })
  }
  return [...columns.values()].map((column) => namedColumn(column, shape === 'value'))
}

const shapeOf = (row: unknown): 'array' | 'object' | 'value' =>
  Array.isArray(row)
    ? 'array'
    : typeof row === 'object' &&
        row !== null &&
        !(row instanceof Date) &&
        !(row instanceof Map) &&
        !ArrayBuffer.isView(row)
      ? 'object'
      : 'value'

function* membersOf(row: unknown, shape: string): Generator<[string, number, unknown]> {
  if (shape === 'value') yield ['value', 0, row]
  else if (Array.isArray(row)) {
    for (let i = 0; i < row.length; i++) yield [`_col${i}`, i, row[i]]
  } else for (const [key, value] of Object.entries(row as object)) yield [key, 0, value]
}

const namedColumn = ({ key, index, type }: Inferred, isRow: boolean): RowColumn => ({
  name: key.toLowerCase(),
  key,
  index,
  type,
  ...(isRow ? { isRow } : {}),
})

function noCommonType(
  key: string,
  before: SqlType | undefined,
  type: SqlType | undefined,
  value: unknown,
): MillraceError {
  return type === undefined || before === undefined
    ? new MillraceError(
        'TYPE_MISMATCH',
        `Column '${key}' has a value of no SQL type: ${typeof value}`,
      )
    : new MillraceError(
        'TYPE_MISMATCH',
        `Column '${key}' has values of two types: ${typeName(before)} and ${typeName(type)}`,
        { hint: 'Declare the column' },
      )
}

/** @throws DUPLICATE_COLUMN_NAME */
export function checkNames(columns: readonly RowColumn[]): readonly RowColumn[] {
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw new MillraceError('DUPLICATE_COLUMN_NAME', `Column name is not unique: ${name}`)
    }
    seen.add(name)
  }
  return columns
}
