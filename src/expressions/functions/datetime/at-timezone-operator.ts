import { MillraceError } from '../../../spi/error.js'
import { MAX_OFFSET_MINUTES, timeZoneOffsetSeconds } from '../../../spi/type/time-zone.js'
import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import {
  floorDivide,
  floorModulo,
  PICOS_PER_DAY,
  PICOS_PER_MINUTE,
  PICOS_PER_SECOND,
} from '../../../values/civil.js'
import { offsetZone } from '../../cast/to-temporal.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import type { SessionContext } from '../../session-context.js'
import { ZONED_TIME, ZONED_TIMESTAMP, zoneOf } from './zone.js'

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

/** What AT TIME ZONE is planned as where at_timezone does not take the types. */
export const atTimezoneOperator = scalarFunction({
  name: '$at_timezone',
  hidden: true,
  description: 'The same instant, shown in another zone',
  overloads: [
    {
      args: [ZONED_TIMESTAMP, 'interval day to second'],
      returns: ZONED_TIMESTAMP,
      evaluate: ({ picos }: ZonedTimestamp, millis: bigint) => ({
        picos,
        zone: offsetZone(offsetOfInterval(millis)),
      }),
    },
    {
      args: [ZONED_TIME, 'varchar(x)'],
      returns: ZONED_TIME,
      bind:
        ({ session }) =>
        (time: ZonedTime, zone: string) =>
          moveTime(time, offsetMinutesAt(zoneOf(zone), session)),
    },
    {
      args: [ZONED_TIME, 'interval day to second'],
      returns: ZONED_TIME,
      evaluate: (time: ZonedTime, millis: bigint) => moveTime(time, offsetOfInterval(millis)),
    },
  ],
})
