/** Days since 1970-01-01 to years, months and days of the proleptic Gregorian calendar, in numbers and in kernels. */

import type { FunctionBuilder } from './builder.js'
import { i64 } from './scalar.js'
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

export interface CivilDate {
  readonly year: I64
  readonly month: I64
  readonly day: I64
}

/** Emits the calendar date of a day number. */
export function civilFromDays(f: FunctionBuilder, days: I64): CivilDate {
  const z = f.let(i64.add(days, EPOCH_OFFSET))
  const era = f.let(floorDivide64(f, z, DAYS_PER_ERA))
  const doe = f.let(i64.sub(z, i64.mul(era, DAYS_PER_ERA)))
  const leap = i64.sub(
    i64.add(i64.sub(doe, i64.div_u(doe, 1460)), i64.div_u(doe, 36_524)),
    i64.div_u(doe, 146_096),
  )
  const yoe = f.let(i64.div_u(leap, 365))
  const beforeYear = i64.sub(i64.add(i64.mul(yoe, 365), i64.div_u(yoe, 4)), i64.div_u(yoe, 100))
  const doy = f.let(i64.sub(doe, beforeYear))
  const mp = f.let(i64.div_u(i64.add(i64.mul(doy, 5), 2), 153))
  const day = i64.add(i64.sub(doy, i64.div_u(i64.add(i64.mul(mp, 153), 2), 5)), 1)
  const month = f.let(i64.select(i64.lt_u(mp, 10), i64.add(mp, 3), i64.sub(mp, 9)))
  const year = i64.add(i64.add(yoe, i64.mul(era, 400)), i64.extend_i32_u(i64.le_u(month, 2)))
  return { year, month, day }
}

/** Emits the day number of the first of January of a year. */
export function daysOfYearStart(f: FunctionBuilder, year: I64): I64 {
  const y = f.let(i64.sub(year, 1))
  const leaps = i64.add(
    i64.sub(floorDivide64(f, y, 4), floorDivide64(f, y, 100)),
    floorDivide64(f, y, 400),
  )
  return i64.sub(i64.add(i64.mul(y, 365), leaps), 719_162)
}
