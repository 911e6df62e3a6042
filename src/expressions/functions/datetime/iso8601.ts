import { MillraceError } from '../../../spi/error.js'
import { timeZoneId, timeZoneKey } from '../../../spi/type/time-zone.js'
import type { TemporalType } from '../../../spi/type/type.js'
import type { ZonedTimestamp } from '../../../spi/type/value.js'
import {
  dayOfWeek,
  daysInMonth,
  daysOfCivil,
  isLeapYear,
  PICOS_PER_DAY,
  PICOS_PER_SECOND,
} from '../../../values/civil.js'
import { dateText, offsetText, timestampText } from '../../../values/temporal-text.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { localTimeOf } from '../../value/datetime-pattern.js'
import { instantOfLocal } from '../../value/temporal-parse.js'
import { zonedInstant } from '../../value/temporal-range.js'

/** Offsets of times before there were time zones may have seconds. */
function refuseSeconds(offsetSeconds: number): never {
  const seconds = String(Math.abs(offsetSeconds) % 60).padStart(2, '0')
  throw new MillraceError(
    'INVALID_ARGUMENTS',
    `Timezone with non-zero seconds offset cannot be rendered as ISO8601: ${offsetText(Math.trunc(offsetSeconds / 60))}:${seconds}`,
  )
}

export const toIso8601 = scalarFunction({
  name: 'to_iso8601',
  description: 'A date or timestamp as ISO 8601 writes it',
  overloads: [
    {
      args: ['date'],
      returns: 'varchar(16)',
      neverFails: true,
      evaluate: (days: number) => dateText(days).replace('+', ''),
    },
    {
      args: ['timestamp(p)'],
      returns: 'varchar(n)',
      calculate: ({ p }) => ({ n: 22 + p! + Math.min(p!, 1) }),
      neverFails: true,
      bind: ({ argumentTypes }) => {
        const { precision } = argumentTypes[0] as TemporalType
        return (picos: bigint) => timestampText(picos, precision, 'T')
      },
    },
    {
      args: ['timestamp(p) with time zone'],
      returns: 'varchar(n)',
      calculate: ({ p }) => ({ n: 28 + p! + Math.min(p!, 1) }),
      bind: ({ argumentTypes }) => {
        const { precision } = argumentTypes[0] as TemporalType
        return ({ picos, zone }: ZonedTimestamp) => {
          const { local, offsetSeconds } = localTimeOf(picos, zone)
          if (offsetSeconds % 60 !== 0) refuseSeconds(offsetSeconds)
          const offset = offsetSeconds === 0 ? 'Z' : offsetText(Math.trunc(offsetSeconds / 60))
          return timestampText(local, precision, 'T') + offset
        }
      },
    },
  ],
})

const bad = (text: string): never => invalidArgument(`Invalid format: "${text}"`)

const cannotParse = (text: string, field: string, value: number, max: number): never =>
  invalidArgument(
    `Cannot parse "${text}": Value ${value} for ${field} must be in the range [1,${max}]`,
  )

/** `2020-02-29`, `2020-02`, `2020`, `2020-060`, `2020-W09-6`, `2020-W09`. */
function isoDate(date: string, text: string): number {
  const match =
    /^([+-]?\d{1,9})(?:-(?:(\d{1,2})(?:-(\d{1,2}))?|(\d{3})|W(\d{1,2})(?:-(\d))?))?$/.exec(date)
  if (match === null) return bad(text)
  const [year, month = 1, day = 1, ordinal, week, weekday = 1] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part))) as [number, ...number[]]
  if (match[4] !== undefined) {
    const most = isLeapYear(year) ? 366 : 365
    if (ordinal! < 1 || ordinal! > most) cannotParse(text, 'dayOfYear', ordinal!, most)
    return daysOfCivil(year, 1, ordinal!)
  }
  if (match[5] !== undefined) {
    if (week! < 1 || week! > 53) cannotParse(text, 'weekOfWeekyear', week!, 53)
    if (weekday < 1 || weekday > 7) cannotParse(text, 'dayOfWeek', weekday, 7)
    const fourth = daysOfCivil(year, 1, 4)
    return fourth - dayOfWeek(fourth) + (week! - 1) * 7 + weekday
  }
  if (month < 1 || month > 12) cannotParse(text, 'monthOfYear', month, 12)
  const most = daysInMonth(year, month)
  if (day < 1 || day > most) cannotParse(text, 'dayOfMonth', day, most)
  return daysOfCivil(year, month, day)
}

export const fromIso8601Date = scalarFunction({
  name: 'from_iso8601_date',
  description: 'The date that an ISO 8601 text writes',
  overloads: [
    { args: ['varchar(x)'], returns: 'date', evaluate: (text: string) => isoDate(text, text) },
  ],
})

const TIME = /^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/

function isoTimestamp(text: string, sessionZone: string): ZonedTimestamp {
  const [date = '', time, more] = text.split('T')
  if (more !== undefined) bad(text)
  if (/ /.test(text)) {
    const at = text.indexOf(' ')
    return invalidArgument(`Invalid format: "${text}" is malformed at "${text.slice(at)}"`)
  }
  if (date === '' && !time) bad(text)
  const days = date === '' ? 0 : isoDate(date, text)
  let picos = BigInt(days) * PICOS_PER_DAY
  let zone = sessionZone
  if (time !== undefined && time !== '') {
    const match = TIME.exec(time)
    if (match === null) return bad(text)
    const [, hour, minute = '0', second = '0', fraction = '', zoneText] = match
    if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return bad(text)
    const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
    picos += BigInt(seconds) * PICOS_PER_SECOND + BigInt(fraction.slice(0, 3).padEnd(12, '0'))
    if (zoneText !== undefined) zone = timeZoneId(timeZoneKey(zoneText) ?? bad(text))
  }
  return zonedInstant({ picos: instantOfLocal(picos, zone), zone })
}

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
