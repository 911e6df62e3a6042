import type { ZonedTimestamp } from '../../spi/type/value.js'
import { floorDivide, PICOS_PER_MICRO, PICOS_PER_MILLI } from '../../values/civil.js'
import { invalidArgument, outOfRange } from '../errors.js'

/** Days since 1970 of a DATE have 32 bits. @throws NUMERIC_VALUE_OUT_OF_RANGE */
export function dateDays(days: number): number {
  if (days > 2_147_483_647 || days < -2_147_483_648) outOfRange(`Out of range for date: ${days}`)
  return days
}

/** Milliseconds since 1970 of a TIMESTAMP WITH TIME ZONE have 52 bits. @source Trino DateTimeEncoding */
const MAX_MILLIS = 2n ** 51n

/** A timestamp with a zone, where its instant can be kept. `refuse` throws where not. */
export function zonedInstant(
  value: ZonedTimestamp,
  refuse: (message: string) => never = invalidArgument,
): ZonedTimestamp {
  const millis = floorDivide(value.picos, PICOS_PER_MILLI)
  if (millis >= MAX_MILLIS || millis < -MAX_MILLIS) refuse(`Millis overflow: ${millis}`)
  return value
}

/** Microseconds since 1970 of a TIMESTAMP have 64 bits. `refuse` throws where they have more. */
export function timestampPicos(
  picos: bigint,
  refuse: (message: string) => never = invalidArgument,
): bigint {
  const micros = floorDivide(picos, PICOS_PER_MICRO)
  if (BigInt.asIntN(64, micros) !== micros) refuse('long overflow')
  return picos
}
