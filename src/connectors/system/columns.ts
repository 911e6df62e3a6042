import {
  arrayType,
  BIGINT,
  BOOLEAN,
  type ColumnMetadata,
  DOUBLE,
  type SqlType,
  type SystemTable,
  timestampWithTimeZoneType,
  VARCHAR,
  type Value,
} from '../../spi/index.js'

const NAMED_TYPES = {
  varchar: VARCHAR,
  bigint: BIGINT,
  boolean: BOOLEAN,
  double: DOUBLE,
  'array(varchar)': arrayType(VARCHAR),
  'timestamp(3) with time zone': timestampWithTimeZoneType(3),
  'timestamp(9) with time zone': timestampWithTimeZoneType(9),
} as const satisfies Record<string, SqlType>

export type ColumnTypeName = keyof typeof NAMED_TYPES

/** Columns as a list of names under their types: what most system tables are described by. */
export const columnsOf = (
  types: Readonly<Record<string, ColumnTypeName>>,
): readonly ColumnMetadata[] =>
  Object.entries(types).map(([name, type]) => ({ name, type: NAMED_TYPES[type] }))

export const systemTable = (
  schema: string,
  table: string,
  columns: readonly ColumnMetadata[],
  rows: SystemTable['rows'],
): SystemTable => ({ metadata: { table: { schema, table }, columns }, rows })

/** A whole number as BIGINT; NULL where absent. */
export const bigintOf = (value: number | undefined): Value =>
  value === undefined ? null : BigInt(Math.round(value))

/** An instant in UTC; NULL where absent. */
export const instantOf = (millis: number | undefined): Value =>
  millis === undefined ? null : { picos: BigInt(Math.floor(millis)) * 1_000_000_000n, zone: 'UTC' }
