import { timeZoneId, timeZoneKey } from '../../../spi/type/time-zone.js'
import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { PICOS_PER_DAY, PICOS_PER_SECOND } from '../../../values/civil.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { instantOfLocal } from '../../value/temporal-parse.js'
import { zonedInstant } from '../../value/temporal-range.js'
import { isoDate } from './iso8601-date.js'

const NANOS_TIMESTAMP =
  /^([+-]?\d{4,9}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2}(?::\d{2})?)?(?:(?<=Z|[+-]\d{2}:\d{2})\[([^\]]+)\])?$/i

/** The whole date, and at least hours and minutes. @source java.time DateTimeFormatter.ISO_DATE_TIME */
function isoDateTime(text: string, sessionZone: string): ZonedTimestamp {
  const match = NANOS_TIMESTAMP.exec(text)
  const refuse = (): never => invalidArgument(`Text '${text}' could not be parsed`)
  if (match === null) return refuse()
  const [, date, hour, minute, second = '0', fraction = '', offset, region] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return refuse()
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  const local =
    BigInt(isoDate(date!, text)) * PICOS_PER_DAY +
    BigInt(seconds) * PICOS_PER_SECOND +
    BigInt(fraction.padEnd(12, '0'))
  const key = timeZoneKey(region ?? offset?.toUpperCase() ?? sessionZone)
  if (key === undefined) return refuse()
  const zone = timeZoneId(key)
  return zonedInstant({ picos: instantOfLocal(local, zone), zone })
}

export const fromIso8601TimestampNanos = scalarFunction({
  name: 'from_iso8601_timestamp_nanos',
  description: 'The timestamp that an ISO 8601 text writes, to nanoseconds',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'timestamp(9) with time zone',
      bind:
        ({ session }) =>
        (text: string) =>
          isoDateTime(text, session.timeZone),
    },
  ],
})
