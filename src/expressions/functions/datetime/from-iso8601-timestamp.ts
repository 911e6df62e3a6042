import { timeZoneId, timeZoneKey } from '../../../spi/type/time-zone.js'
import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { PICOS_PER_DAY, PICOS_PER_SECOND } from '../../../values/civil.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { invalidFormat, isoDate } from './iso8601-date.js'
import { parsedInstant } from './parsed-instant.js'

const TIME = /^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/

function isoTimestamp(text: string, sessionZone: string): ZonedTimestamp {
  const [date = '', time, more] = text.split('T')
  if (more !== undefined) invalidFormat(text)
  if (/ /.test(text)) {
    const at = text.indexOf(' ')
    return invalidArgument(`Invalid format: "${text}" is malformed at "${text.slice(at)}"`)
  }
  if (date === '' && !time) invalidFormat(text)
  const days = date === '' ? 0 : isoDate(date, text)
  let picos = BigInt(days) * PICOS_PER_DAY
  let zone = sessionZone
  if (time !== undefined && time !== '') {
    const match = TIME.exec(time)
    if (match === null) return invalidFormat(text)
    const [, hour, minute = '0', second = '0', fraction = '', zoneText] = match
    if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return invalidFormat(text)
    const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
    picos += BigInt(seconds) * PICOS_PER_SECOND + BigInt(fraction.slice(0, 3).padEnd(12, '0'))
    if (zoneText !== undefined) zone = timeZoneId(timeZoneKey(zoneText) ?? invalidFormat(text))
  }
  return parsedInstant(picos, zone, text)
}

export const fromIso8601Timestamp = scalarFunction({
  name: 'from_iso8601_timestamp',
  description: 'The timestamp that an ISO 8601 text writes, to milliseconds',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'timestamp(3) with time zone',
      bind:
        ({ session }) =>
        (text: string) =>
          isoTimestamp(text, session.timeZone),
    },
  ],
})
