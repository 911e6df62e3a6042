import type { SqlType, TemporalType } from '../spi/index.js'

/**
 * What Arrow has for a type that is none of its own: exact for every value, as another type of Arrow's or as text.
 *
 * | form | types |
 * |---|---|
 * | time | TIME(0) to TIME(9): time64, of microseconds up to TIME(6), else nanoseconds |
 * | instant | TIMESTAMP WITH TIME ZONE: struct of the instant in UTC, picoseconds beyond it, and the zone's name, since Arrow's own has one zone a column |
 * | duration | INTERVAL DAY TO SECOND: duration of milliseconds |
 * | months | INTERVAL YEAR TO MONTH: interval of months, days and nanoseconds, of which the latter are 0 |
 * | uuid | UUID: 16 bytes, with the extension name arrow.uuid |
 * | bytes | sketches and object identifiers: binary |
 * | text | all else, as it is printed |
 */
export type ArrowForm = 'time' | 'instant' | 'duration' | 'months' | 'uuid' | 'bytes' | 'text'

/** Of types that Arrow has not. */
export function arrowForm(type: SqlType): ArrowForm {
  switch (type.kind) {
    case 'time':
      return type.precision <= TIME_DIGITS_MAX ? 'time' : 'text'
    case 'timestamp with time zone':
      return 'instant'
    case 'interval day to second':
      return 'duration'
    case 'interval year to month':
      return 'months'
    case 'uuid':
      return 'uuid'
    case 'varbinary':
    case 'hyperloglog':
    case 'p4hyperloglog':
    case 'setdigest':
    case 'objectid':
    case 'tdigest':
    case 'qdigest':
      return 'bytes'
    default:
      return 'text'
  }
}

const TIME_DIGITS_MAX = 9

/** Fraction digits of the unit that times of day are counted in. */
export const timeDigits = ({ precision }: TemporalType): 6 | 9 => (precision <= 6 ? 6 : 9)

/** Names of an instant's parts; the picoseconds beyond its microseconds are there where the type has room for any. */
export const INSTANT_PARTS = { utc: 'utc', picoseconds: 'picoseconds', zone: 'zone' } as const
export const hasPicoseconds = ({ precision }: TemporalType): boolean => precision > 6

export const PICOS_PER_MICRO = 1_000_000n
