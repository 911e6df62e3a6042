import { MillraceError } from '../../../spi/error.js'
import { MAX_OFFSET_MINUTES, timeZoneId, timeZoneKey } from '../../../spi/type/time-zone.js'
import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { PICOS_PER_MILLI } from '../../../values/civil.js'
import { offsetZone } from '../../cast/to-temporal.js'
import { invalidArgument } from '../../errors.js'
import { type BoundCall, scalarFunction } from '../../function-definition.js'
import { divideHalfUp, powerOfTen } from '../../value/decimal.js'
import { instantOfLocal } from '../../value/temporal-parse.js'

const ZONED_3 = 'timestamp(3) with time zone'
const MAX_MILLIS = 2 ** 51
const NANOS_PER_MILLI = 1_000_000n

function atSeconds(seconds: number, zone: string): ZonedTimestamp {
  const millis = Number.isNaN(seconds) ? 0 : Math.round(seconds * 1000)
  if (Math.abs(millis) >= MAX_MILLIS) {
    const limited = Number.isFinite(millis)
      ? BigInt(millis)
      : millis > 0
        ? 9_223_372_036_854_775_807n
        : -9_223_372_036_854_775_808n
    return invalidArgument(`Millis overflow: ${limited}`)
  }
  return { picos: BigInt(millis) * PICOS_PER_MILLI, zone }
}

function zoneNamed(name: string): string {
  if (name === '') return invalidArgument('Zone id is an empty string')
  const key = timeZoneKey(name)
  if (key === undefined) {
    throw new MillraceError('NOT_SUPPORTED', `Time zone not supported: ${name}`)
  }
  return timeZoneId(key)
}

function offsetMinutes(minutes: bigint): number {
  if (minutes > MAX_OFFSET_MINUTES || minutes < -MAX_OFFSET_MINUTES) {
    invalidArgument(`Invalid offset minutes ${minutes}`)
  }
  return Number(minutes)
}

export const fromUnixtime = scalarFunction({
  name: 'from_unixtime',
  description: 'The timestamp of seconds since 1970, in the zone of the session or another',
  overloads: [
    {
      args: ['double'],
      returns: ZONED_3,
      bind:
        ({ session }) =>
        (seconds: number) =>
          atSeconds(seconds, session.timeZone),
    },
    {
      args: ['double', 'bigint', 'bigint'],
      returns: ZONED_3,
      evaluate: (seconds: number, hours: bigint, minutes: bigint) =>
        atSeconds(seconds, offsetZone(offsetMinutes(hours * 60n + minutes))),
    },
    {
      args: ['double', 'varchar(x)'],
      returns: ZONED_3,
      evaluate: (seconds: number, zone: string) => atSeconds(seconds, zoneNamed(zone)),
    },
  ],
})

const fromNanos = ({ session }: BoundCall) => {
  const { timeZone } = session
  return (nanos: bigint): ZonedTimestamp => ({ picos: nanos * 1000n, zone: timeZone })
}

export const fromUnixtimeNanos = scalarFunction({
  name: 'from_unixtime_nanos',
  description: 'The timestamp of nanoseconds since 1970',
  overloads: [
    { args: ['bigint'], returns: 'timestamp(9) with time zone', bind: fromNanos },
    {
      args: ['decimal(p,s)'],
      returns: 'timestamp(9) with time zone',
      bind: (call) => {
        const [type] = call.argumentTypes
        const unit = powerOfTen(type?.kind === 'decimal' ? type.scale : 0)
        const convert = fromNanos(call)
        return (value: bigint) => {
          const nanos = divideHalfUp(value, unit)
          const millis = nanos / NANOS_PER_MILLI
          if (millis > MAX_MILLIS || millis < -MAX_MILLIS) {
            invalidArgument(`Millis overflow: ${millis}`)
          }
          return convert(nanos)
        }
      },
    },
  ],
})

const secondsOf = (picos: bigint): number =>
  Number(picos / PICOS_PER_MILLI) / 1000 + Number(picos % PICOS_PER_MILLI) / 1e12

export const toUnixtime = scalarFunction({
  name: 'to_unixtime',
  description: 'The seconds since 1970 of a timestamp',
  overloads: [
    {
      args: ['timestamp(p)'],
      returns: 'double',
      bind:
        ({ session }) =>
        (picos: bigint) =>
          secondsOf(instantOfLocal(picos, session.timeZone)),
    },
    {
      args: ['timestamp(p) with time zone'],
      returns: 'double',
      neverFails: true,
      evaluate: ({ picos }: ZonedTimestamp) => secondsOf(picos),
    },
  ],
})

export const toMilliseconds = scalarFunction({
  name: 'to_milliseconds',
  description: 'The milliseconds of an interval',
  overloads: [
    {
      args: ['interval day to second'],
      returns: 'bigint',
      neverFails: true,
      evaluate: (millis: bigint) => millis,
    },
  ],
})

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

export const parseDuration = scalarFunction({
  name: 'parse_duration',
  description: 'The interval of a text such as 1.5h, with a unit from ns to d',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'interval day to second',
      evaluate: (text: string) => {
        const match = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*$/.exec(text)
        if (match === null) {
          return invalidArgument(`duration is not a valid data duration string: ${text}`)
        }
        const unit = DURATION_UNITS[match[2]!]
        if (unit === undefined) return invalidArgument(`Unknown time unit: ${match[2]}`)
        return BigInt(Math.round(Number(match[1]) * unit))
      },
    },
  ],
})

const PARTS: readonly (readonly [name: string, seconds: bigint])[] = [
  ['week', 604_800n],
  ['day', 86_400n],
  ['hour', 3600n],
  ['minute', 60n],
  ['second', 1n],
]

export const humanReadableSeconds = scalarFunction({
  name: 'human_readable_seconds',
  description: 'Seconds as weeks, days, hours, minutes and seconds',
  overloads: [
    {
      args: ['double'],
      returns: 'varchar',
      evaluate: (seconds: number) => {
        if (!Number.isFinite(seconds)) return invalidArgument(`Invalid argument found: ${seconds}`)
        const rounded = Math.round(Math.abs(seconds))
        let rest = BigInt(Math.min(rounded, 2 ** 63))
        if (rest > 9_223_372_036_854_775_807n) rest = 9_223_372_036_854_775_807n
        const words: string[] = []
        for (const [name, size] of PARTS) {
          const count = rest / size
          rest %= size
          if (count > 0n) words.push(`${count} ${name}${count === 1n ? '' : 's'}`)
        }
        return words.length === 0 ? '0 seconds' : words.join(', ')
      },
    },
  ],
})
