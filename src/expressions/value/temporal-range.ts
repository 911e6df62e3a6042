import type { ZonedTimestamp } from '../../spi/type/value.js'
import { floorDivide, PICOS_PER_MILLI } from '../../values/civil.js'
import { invalidArgument } from '../errors.js'

/** Milliseconds since 1970 of a TIMESTAMP WITH TIME ZONE have 52 bits. @source Trino DateTimeEncoding */
const MAX_MILLIS = 2n ** 51n

/** A timestamp with a zone, where its instant can be kept. @throws INVALID_FUNCTION_ARGUMENT */
export function zonedInstant(value: ZonedTimestamp): ZonedTimestamp {
  const millis = floorDivide(value.picos, PICOS_PER_MILLI)
  if (millis >= MAX_MILLIS || millis < -MAX_MILLIS) invalidArgument(`Millis overflow: ${millis}`)
  return value
}

/** Microseconds since 1970 of a TIMESTAMP have 64 bits. @throws INVALID_FUNCTION_ARGUMENT */
export function timestampPicos(picos: bigint): bigint {
  const micros = floorDivide(picos, 1_000_000n)
  if (BigInt.asIntN(64, micros) !== micros) invalidArgument('long overflow')
  return picos
}
