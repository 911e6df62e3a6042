import { MillraceError } from '../../../spi/error.js'
import { MAX_OFFSET_MINUTES, timeZoneId, timeZoneKey } from '../../../spi/type/time-zone.js'
import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { PICOS_PER_MILLI } from '../../../values/civil.js'
import { offsetZone } from '../../cast/to-temporal.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

const ZONED_3 = 'timestamp(3) with time zone'
export const MAX_MILLIS = 2 ** 51

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
