/**
 * Values of one row, as the interpreter, scalar function definitions, literals in plans and block builders
 * carry them. NULL is `null` for every type. Kernels never make them; they are exact and slow.
 *
 * | SQL type | carrier |
 * |---|---|
 * | BOOLEAN | boolean |
 * | TINYINT, SMALLINT, INTEGER, REAL (rounded by Math.fround), DOUBLE | number |
 * | BIGINT | bigint |
 * | DECIMAL(p, s) | bigint: the unscaled value |
 * | VARCHAR, JSON (canonical text) | string, well-formed UTF-16 |
 * | CHAR(n) | string without trailing blanks |
 * | VARBINARY, HyperLogLog and other sketches | Uint8Array |
 * | UUID, IPADDRESS | Uint8Array(16), big-endian |
 * | ObjectId | Uint8Array(12) |
 * | DATE | number: days since 1970-01-01 |
 * | TIME(p) | bigint: picoseconds of the day |
 * | TIMESTAMP(p) | bigint: picoseconds since 1970-01-01 00:00:00 |
 * | TIME(p) WITH TIME ZONE | {@link ZonedTime} |
 * | TIMESTAMP(p) WITH TIME ZONE | {@link ZonedTimestamp} |
 * | INTERVAL YEAR TO MONTH | number: months |
 * | INTERVAL DAY TO SECOND | bigint: milliseconds |
 * | ARRAY, ROW | readonly Value[] |
 * | MAP | {@link MapValue} |
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | ZonedTime
  | ZonedTimestamp
  | MapValue
  | readonly Value[]

/** A time of day at an offset; `picos` is the local picosecond of the day. */
export interface ZonedTime {
  readonly picos: bigint
  readonly offsetMinutes: number
}

/** An instant with the zone it is shown in: an IANA name or an offset such as `+05:30`; `UTC` for zero. */
export interface ZonedTimestamp {
  /** Picoseconds since the epoch, UTC. */
  readonly picos: bigint
  readonly zone: string
}

/** A map in insertion order; keys are distinct and never null. */
export interface MapValue {
  readonly keys: readonly Value[]
  readonly values: readonly Value[]
}
