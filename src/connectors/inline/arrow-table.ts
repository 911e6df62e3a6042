import { declaredText } from '../../arrow/declared-text.js'
import { EXTENSION_KEY, TYPE_KEY, UUID_EXTENSION } from '../../arrow/schema-parts.js'
import {
  arrayType,
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  INTERVAL_DAY_TO_SECOND,
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
  UUID,
  VARBINARY,
  VARCHAR,
} from '../../spi/index.js'

/** What is used of apache-arrow's classes, so that a table of any release of it is taken and none is loaded here. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly ArrowField[] }
  readonly numRows: number
  getChildAt(index: number): ArrowVector | null
}
interface ArrowField {
  readonly name: string
  readonly type: ArrowType
  readonly metadata?: ReadonlyMap<string, string>
}
interface ArrowVector {
  get(index: number): unknown
}
/** Properties as far as a type has them. */
interface ArrowType {
  readonly typeId: number
  readonly bitWidth?: number
  readonly isSigned?: boolean
  readonly precision?: number
  readonly scale?: number
  readonly unit?: number
  readonly byteWidth?: number
  readonly timezone?: string | null
  readonly children?: readonly ArrowField[] | null
  readonly dictionary?: ArrowType
}

export function isArrowTable(source: object): source is ArrowTable {
  const table = source as Partial<ArrowTable>
  return Array.isArray(table.schema?.fields) && typeof table.getChildAt === 'function'
}

/** Arrow's type ids. @source Apache Arrow Schema.fbs, apache-arrow enum.ts */
const ARROW = {
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
  duration: 18,
  largeBinary: 19,
  largeUtf8: 20,
} as const

/** How a column of an Arrow type is read: as what type, and its values as what JavaScript values. */
export interface ArrowColumn {
  readonly type: SqlType
  read(value: unknown): unknown
}

const same = (value: unknown): unknown => value
/** Fraction digits of Arrow's units second, millisecond, microsecond, nanosecond. */
const UNIT_DIGITS = [0, 3, 6, 9] as const
const INTEGERS: Readonly<Record<number, readonly [signed: SqlType, unsigned: SqlType]>> = {
  8: [TINYINT, SMALLINT],
  16: [SMALLINT, INTEGER],
  32: [INTEGER, BIGINT],
  64: [BIGINT, decimalType(20, 0)],
}

/** @throws NOT_SUPPORTED for a type that SQL has no counterpart of */
export function arrowColumn({ name, type, metadata }: ArrowField): ArrowColumn {
  switch (type.typeId) {
    case ARROW.null:
      return { type: UNKNOWN, read: same }
    case ARROW.int: {
      const [signed, unsigned] = INTEGERS[type.bitWidth ?? 32]!
      return { type: type.isSigned === false ? unsigned : signed, read: same }
    }
    case ARROW.float:
      return { type: type.precision === 2 ? DOUBLE : REAL, read: same }
    case ARROW.binary:
    case ARROW.largeBinary:
      return { type: VARBINARY, read: same }
    case ARROW.fixedSizeBinary: {
      const isUuid = type.byteWidth === 16 && metadata?.get(EXTENSION_KEY) === UUID_EXTENSION
      return { type: isUuid ? UUID : VARBINARY, read: same }
    }
    case ARROW.utf8:
    case ARROW.largeUtf8:
      return { type: declaredText(metadata?.get(TYPE_KEY) ?? '') ?? VARCHAR, read: same }
    case ARROW.duration:
      return { type: INTERVAL_DAY_TO_SECOND, read: durationReader(name, type.unit ?? 1) }
    case ARROW.bool:
      return { type: BOOLEAN, read: same }
    case ARROW.decimal: {
      const [precision, scale] = [type.precision ?? 38, type.scale ?? 0]
      if (precision > 38 || scale < 0) break
      return { type: decimalType(precision, scale), read: (v) => decimalOf(v, scale) }
    }
    case ARROW.date:
      // Both units are given out as milliseconds since the epoch.
      return { type: DATE, read: (v) => (v === null ? null : new Date(Number(v))) }
    case ARROW.time:
      return timeColumn(UNIT_DIGITS[type.unit as 0] ?? 3)
    case ARROW.timestamp:
      return timestampColumn(type)
    case ARROW.dictionary:
      return arrowColumn({
        name,
        type: type.dictionary!,
        ...(metadata === undefined ? {} : { metadata }),
      })
    case ARROW.list:
    case ARROW.fixedSizeList: {
      const element = arrowColumn(type.children![0]!)
      return {
        type: arrayType(element.type),
        read: (v) => (v === null ? null : Array.from(v as Iterable<unknown>, element.read)),
      }
    }
    case ARROW.struct: {
      const fields = type.children!.map((field) => ({ name: field.name, ...arrowColumn(field) }))
      return {
        type: rowType(fields.map(({ name: field, type: t }) => ({ name: field, type: t }))),
        read: (v) =>
          v === null ? null : fields.map((f) => f.read((v as Record<string, unknown>)[f.name])),
      }
    }
    case ARROW.map: {
      const [key, value] = type.children![0]!.type.children!.map(arrowColumn)
      return {
        type: mapType(key!.type, value!.type),
        read: (v) =>
          v === null
            ? null
            : new Map(
                Array.from(v as Iterable<[unknown, unknown]>, ([k, e]) => [
                  key!.read(k),
                  value!.read(e),
                ]),
              ),
      }
    }
  }
  throw new MillraceError('NOT_SUPPORTED', `Arrow column has a type that is not supported: ${name}`)
}

/** Little-endian words of a two's complement number. */
function decimalOf(value: unknown, scale: number): unknown {
  if (value === null || typeof value === 'bigint') return value
  const words = value as Uint32Array
  let unscaled = 0n
  for (let i = words.length - 1; i >= 0; i--) unscaled = (unscaled << 32n) | BigInt(words[i]! >>> 0)
  unscaled = BigInt.asIntN(words.length * 32, unscaled)
  return `${unscaled}e-${scale}`
}

/** Milliseconds of whole units. */
function durationReader(name: string, unit: number): (value: unknown) => unknown {
  const nanosPerUnit = 10n ** BigInt(9 - (UNIT_DIGITS[unit as 0] ?? 3))
  return (value) => {
    if (value === null) return null
    const nanos = BigInt(value as number | bigint) * nanosPerUnit
    if (nanos % 1_000_000n === 0n) return nanos / 1_000_000n
    throw new MillraceError(
      'NOT_SUPPORTED',
      `Arrow column has durations finer than milliseconds: ${name}`,
    )
  }
}

function timeColumn(digits: number): ArrowColumn {
  const perSecond = 10n ** BigInt(digits)
  return {
    type: timeType(digits),
    read(value) {
      if (value === null) return null
      const units = BigInt(value as number | bigint)
      const seconds = Number(units / perSecond)
      const fraction = String(units % perSecond).padStart(digits, '0')
      const clock = new Date(seconds * 1000).toISOString().slice(11, 19)
      return digits === 0 ? clock : `${clock}.${fraction}`
    },
  }
}

/** apache-arrow gives timestamps as milliseconds, fractions included. */
function timestampColumn({ unit = 1, timezone }: ArrowType): ArrowColumn {
  const digits = UNIT_DIGITS[unit as 0] ?? 3
  const zoned = timezone !== undefined && timezone !== null && timezone !== ''
  return {
    type: zoned ? timestampWithTimeZoneType(digits) : timestampType(digits),
    read(value) {
      if (value === null) return null
      const millis = Math.floor(Number(value))
      const nanos = Math.round((Number(value) - millis) * 1e6)
      const local = new Date(millis).toISOString().slice(0, -1)
      const text =
        digits <= 3
          ? local
          : `${local}${String(nanos)
              .padStart(6, '0')
              .slice(0, digits - 3)}`
      const cut = digits === 0 ? text.slice(0, -4) : text
      return zoned ? `${cut} UTC` : cut
    },
  }
}

/** Rows of a table as arrays, from the first each time. */
export function* arrowRows(
  table: ArrowTable,
  columns: readonly ArrowColumn[],
): Generator<unknown[]> {
  const vectors = columns.map((_, i) => table.getChildAt(i))
  for (let row = 0; row < table.numRows; row++) {
    yield vectors.map((vector, i) => columns[i]!.read(vector?.get(row) ?? null))
  }
}
