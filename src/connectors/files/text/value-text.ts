import type { SqlType, Value, ZonedTime, ZonedTimestamp } from '../../../spi/index.js'
import { timeZoneOffsetSeconds } from '../../../spi/index.js'

const PICOS_PER_SECOND = 1_000_000_000_000n
const SECONDS_PER_DAY = 86_400n

/** Makes the text of values of a type, as SQL's casts to VARCHAR write it; undefined for types that have none in text files. */
export function textWriter(type: SqlType): ((value: Exclude<Value, null>) => string) | undefined {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'double':
    case 'varchar':
    case 'char':
    case 'json':
      return String
    case 'real':
      return (value) => shortestReal(value as number)
    case 'decimal':
      return (value) => decimalText(value as bigint, type.scale)
    case 'date':
      return (value) => dateText(BigInt(value as number))
    case 'time':
      return (value) => clockText(value as bigint, type.precision)
    case 'timestamp':
      return (value) => timestampText(value as bigint, type.precision)
    case 'timestamp with time zone':
      return (value) => zonedText(value as ZonedTimestamp, type.precision)
    case 'time with time zone': {
      return (value) => {
        const { picos, offsetMinutes } = value as ZonedTime
        return clockText(picos, type.precision) + offsetText(offsetMinutes)
      }
    }
    case 'varbinary':
      return (value) => Buffer.from(value as Uint8Array).toString('hex')
    case 'uuid':
      return (value) =>
        Buffer.from(value as Uint8Array)
          .toString('hex')
          .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    default:
      return undefined
  }
}

/** The shortest text that is read back as the same REAL. */
function shortestReal(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** @source Howard Hinnant, chrono-compatible low-level date algorithms: civil_from_days */
function dateText(days: bigint): string {
  const z = Number(days) + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const yearText = String(Math.abs(year)).padStart(4, '0')
  return `${year < 0 ? '-' : ''}${yearText}-${two(month)}-${two(day)}`
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))

function clockText(picos: bigint, precision: number): string {
  const seconds = Number(picos / PICOS_PER_SECOND)
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  if (precision === 0) return clock
  const fraction = String(picos % PICOS_PER_SECOND).padStart(12, '0')
  return `${clock}.${fraction.slice(0, precision)}`
}

function timestampText(picos: bigint, precision: number): string {
  const perDay = PICOS_PER_SECOND * SECONDS_PER_DAY
  let days = picos / perDay
  if (picos % perDay < 0n) days--
  return `${dateText(days)} ${clockText(picos - days * perDay, precision)}`
}

function zonedText({ picos, zone }: ZonedTimestamp, precision: number): string {
  let second = picos / PICOS_PER_SECOND
  if (picos % PICOS_PER_SECOND < 0n) second--
  const offset = BigInt(timeZoneOffsetSeconds(zone, Number(second)))
  return `${timestampText(picos + offset * PICOS_PER_SECOND, precision)} ${zone}`
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
