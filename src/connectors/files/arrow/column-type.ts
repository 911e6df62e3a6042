import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  MillraceError,
  mapType,
  REAL,
  rowType,
  SMALLINT,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  UNKNOWN,
  VARBINARY,
  VARCHAR,
} from '../../../spi/index.js'
import type { ArrowField, ArrowLayout } from './schema.js'

type Integers = Readonly<Record<8 | 16 | 32 | 64, SqlType>>
const SIGNED: Integers = { 8: TINYINT, 16: SMALLINT, 32: INTEGER, 64: BIGINT }
const UNSIGNED: Integers = { 8: SMALLINT, 16: INTEGER, 32: BIGINT, 64: decimalType(20, 0) }

/** The SQL type of a column. @throws NOT_SUPPORTED for a type that SQL has no counterpart of */
export function columnType(column: string, field: ArrowField, path: string): SqlType {
  const type = plainType(column, field, path)
  // What Millrace writes has no views.
  return (field.layout.kind === 'view' ? undefined : declaredType(type, field.declared)) ?? type
}

function plainType(column: string, { layout, children }: ArrowField, path: string): SqlType {
  const childType = (child: ArrowField): SqlType => columnType(column, child, path)
  switch (layout.kind) {
    case 'null':
      return UNKNOWN
    case 'bool':
      return BOOLEAN
    case 'int':
      return (layout.isSigned ? SIGNED : UNSIGNED)[layout.bits]
    case 'float':
      return layout.bits === 64 ? DOUBLE : REAL
    case 'bytes':
    case 'view':
      return layout.isText ? VARCHAR : VARBINARY
    case 'fixed bytes':
      return VARBINARY
    case 'decimal': {
      const { precision, scale } = layout
      if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
        throw unsupported(column, layout, path)
      }
      return decimalType(precision, scale)
    }
    case 'date':
      return DATE
    case 'time':
      return timeType(layout.digits)
    case 'timestamp':
      return layout.zone === undefined
        ? timestampType(layout.digits)
        : timestampWithTimeZoneType(layout.digits)
    case 'list':
    case 'fixed list':
      return arrayType(childType(children[0]!))
    case 'struct':
      return rowType(children.map((child) => ({ name: child.name, type: childType(child) })))
    case 'map': {
      const [key, value] = children[0]!.children
      return mapType(childType(key!), childType(value!))
    }
    case 'other':
      throw unsupported(column, layout, path)
  }
}

function unsupported(column: string, layout: ArrowLayout, path: string): MillraceError {
  const type = layout.kind === 'other' ? layout.name : JSON.stringify(layout)
  return new MillraceError(
    'NOT_SUPPORTED',
    `Column '${column}' has an Arrow type that is not supported, ${type}: ${path}`,
  )
}

/** The narrower type that a column was written with, where Arrow has one type for several. */
function declaredType(type: SqlType, declared: string | undefined): SqlType | undefined {
  const match = /^(json|varchar|char|timestamp)(?:\(([1-9]\d{0,9}|0)\))?$/.exec(declared ?? '')
  if (match === null) return undefined
  const parameter = match[2] === undefined ? undefined : Number(match[2])
  if (type.kind === 'varchar') {
    if (match[1] === 'json') return { kind: 'json' }
    if (parameter === undefined || parameter < 1 || parameter > 2 ** 31 - 1) return undefined
    if (match[1] === 'varchar') return { kind: 'varchar', length: parameter }
    return match[1] === 'char' && parameter <= 65_536
      ? { kind: 'char', length: parameter }
      : undefined
  }
  return type.kind === 'timestamp' &&
    match[1] === 'timestamp' &&
    parameter !== undefined &&
    parameter <= type.precision
    ? timestampType(parameter)
    : undefined
}
