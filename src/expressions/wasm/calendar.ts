/** Days since 1970-01-01 to years, months and days of the proleptic Gregorian calendar, in numbers and in kernels. */

import type { FunctionBuilder } from './builder.js'
import { f64, i32, i64 } from './scalar.js'
import type { Expr } from './value.js'

export const floorDivide = (a: number, b: number): number => Math.floor(a / b)

const DAYS_PER_ERA = 146_097
/** Days from 0000-03-01 to the epoch. */
const EPOCH_OFFSET = 719_468

/** @source H. Hinnant, chrono-compatible low-level date algorithms: civil_from_days */
export function yearOfDay(day: number): number {
  const z = day + EPOCH_OFFSET
  const era = floorDivide(z, DAYS_PER_ERA)
  const doe = z - era * DAYS_PER_ERA
  const yoe = floorDivide(
    doe - floorDivide(doe, 1460) + floorDivide(doe, 36_524) - floorDivide(doe, 146_096),
    365,
  )
  const doy = doe - (365 * yoe + floorDivide(yoe, 4) - floorDivide(yoe, 100))
  return yoe + era * 400 + (doy >= 306 ? 1 : 0)
}

type I64 = Expr<'i64'>

/** Quotient rounded down, divisor positive. */
export function floorDivide64(f: FunctionBuilder, a: I64, b: number): I64 {
  const q = f.let(i64.div_s(a, b))
  const r = i64.sub(a, i64.mul(q, b))
  return i64.sub(q, i64.shr_u(r, 63))
}

type F64 = Expr<'f64'>

/**
 * Quotient rounded down, of an integer of which doubles are exact ({@link areDoubles}). What an exact quotient is short of the
 * next integer is 1 / divisor, which is more than doubles are apart there, so that none is rounded up to it.
 */
export const floorDivideDoubles = (a: F64, b: number): F64 => f64.floor(f64.div(a, b))

export interface CivilDate {
  readonly year: I64
  readonly month: I64
  readonly day: I64
}

/** Years are counted from a multiple of 400 so far back that numbers of days of 32 bits have no negative ones. */
const ERAS_BACK = 14_700
const YEARS_BACK = ERAS_BACK * 400
const DAYS_BACK = ERAS_BACK * DAYS_PER_ERA + EPOCH_OFFSET

/**
 * Emits the calendar date of a day number of 32 bits.
 * @source C. Neri, L. Schneider, Euclidean affine functions and their application to calendar algorithms (2023)
 */
export function civilFromDays(f: FunctionBuilder, days: I64): CivilDate {
  const quarters = f.let(i64.add(i64.shl(i64.add(days, DAYS_BACK), 2), 3))
  // Exact: the quotients of numbers of 36 bits are further from the next integer than doubles are apart.
  const exact = f64.div(f64.convert_i64_u(quarters), DAYS_PER_ERA)
  const century = f.let(i64.trunc_sat_f64_u(exact))
  const ofCentury = i32.wrap_i64(i64.sub(quarters, i64.mul(century, DAYS_PER_ERA)))
  const scaled = f.let(i64.mul(i64.extend_i32_u(i32.or(ofCentury, 3)), 2_939_745))
  const dayOfYear = f.let(i32.div_u(i32.wrap_i64(scaled), 4 * 2_939_745))
  const months = f.let(i32.add(i32.mul(dayOfYear, 2141), 197_913))
  // Years begin in March here: January and February are of the next one.
  const isNext = f.let(i32.ge_u(dayOfYear, 306))
  const month = i32.sub(i32.shr_u(months, 16), i32.mul(isNext, 12))
  const day = i32.add(i32.div_u(i32.and(months, 0xffff), 2141), 1)
  const ofEra = i64.add(i64.mul(century, 100), i64.shr_u(scaled, 32))
  return {
    year: i64.add(i64.sub(ofEra, YEARS_BACK), i64.extend_i32_u(isNext)),
    month: i64.extend_i32_u(month),
    day: i64.extend_i32_u(day),
  }
}

/** Days of whole years since the year at which counting begins, from its first of March. */
function daysOfYears(f: FunctionBuilder, years: I64): I64 {
  const y = f.let(i32.wrap_i64(years))
  const leaps = i32.add(i32.sub(i32.div_u(y, 4), i32.div_u(y, 100)), i32.div_u(y, 400))
  return i64.add(i64.mul(i64.extend_i32_u(y), 365), i64.extend_i32_u(leaps))
}

/** Emits the day number of the first day of a month; months count from 1. */
export function daysOfMonthStart(f: FunctionBuilder, year: I64, month: I64): I64 {
  const m = f.let(i32.wrap_i64(month))
  const isNext = f.let(i32.le_u(m, 2))
  const years = i64.add(i64.sub(year, i64.extend_i32_u(isNext)), YEARS_BACK)
  const sinceMarch = i32.sub(i32.add(m, i32.mul(isNext, 12)), 3)
  const days = i32.div_u(i32.add(i32.mul(sinceMarch, 153), 2), 5)
  return i64.sub(i64.add(daysOfYears(f, years), i64.extend_i32_u(days)), DAYS_BACK)
}

/** Emits the day number of the first of January of a year. */
export const daysOfYearStart = (f: FunctionBuilder, year: I64): I64 =>
  daysOfMonthStart(f, year, i64.const(1))
