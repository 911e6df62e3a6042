import { timeZoneId, timeZoneKey, timeZoneOffsetsOfLocal } from './time-zone.js'
import type { ZonedTime, ZonedTimestamp } from './value.js'

/**
 * Reads the text forms of values that JavaScript has no type for; undefined where a text is none. These are the
 * forms that values have in results, not all that SQL's casts take.
 */

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

/** The unscaled value of a decimal text; undefined where it is none or has more than `scale` fraction digits. */
export function parseDecimalText(text: string, scale: number): bigint | undefined {
  const match = DECIMAL.exec(text.trim())
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(whole + fraction)
  const shift = scale + Number(exponent) - fraction.length
  const divisor = 10n ** BigInt(Math.max(0, -shift))
  if (digits % divisor !== 0n) return undefined
  const unscaled = (digits / divisor) * 10n ** BigInt(Math.max(0, shift))
  return sign === '-' ? -unscaled : unscaled
}

const DATE = /^([+-]?\d{4,7})-(\d{2})-(\d{2})$/
const CLOCK = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,12}))?)?$/
const PICOS_PER_SECOND = 1_000_000_000_000n
const SECONDS_PER_DAY = 86_400

/** Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
export function parseDateText(text: string): number | undefined {
  const match = DATE.exec(text)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined
  const days = daysSinceEpoch(year, month, day)
  // A day past the month's end is a day of the next month.
  return days >= daysSinceEpoch(month === 12 ? year + 1 : year, (month % 12) + 1, 1)
    ? undefined
    : days
}

/** @source Howard Hinnant, chrono-compatible low-level date algorithms: days_from_civil */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Picoseconds of the day; undefined for more than `precision` fraction digits that are not 0. */
export function parseTimeText(text: string, precision: number): bigint | undefined {
  const match = CLOCK.exec(text)
  if (match === null) return undefined
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
  const fraction = match[4] ?? ''
  if (hour > 23 || minute > 59 || second > 59) return undefined
  if (/[^0]/.test(fraction.slice(precision))) return undefined
  const seconds = BigInt(hour * 3600 + minute * 60 + second)
  return seconds * PICOS_PER_SECOND + BigInt(fraction.padEnd(12, '0'))
}

/** Picoseconds since the epoch of a local date and time with a blank or T between; a date alone is its midnight. */
export function parseTimestampText(text: string, precision: number): bigint | undefined {
  const [date = '', clock = '00:00:00', ...rest] = text.trim().split(/[ T]/)
  if (rest.length > 0) return undefined
  const days = parseDateText(date)
  const picos = parseTimeText(clock, precision)
  if (days === undefined || picos === undefined) return undefined
  return BigInt(days) * BigInt(SECONDS_PER_DAY) * PICOS_PER_SECOND + picos
}

const OFFSET = /([+-])(\d{2}):?(\d{2})$/

export function parseZonedTimeText(text: string, precision: number): ZonedTime | undefined {
  const match = OFFSET.exec(text)
  const clock = (match === null ? text.replace(/Z$/, '') : text.slice(0, match.index)).trim()
  const picos = parseTimeText(clock, precision)
  if (picos === undefined || (match === null && !text.endsWith('Z'))) return undefined
  const minutes = match === null ? 0 : Number(match[2]) * 60 + Number(match[3])
  if (minutes > 840) return undefined
  return { picos, offsetMinutes: match?.[1] === '-' ? -minutes : minutes }
}

const ZONED = /^(\S+[ T][\d:.]+)\s*(Z|[+-]\d{2}:?\d{2}|[A-Za-z][\w/+-]*)$/

/** A local date and time with its zone: `2020-01-01 10:00:00.000 Europe/Berlin`, `2020-01-01T10:00:00Z`. */
export function parseZonedTimestampText(
  text: string,
  precision: number,
): ZonedTimestamp | undefined {
  const match = ZONED.exec(text.trim())
  const local = match === null ? undefined : parseTimestampText(match[1]!, precision)
  const key = match === null ? undefined : timeZoneKey(match[2]!)
  if (local === undefined || key === undefined) return undefined
  const zone = timeZoneId(key)
  const second = local / PICOS_PER_SECOND - (local % PICOS_PER_SECOND < 0n ? 1n : 0n)
  const [offset] = timeZoneOffsetsOfLocal(zone, Number(second))
  return offset === undefined
    ? undefined
    : { picos: local - BigInt(offset) * PICOS_PER_SECOND, zone }
}

export function parseUuidText(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return undefined
  return Uint8Array.from(Buffer.from(text.replaceAll('-', ''), 'hex'))
}

/** The 16 bytes of an IPv6 address, or of an IPv4 address mapped into it (RFC 4291, 2.5.5.2). */
export function parseIpAddressText(text: string): Uint8Array | undefined {
  const dotted = /^(.*:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  let groups = text
  if (dotted !== null) {
    const bytes = dotted.slice(2).map(Number)
    if (bytes.some((byte) => byte > 255)) return undefined
    const low = `${((bytes[0]! << 8) | bytes[1]!).toString(16)}:${((bytes[2]! << 8) | bytes[3]!).toString(16)}`
    groups = `${dotted[1] ?? '::ffff:'}${low}`
  }
  const halves = groups.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const all = [...head, ...Array<string>(missing).fill('0'), ...tail]
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return Uint8Array.from(
    all.flatMap((group) => {
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 0xff]
    }),
  )
}
