import { hasPicoseconds } from '../../../arrow/arrow-form.js'
import { DIGITS, DIGITS_MAX, declaredText } from '../../../arrow/declared-text.js'
import { UUID_EXTENSION } from '../../../arrow/schema-parts.js'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
  INTERVAL_YEAR_TO_MONTH,
  MillraceError,
  mapType,
  qdigestType,
  REAL,
  rowType,
  SMALLINT,
  type SqlType,
  type TemporalType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  typeName,
  UNKNOWN,
  UUID,
  VARBINARY,
  VARCHAR,
} from '../../../spi/index.js'
import type { ArrowField, ArrowLayout } from './schema.js'

type Integers = Readonly<Record<8 | 16 | 32 | 64, SqlType>>
const SIGNED: Integers = { 8: TINYINT, 16: SMALLINT, 32: INTEGER, 64: BIGINT }
const UNSIGNED: Integers = { 8: SMALLINT, 16: INTEGER, 32: BIGINT, 64: decimalType(20, 0) }

/** The SQL type of a column. @throws NOT_SUPPORTED for a type that SQL has no counterpart of */
export function columnType(column: string, field: ArrowField, path: string): SqlType {
  return declaredType(field) ?? plainType(column, field, path)
}

function plainType(column: string, field: ArrowField, path: string): SqlType {
  const { layout, children } = field
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
      return layout.width === 16 && field.extension === UUID_EXTENSION ? UUID : VARBINARY
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
    case 'duration':
      return INTERVAL_DAY_TO_SECOND
    case 'interval':
      if (layout.unit === 'all') throw unsupported(column, layout, path)
      return layout.unit === 'months' ? INTERVAL_YEAR_TO_MONTH : INTERVAL_DAY_TO_SECOND
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

/** The type that a column was written as, where its layout is the one that values of the type have. */
function declaredType(field: ArrowField): SqlType | undefined {
  const { layout, declared } = field
  if (declared === undefined) return undefined
  switch (layout.kind) {
    case 'bytes':
      return layout.isText ? declaredText(declared) : SKETCHES.get(declared)
    case 'timestamp':
      return layout.zone === undefined
        ? withDigits(declared, timestampType, layout.digits)
        : undefined
    case 'time':
      return withDigits(declared, timeType, layout.digits)
    case 'interval':
      return layout.unit === 'all' && declared === typeName(INTERVAL_YEAR_TO_MONTH)
        ? INTERVAL_YEAR_TO_MONTH
        : undefined
    case 'struct': {
      const type = withDigits(declared, timestampWithTimeZoneType, DIGITS_MAX)
      return type !== undefined && isInstant(field, type) ? type : undefined
    }
    default:
      return undefined
  }
}

/** The declared type where it is one of a family, with at most so many fraction digits. */
const withDigits = (
  declared: string,
  family: (precision: number) => TemporalType,
  most: number,
): TemporalType | undefined =>
  DIGITS.slice(0, most + 1)
    .map(family)
    .find((type) => typeName(type) === declared)

/** Types whose values are bytes in files. */
const SKETCHES = new Map(
  [
    ...(['hyperloglog', 'p4hyperloglog', 'setdigest', 'tdigest'] as const).map((kind) => ({
      kind,
    })),
    ...[BIGINT, DOUBLE, REAL].map(qdigestType),
  ].map((type): [string, SqlType] => [typeName(type), type]),
)

/** Whether a struct has the parts of an instant, of the layouts that they are written in. */
function isInstant({ children }: ArrowField, type: TemporalType): boolean {
  const [utc, ...others] = children
  const zone = others.pop()
  return (
    utc?.layout.kind === 'timestamp' &&
    utc.layout.digits === 6 &&
    zone?.layout.kind === 'bytes' &&
    zone.layout.isText &&
    others.length === (hasPicoseconds(type) ? 1 : 0) &&
    others.every(({ layout }) => layout.kind === 'int' && layout.isSigned && layout.bits === 32) &&
    children.every(({ dictionary }) => dictionary === undefined)
  )
}
