import { MillraceError } from '../../../spi/error.js'
import {
  MAX_OFFSET_MINUTES,
  timeZoneId,
  timeZoneKey,
  timeZoneOffsetSeconds,
} from '../../../spi/type/time-zone.js'
import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import {
  floorDivide,
  floorModulo,
  PICOS_PER_DAY,
  PICOS_PER_MINUTE,
  PICOS_PER_SECOND,
} from '../../../values/civil.js'
import { localPicos, offsetText } from '../../../values/temporal-text.js'
import { offsetZone } from '../../cast/to-temporal.js'
import { invalidArgument, invalidCast } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import type { SessionContext } from '../../session-context.js'
import { instantOfLocal, parseDate } from '../../value/temporal-parse.js'

/** The canonical name of a zone. @throws INVALID_FUNCTION_ARGUMENT for one that is not known */
export function zoneOf(text: string): string {
  const key = timeZoneKey(text)
  return key === undefined ? invalidArgument(`'${text}' is not a valid time zone`) : timeZoneId(key)
}

function offsetOfInterval(millis: bigint): number {
  if (millis % 60_000n !== 0n) {
    invalidArgument('Invalid time zone offset interval: interval contains seconds')
  }
  const minutes = Number(millis / 60_000n)
  if (Math.abs(minutes) > MAX_OFFSET_MINUTES) {
    throw new MillraceError('INVALID_FUNCTION_ARGUMENT', `Invalid offset minutes ${minutes}`)
  }
  return minutes
}

function offsetMinutesAt(zone: string, session: SessionContext): number {
  const second = Number(floorDivide(session.startPicos, PICOS_PER_SECOND))
  return Math.trunc(timeZoneOffsetSeconds(zone, second) / 60)
}

const moveTime = (time: ZonedTime, offsetMinutes: number): ZonedTime => ({
  picos: floorModulo(
    time.picos + BigInt(offsetMinutes - time.offsetMinutes) * PICOS_PER_MINUTE,
    PICOS_PER_DAY,
  ),
  offsetMinutes,
})

const TIMESTAMP = 'timestamp(p) with time zone'
const TIME = 'time(p) with time zone'

export const atTimezone = scalarFunction({
  name: 'at_timezone',
  description: 'The same instant, shown in another zone',
  overloads: [
    {
      args: [TIMESTAMP, 'varchar(x)'],
      returns: TIMESTAMP,
      evaluate: ({ picos }: ZonedTimestamp, zone: string) => ({ picos, zone: zoneOf(zone) }),
    },
  ],
})

/** What AT TIME ZONE is planned as where at_timezone does not take the types. */
export const atTimezoneOperator = scalarFunction({
  name: '$at_timezone',
  hidden: true,
  description: 'The same instant, shown in another zone',
  overloads: [
    {
      args: [TIMESTAMP, 'interval day to second'],
      returns: TIMESTAMP,
      evaluate: ({ picos }: ZonedTimestamp, millis: bigint) => ({
        picos,
        zone: offsetZone(offsetOfInterval(millis)),
      }),
    },
    {
      args: [TIME, 'varchar(x)'],
      returns: TIME,
      bind:
        ({ session }) =>
        (time: ZonedTime, zone: string) =>
          moveTime(time, offsetMinutesAt(zoneOf(zone), session)),
    },
    {
      args: [TIME, 'interval day to second'],
      returns: TIME,
      evaluate: (time: ZonedTime, millis: bigint) => moveTime(time, offsetOfInterval(millis)),
    },
  ],
})

export const withTimezone = scalarFunction({
  name: 'with_timezone',
  description: 'The instant at which the clocks of a zone show a timestamp',
  overloads: [
    {
      args: ['timestamp(p)', 'varchar(x)'],
      returns: TIMESTAMP,
      evaluate: (picos: bigint, name: string) => {
        const zone = zoneOf(name)
        return { picos: instantOfLocal(picos, zone), zone }
      },
    },
  ],
})

export const timezone = scalarFunction({
  name: 'timezone',
  description: 'The zone of a timestamp or time',
  overloads: [
    {
      args: [TIMESTAMP],
      returns: 'varchar',
      neverFails: true,
      evaluate: ({ zone }: ZonedTimestamp) => zone,
    },
    {
      args: [TIME],
      returns: 'varchar',
      neverFails: true,
      evaluate: ({ offsetMinutes }: ZonedTime) => offsetText(offsetMinutes),
    },
  ],
})

export const currentTimezone = scalarFunction({
  name: 'current_timezone',
  description: 'The zone of the session',
  overloads: [
    {
      args: [],
      returns: 'varchar',
      bind:
        ({ session }) =>
        () =>
          session.timeZone,
    },
  ],
})

export const now = scalarFunction({
  name: 'now',
  description: 'The instant the query started',
  overloads: [
    {
      args: [],
      returns: 'timestamp(3) with time zone',
      bind: ({ session }) => {
        const unit = 1_000_000_000n
        const picos = floorDivide(session.startPicos + unit / 2n, unit) * unit
        return () => ({ picos, zone: session.timeZone })
      },
    },
  ],
})

export const currentDate = scalarFunction({
  name: 'current_date',
  description: 'The day on which the query started, in the zone of the session',
  overloads: [
    {
      args: [],
      returns: 'date',
      bind: ({ session }) => {
        const local = localPicos({ picos: session.startPicos, zone: session.timeZone })
        return () => Number(floorDivide(local, PICOS_PER_DAY))
      },
    },
  ],
})

/** A DATE of any date or timestamp: the function that is written like the cast. */
export const date = scalarFunction({
  name: 'date',
  description: 'The date of a text or timestamp',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'date',
      evaluate: (text: string) =>
        parseDate(text) ?? invalidCast(`Value cannot be cast to date: ${text}`),
    },
    {
      args: ['timestamp(p)'],
      returns: 'date',
      evaluate: (picos: bigint) => Number(floorDivide(picos, PICOS_PER_DAY)),
    },
    {
      args: [TIMESTAMP],
      returns: 'date',
      evaluate: (value: ZonedTimestamp) => Number(floorDivide(localPicos(value), PICOS_PER_DAY)),
    },
  ],
})
