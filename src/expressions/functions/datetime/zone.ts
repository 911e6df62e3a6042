import { timeZoneId, timeZoneKey } from '../../../spi/type/time-zone.js'
import { invalidArgument } from '../../errors.js'

/** The canonical name of a zone. @throws INVALID_FUNCTION_ARGUMENT for one that is not known */
export function zoneOf(text: string): string {
  const key = timeZoneKey(text)
  return key === undefined ? invalidArgument(`'${text}' is not a valid time zone`) : timeZoneId(key)
}

export const ZONED_TIMESTAMP = 'timestamp(p) with time zone'
export const ZONED_TIME = 'time(p) with time zone'
