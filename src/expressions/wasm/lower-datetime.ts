import type { CallExpression, Expression } from '../ir.js'
import {
  type CivilDate,
  civilFromDays,
  daysOfMonthStart,
  daysOfYearStart,
  floorDivide64,
  floorDivideDoubles,
} from './calendar.js'
import { areDoubles } from './interval.js'
import { argumentKinds, type KernelFunctions, type Lowering, lowerInt } from './lower-arithmetic.js'
import type { LoweredInt, RowContext } from './lowered.js'
import { f64, i64 } from './scalar.js'
import type { Expr } from './value.js'

/** Fields of dates and timestamps, and date_trunc, over rows. */

type I64 = Expr<'i64'>
type F = RowContext['f']

const MICROS_PER_DAY = 86_400_000_000

/** The day number of a DATE or TIMESTAMP argument. */
function dayOf(context: RowContext, e: CallExpression): LoweredInt {
  const given = e.args[0]!
  const arg = lowerInt(context, given)
  if (given.type.kind !== 'timestamp') return arg
  return { ...arg, value: context.f.let(wholeUnits(context, given, arg.value, MICROS_PER_DAY)) }
}

/** How many whole units, rounded down, a timestamp is from the epoch. */
export function wholeUnits(
  context: RowContext,
  timestamp: Expression,
  value: I64,
  unit: number,
): I64 {
  return inDoubles(context, timestamp)
    ? i64.trunc_sat_f64_s(floorDivideDoubles(f64.convert_i64_s(value), unit))
    : floorDivide64(context.f, value, unit)
}

function inDoubles({ analysis }: RowContext, e: Expression): boolean {
  const facts = analysis.facts.get(e)
  return facts !== undefined && areDoubles(facts.interval)
}

const datePart =
  (part: (f: F, days: I64) => I64): Lowering =>
  (context, e) => {
    const day = dayOf(context, e)
    return { ...day, value: context.f.let(part(context.f, day.value)) }
  }

/** A field of the time of day of a TIMESTAMP. */
const timePart =
  (micros: number, modulus: number): Lowering =>
  (context, e) => {
    const { f } = context
    const given = e.args[0]!
    const arg = lowerInt(context, given)
    if (inDoubles(context, given)) {
      const units = f.let(floorDivideDoubles(f64.convert_i64_s(arg.value), micros))
      const whole = floorDivideDoubles(units, modulus)
      const part = f64.sub(units, f64.mul(whole, modulus))
      return { ...arg, value: f.let(i64.trunc_sat_f64_s(part)) }
    }
    const units = f.let(floorDivide64(f, arg.value, micros))
    const whole = floorDivide64(f, units, modulus)
    return { ...arg, value: f.let(i64.sub(units, i64.mul(whole, modulus))) }
  }

/** Days since the last Monday: the epoch was a Thursday. */
function daysSinceMonday(f: F, days: I64): I64 {
  const shifted = f.let(i64.add(days, 3))
  return i64.sub(shifted, i64.mul(floorDivide64(f, shifted, 7), 7))
}

const year = datePart((f, days) => civilFromDays(f, days).year)
const month = datePart((f, days) => civilFromDays(f, days).month)
const day = datePart((f, days) => civilFromDays(f, days).day)
const quarterIndex = (date: CivilDate): I64 => i64.div_u(i64.sub(date.month, 1), 3)
const quarter = datePart((f, days) => i64.add(quarterIndex(civilFromDays(f, days)), 1))
const dayOfWeek = datePart((f, days) => i64.add(daysSinceMonday(f, days), 1))
const dayOfYear = datePart((f, days) => {
  const first = daysOfYearStart(f, f.let(civilFromDays(f, days).year))
  return i64.add(i64.sub(days, first), 1)
})

type StartOf = (f: F, days: I64) => I64

/** The first day of what a day is in. */
const DAY_STARTS = {
  day: (_, days) => days,
  week: (f, days) => i64.sub(days, daysSinceMonday(f, days)),
  month: (f, days) => i64.sub(days, i64.sub(civilFromDays(f, days).day, 1)),
  quarter: (f, days) => {
    const date = civilFromDays(f, days)
    const first = f.let(i64.add(i64.mul(quarterIndex(date), 3), 1))
    return daysOfMonthStart(f, f.let(date.year), first)
  },
  year: (f, days) => daysOfYearStart(f, f.let(civilFromDays(f, days).year)),
} as const satisfies Readonly<Record<string, StartOf>>

/** Units of the time of day, in microseconds. */
const TIME_UNITS = {
  millisecond: 1000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
} as const

/** Units are part of the name by which kernels, and bounds of what they give, know the function. */
const TRUNCATION = 'date_trunc '

/** The name by which kernels know a date_trunc of a constant unit; undefined for other calls. */
export function truncationName({ function: fn, args }: CallExpression): string | undefined {
  const [unit, value] = args
  if (fn.name !== 'date_trunc' || unit?.kind !== 'constant' || typeof unit.value !== 'string') {
    return undefined
  }
  const name = unit.value.toLowerCase()
  const isTime = Object.hasOwn(TIME_UNITS, name) && value?.type.kind === 'timestamp'
  return isTime || Object.hasOwn(DAY_STARTS, name) ? TRUNCATION + name : undefined
}

const truncateDay =
  (startOf: StartOf): Lowering =>
  (context, e) => {
    const { f } = context
    const day = dayOf(context, e)
    const start = f.let(startOf(f, day.value))
    if (e.type.kind === 'date') return { ...day, value: start }
    return { ...day, value: f.let(i64.mul(start, MICROS_PER_DAY)) }
  }

const truncateTime =
  (micros: number): Lowering =>
  (context, e) => {
    const given = e.args[0]!
    const arg = lowerInt(context, given)
    const whole = wholeUnits(context, given, arg.value, micros)
    return { ...arg, value: context.f.let(i64.mul(whole, micros)) }
  }

const DAYS = argumentKinds('date', 'timestamp')
const TIMESTAMPS = argumentKinds('timestamp')

const truncations = (): KernelFunctions => {
  const days = Object.entries(DAY_STARTS).map(
    ([unit, startOf]) => [TRUNCATION + unit, [DAYS, truncateDay(startOf)]] as const,
  )
  const times = Object.entries(TIME_UNITS).map(
    ([unit, micros]) => [TRUNCATION + unit, [TIMESTAMPS, truncateTime(micros)]] as const,
  )
  return Object.fromEntries([...days, ...times])
}

export const DATETIME: KernelFunctions = {
  year: [DAYS, year],
  month: [DAYS, month],
  day: [DAYS, day],
  day_of_month: [DAYS, day],
  quarter: [DAYS, quarter],
  day_of_week: [DAYS, dayOfWeek],
  dow: [DAYS, dayOfWeek],
  day_of_year: [DAYS, dayOfYear],
  doy: [DAYS, dayOfYear],
  hour: [TIMESTAMPS, timePart(3_600_000_000, 24)],
  minute: [TIMESTAMPS, timePart(60_000_000, 60)],
  second: [TIMESTAMPS, timePart(1_000_000, 60)],
  ...truncations(),
}
