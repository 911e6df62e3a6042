/**
 * Numbers and dates straight from bytes. Each reader gives NaN where the bytes are none; surrounding blanks have been cut.
 */

const MINUS = 0x2d
const PLUS = 0x2b
const DOT = 0x2e
const ZERO = 0x30
/** Digits that are exact in a double. */
const SAFE_DIGITS = 15
const MICROS_PER_SECOND = 1_000_000
const SECONDS_PER_DAY = 86_400

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))

const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')

/** An integer of up to 15 digits; NaN for longer ones too. */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  const first = bytes[p]
  if (first === MINUS || first === PLUS) p++
  if (p === end || end - p > SAFE_DIGITS) return Number.NaN
  let value = 0
  for (; p < end; p++) {
    const digit = bytes[p]! - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return first === MINUS ? 0 - value : value
}

/** An integer of any length; undefined where the bytes are none. */
export function readBigInteger(bytes: Uint8Array, start: number, end: number): bigint | undefined {
  const text = textOf(bytes, start, end)
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined
}

/** Not a number: told apart from the value NaN, which is a text of its own. */
export const NO_NUMBER = Symbol('no number')

/**
 * A decimal text as the double nearest to it: exactly, for up to 15 digits and small exponents by one division or
 * multiplication, whose operands are exact.
 * @source William D. Clinger, How to read floating point numbers accurately (1990)
 */
export function readDouble(
  bytes: Uint8Array,
  start: number,
  end: number,
): number | typeof NO_NUMBER {
  let p = start
  const first = bytes[p]
  if (first === MINUS || first === PLUS) p++
  let mantissa = 0
  let digits = 0
  let scale = 0
  let seenDot = false
  for (; p < end; p++) {
    const byte = bytes[p]!
    const digit = byte - ZERO
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit
      if (mantissa !== 0) digits++
      if (seenDot) scale++
    } else if (byte === DOT && !seenDot) seenDot = true
    else break
  }
  const hasDigits = p - start - (first === MINUS || first === PLUS ? 1 : 0) > (seenDot ? 1 : 0)
  if (p < end || digits > SAFE_DIGITS || scale > 22 || !hasDigits) {
    return slowDouble(textOf(bytes, start, end))
  }
  const value = scale === 0 ? mantissa : mantissa / POWERS_OF_TEN[scale]!
  return first === MINUS ? -value : value
}

function slowDouble(text: string): number | typeof NO_NUMBER {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text)
  switch (text.toLowerCase()) {
    case 'nan':
      return Number.NaN
    case 'infinity':
    case '+infinity':
      return Number.POSITIVE_INFINITY
    case '-infinity':
      return Number.NEGATIVE_INFINITY
    default:
      return NO_NUMBER
  }
}

/** Two or more digits; NaN where one of the bytes is none. */
function digitsOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let p = start; p < end; p++) {
    const digit = bytes[p]! - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

const MONTH_DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** Days since the epoch of `YYYY-MM-DD`. */
export function readDate(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 10 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) {
    return Number.NaN
  }
  const year = digitsOf(bytes, start, start + 4)
  const month = digitsOf(bytes, start + 5, start + 7)
  const day = digitsOf(bytes, start + 8, end)
  if (!(month >= 1 && month <= 12) || !(day >= 1)) return Number.NaN
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day > MONTH_DAYS[month]! + (month === 2 && isLeap ? 1 : 0)) return Number.NaN
  return daysFromCivil(year, month, day)
}

/** @source Howard Hinnant, chrono-compatible low-level date algorithms: days_from_civil */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/**
 * Microseconds since the epoch of `YYYY-MM-DD[ T]HH:MM[:SS[.f]]`, or of a date alone; NaN for more than six fraction
 * digits too.
 */
export function readTimestampMicros(bytes: Uint8Array, start: number, end: number): number {
  const days = readDate(bytes, start, Math.min(end, start + 10))
  const length = end - start
  if (length === 10) return days * SECONDS_PER_DAY * MICROS_PER_SECOND
  const separator = bytes[start + 10]
  if (length < 16 || (separator !== 0x20 && separator !== 0x54) || bytes[start + 13] !== 0x3a) {
    return Number.NaN
  }
  const hour = digitsOf(bytes, start + 11, start + 13)
  const minute = digitsOf(bytes, start + 14, start + 16)
  let second = 0
  let micros = 0
  if (length > 16) {
    if (length < 19 || bytes[start + 16] !== 0x3a) return Number.NaN
    second = digitsOf(bytes, start + 17, start + 19)
    if (length > 19) {
      const digits = length - 20
      if (bytes[start + 19] !== DOT || digits < 1 || digits > 6) return Number.NaN
      micros = digitsOf(bytes, start + 20, end) * POWERS_OF_TEN[6 - digits]!
    }
  }
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN
  return (days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + micros
}
