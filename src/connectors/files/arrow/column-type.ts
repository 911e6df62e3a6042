import type { DataType, Field } from 'apache-arrow'
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

/** Arrow's type ids. @source Apache Arrow Schema.fbs, apache-arrow enum.ts */
export const ARROW = {
  dictionary: -1,
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  list: 12,
  struct: 13,
  fixedSizeBinary: 15,
  fixedSizeList: 16,
  map: 17,
  largeBinary: 19,
  largeUtf8: 20,
} as const

/** Properties as far as a type has them. */
export interface ArrowTypeFields {
  readonly typeId: number
  readonly bitWidth?: number
  readonly byteWidth?: number
  readonly listSize?: number
  readonly isSigned?: boolean
  readonly precision?: number
  readonly scale?: number
  readonly unit?: number
  readonly timezone?: string | null
  readonly children?: readonly Field[] | null
  readonly dictionary?: DataType
}

/** Fraction digits of Arrow's units second, millisecond, microsecond, nanosecond. */
export const UNIT_DIGITS: readonly number[] = [0, 3, 6, 9]

const INTEGERS: Readonly<Record<number, readonly [signed: SqlType, unsigned: SqlType]>> = {
  8: [TINYINT, SMALLINT],
  16: [SMALLINT, INTEGER],
  32: [INTEGER, BIGINT],
  64: [BIGINT, decimalType(20, 0)],
}

const isDecimal = (precision: number, scale: number): boolean =>
  precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision

/** The SQL type of a column. @throws NOT_SUPPORTED for a type that SQL has no counterpart of */
export function columnType(name: string, arrowType: DataType, path: string): SqlType {
  const type = arrowType as unknown as ArrowTypeFields
  switch (type.typeId) {
    case ARROW.null:
      return UNKNOWN
    case ARROW.int: {
      const [signed, unsigned] = INTEGERS[type.bitWidth ?? 32]!
      return type.isSigned === false ? unsigned : signed
    }
    case ARROW.float:
      return type.precision === 2 ? DOUBLE : REAL
    case ARROW.binary:
    case ARROW.largeBinary:
    case ARROW.fixedSizeBinary:
      return VARBINARY
    case ARROW.utf8:
    case ARROW.largeUtf8:
      return VARCHAR
    case ARROW.bool:
      return BOOLEAN
    case ARROW.decimal:
      if (type.bitWidth !== 128 || !isDecimal(type.precision ?? 38, type.scale ?? 0)) break
      return decimalType(type.precision ?? 38, type.scale ?? 0)
    case ARROW.date:
      return DATE
    case ARROW.time:
      return timeType(UNIT_DIGITS[type.unit ?? 1]!)
    case ARROW.timestamp: {
      const digits = UNIT_DIGITS[type.unit ?? 1]!
      return type.timezone == null || type.timezone === ''
        ? timestampType(digits)
        : timestampWithTimeZoneType(digits)
    }
    case ARROW.dictionary:
      return columnType(name, type.dictionary!, path)
    case ARROW.list:
    case ARROW.fixedSizeList:
      return arrayType(columnType(name, type.children![0]!.type, path))
    case ARROW.struct:
      return rowType(
        type.children!.map((child) => ({
          name: child.name,
          type: columnType(name, child.type, path),
        })),
      )
    case ARROW.map: {
      const [key, value] = (type.children![0]!.type as unknown as ArrowTypeFields).children!
      return mapType(columnType(name, key!.type, path), columnType(name, value!.type, path))
    }
  }
  throw new MillraceError(
    'NOT_SUPPORTED',
    `Column '${name}' has an Arrow type that is not supported, ${String(arrowType)}: ${path}`,
  )
}
