import { timeZoneOffsetSeconds } from '../../spi/type/time-zone.js'
import type { SqlType } from '../../spi/type/type.js'
import type { Value, ZonedTime, ZonedTimestamp } from '../../spi/type/value.js'
import {
  floorDivide,
  floorModulo,
  PICOS_PER_DAY,
  PICOS_PER_SECOND,
  roundPicos,
} from '../../values/civil.js'
import { localPicos } from '../../values/temporal-text.js'
import { invalidCast, outOfRange } from '../errors.js'
import type { SessionContext } from '../session-context.js'
import {
  instantOfLocal,
  parseDate,
  parseTime,
  parseTimestamp,
  parseTimeWithZone,
} from '../value/temporal-parse.js'
import { timestampPicos, zonedInstant } from '../value/temporal-range.js'
import type { Cast } from './to-number.js'

const roundTime = (picos: bigint, precision: number): bigint =>
  roundPicos(picos, precision) % PICOS_PER_DAY

const inTimestamps = (picos: bigint): bigint => timestampPicos(picos, outOfRange)

const localOf = (value: Value): bigint => localPicos(value as ZonedTimestamp)

/** Offset of the session's zone when the query started, in minutes. */
function sessionOffset(session: SessionContext): number {
  const second = Number(floorDivide(session.startPicos, PICOS_PER_SECOND))
  return Math.trunc(timeZoneOffsetSeconds(session.timeZone, second) / 60)
}

/** Picoseconds of the local midnight the query's day began with. */
function sessionDay(session: SessionContext): bigint {
  const local = localPicos({ picos: session.startPicos, zone: session.timeZone })
  return local - floorModulo(local, PICOS_PER_DAY)
}

export function castToDate(from: SqlType): Cast | undefined {
  switch (from.kind) {
    case 'varchar':
      return (value) =>
        parseDate(value as string) ?? invalidCast(`Value cannot be cast to date: ${value}`)
    case 'date':
      return (value) => value
    case 'timestamp':
      return (value) => Number(floorDivide(value as bigint, PICOS_PER_DAY))
    case 'timestamp with time zone':
      return (value) => Number(floorDivide(localOf(value), PICOS_PER_DAY))
    default:
      return undefined
  }
}

export function castToTime(from: SqlType, precision: number): Cast | undefined {
  switch (from.kind) {
    case 'varchar':
      return (value) => {
        const time = parseTime(value as string)
        if (time === undefined) return invalidCast(`Value cannot be cast to time: ${value}`)
        return roundTime(time.picos, precision)
      }
    case 'time':
      return (value) => roundTime(value as bigint, precision)
    case 'time with time zone':
      return (value) => roundTime((value as ZonedTime).picos, precision)
    case 'timestamp':
      return (value) => roundTime(floorModulo(value as bigint, PICOS_PER_DAY), precision)
    case 'timestamp with time zone':
      return (value) => roundTime(floorModulo(localOf(value), PICOS_PER_DAY), precision)
    default:
      return undefined
  }
}

export function castToTimeWithZone(
  from: SqlType,
  precision: number,
  session: SessionContext,
): Cast | undefined {
  const zoned = (picos: bigint, offsetMinutes: number): ZonedTime => ({
    picos: roundTime(picos, precision),
    offsetMinutes,
  })
  switch (from.kind) {
    case 'varchar':
      return (value) => {
        const time = parseTimeWithZone(value as string)
        if (time !== undefined) return zoned(time.picos, time.offsetMinutes)
        const local = parseTime(value as string)
        if (local !== undefined) return zoned(local.picos, sessionOffset(session))
        return invalidCast(`Value cannot be cast to time with time zone: ${value}`)
      }
    case 'time':
      return (value) => zoned(value as bigint, sessionOffset(session))
    case 'time with time zone':
      return (value) => zoned((value as ZonedTime).picos, (value as ZonedTime).offsetMinutes)
    case 'timestamp':
      return (value) => zoned(floorModulo(value as bigint, PICOS_PER_DAY), sessionOffset(session))
    case 'timestamp with time zone':
      return (value) => {
        const local = localOf(value)
        // Trino takes the offset of the zone when UTC shows the local time.
        const second = Number(floorDivide(local, PICOS_PER_SECOND))
        const { zone } = value as ZonedTimestamp
        const offset = Math.trunc(timeZoneOffsetSeconds(zone, second) / 60)
        return zoned(floorModulo(local, PICOS_PER_DAY), offset)
      }
    default:
      return undefined
  }
}

export function castToTimestamp(
  from: SqlType,
  precision: number,
  session: SessionContext,
): Cast | undefined {
  switch (from.kind) {
    case 'varchar':
      return (value) => {
        const parsed = parseTimestamp((value as string).trim())
        if (parsed === undefined) return invalidCast(`Value cannot be cast to timestamp: ${value}`)
        const { picos, zone } = parsed
        // A time that the zone skips is read as that zone's clocks would show it.
        const local =
          zone === undefined ? picos : localOf({ picos: instantOfLocal(picos, zone), zone })
        return inTimestamps(roundPicos(local, precision))
      }
    case 'date':
      return (value) => inTimestamps(BigInt(value as number) * PICOS_PER_DAY)
    case 'time':
      return (value) => roundPicos(sessionDay(session) + (value as bigint), precision)
    case 'time with time zone':
      return (value) => roundPicos(sessionDay(session) + (value as ZonedTime).picos, precision)
    case 'timestamp':
      return (value) => inTimestamps(roundPicos(value as bigint, precision))
    case 'timestamp with time zone':
      return (value) => roundPicos(localOf(value), precision)
    default:
      return undefined
  }
}

export function castToTimestampWithZone(
  from: SqlType,
  precision: number,
  session: SessionContext,
): Cast | undefined {
  const zone = session.timeZone
  const atLocal = (local: bigint, at = zone): ZonedTimestamp =>
    zonedInstant({ picos: roundPicos(instantOfLocal(local, at), precision), zone: at }, outOfRange)
  switch (from.kind) {
    case 'varchar':
      return (value) => {
        const parsed = parseTimestamp((value as string).trim())
        if (parsed === undefined) return invalidCast(`Value cannot be cast to timestamp: ${value}`)
        return atLocal(parsed.picos, parsed.zone ?? zone)
      }
    case 'date':
      return (value) => atLocal(BigInt(value as number) * PICOS_PER_DAY)
    case 'time':
      return (value) => atLocal(roundPicos(sessionDay(session) + (value as bigint), precision))
    case 'time with time zone': {
      // Rounding up to midnight is the next day only where the time has more than nanoseconds.
      const round = from.precision > 9 ? roundPicos : roundTime
      return (value) => {
        const { picos, offsetMinutes } = value as ZonedTime
        return atLocal(sessionDay(session) + round(picos, precision), offsetZone(offsetMinutes))
      }
    }
    case 'timestamp':
      return (value) => atLocal(roundPicos(value as bigint, precision))
    case 'timestamp with time zone':
      return (value) => {
        const zoned = value as ZonedTimestamp
        return { picos: roundPicos(zoned.picos, precision), zone: zoned.zone }
      }
    default:
      return undefined
  }
}

/** The zone of a fixed offset. */
export function offsetZone(minutes: number): string {
  if (minutes === 0) return 'UTC'
  const size = Math.abs(minutes)
  const hour = String(Math.floor(size / 60)).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${hour}:${String(size % 60).padStart(2, '0')}`
}
