import type { ZonedTime, ZonedTimestamp } from '../../../spi/type/value.js'
import {
  addMonths,
  floorDivide,
  floorModulo,
  MILLIS_PER_DAY,
  PICOS_PER_DAY,
  PICOS_PER_MILLI,
} from '../../../values/civil.js'
import { localPicos } from '../../../values/temporal-text.js'
import { invalidArgument, outOfRange } from '../../errors.js'
import type { ScalarEvaluator, ScalarOverload } from '../../function-definition.js'
import { instantOfLocal } from '../../value/temporal-parse.js'
import { dateDays, timestampPicos, zonedInstant } from '../../value/temporal-range.js'

const DAY_TO_SECOND = 'interval day to second'
const YEAR_TO_MONTH = 'interval year to month'
const ZONED_TIMESTAMP = 'timestamp(p) with time zone'
const ZONED_TIME = 'time(p) with time zone'

const MAX_MONTHS = 2_147_483_647
const MAX_MILLIS = 9_223_372_036_854_775_807n

export function checkedMonths(months: number): number {
  if (months > MAX_MONTHS || months < -MAX_MONTHS - 1) outOfRange(`Overflow of interval: ${months}`)
  return months + 0
}
export function checkedMillis(millis: bigint): bigint {
  if (millis > MAX_MILLIS || millis < -MAX_MILLIS - 1n)
    outOfRange(`Overflow of interval: ${millis}`)
  return millis
}

const addMonthsToDate = (days: number, months: number): number => dateDays(addMonths(days, months))
const millisToDate =
  (message: string) =>
  (days: number, millis: bigint): number =>
    millis % MILLIS_PER_DAY === 0n
      ? dateDays(days + Number(millis / MILLIS_PER_DAY))
      : invalidArgument(message)
const addMillisToDate = millisToDate('Cannot add hour, minutes or seconds to a date')
const subtractMillisFromDate = millisToDate('Cannot subtract hour, minutes or seconds from a date')
export function addMonthsToTimestamp(picos: bigint, months: number): bigint {
  const days = Number(floorDivide(picos, PICOS_PER_DAY))
  return BigInt(addMonths(days, months)) * PICOS_PER_DAY + floorModulo(picos, PICOS_PER_DAY)
}
const inTimestamps = (picos: bigint): bigint => timestampPicos(picos, outOfRange)
const addMillisToTimestamp = (picos: bigint, millis: bigint): bigint =>
  inTimestamps(picos + millis * PICOS_PER_MILLI)
const addMillisToTime = (picos: bigint, millis: bigint): bigint =>
  floorModulo(picos + millis * PICOS_PER_MILLI, PICOS_PER_DAY)
const addMillisToZonedTime = (time: ZonedTime, millis: bigint): ZonedTime => ({
  picos: addMillisToTime(time.picos, millis),
  offsetMinutes: time.offsetMinutes,
})
const addMillisToZoned = ({ picos, zone }: ZonedTimestamp, millis: bigint): ZonedTimestamp =>
  zonedInstant({ picos: picos + millis * PICOS_PER_MILLI, zone }, outOfRange)
/** Months are added to what the zone's clocks show. */
const addMonthsToZoned = (value: ZonedTimestamp, months: number): ZonedTimestamp => {
  const local = addMonthsToTimestamp(localPicos(value), months)
  return zonedInstant({ picos: instantOfLocal(local, value.zone), zone: value.zone }, outOfRange)
}

/** A sum keeps the interval's milliseconds: `date + interval` and `interval + date` give the type of the date. */
const temporal = (type: string, interval: string, evaluate: ScalarEvaluator): ScalarOverload => ({
  args: [type, interval],
  returns: resultOf(type, interval),
  ...(interval === DAY_TO_SECOND && /^time/.test(type)
    ? { calculate: (n) => ({ u: Math.max(n['p']!, 3) }) }
    : {}),
  evaluate,
})

/** Milliseconds need three digits of the result. */
const resultOf = (type: string, interval: string): string =>
  interval === DAY_TO_SECOND ? type.replace('(p)', '(u)') : type

type Pair = readonly [type: string, interval: string, add: (value: never, amount: never) => unknown]

const SUMS: readonly Pair[] = [
  ['date', DAY_TO_SECOND, addMillisToDate],
  ['date', YEAR_TO_MONTH, addMonthsToDate],
  ['time(p)', DAY_TO_SECOND, addMillisToTime],
  [ZONED_TIME, DAY_TO_SECOND, addMillisToZonedTime],
  ['timestamp(p)', DAY_TO_SECOND, addMillisToTimestamp],
  [
    'timestamp(p)',
    YEAR_TO_MONTH,
    (picos: bigint, months: number) => inTimestamps(addMonthsToTimestamp(picos, months)),
  ],
  [ZONED_TIMESTAMP, DAY_TO_SECOND, addMillisToZoned],
  [ZONED_TIMESTAMP, YEAR_TO_MONTH, addMonthsToZoned],
]

const negated = (amount: number | bigint): number | bigint =>
  typeof amount === 'bigint' ? -amount : 0 - amount

export const TEMPORAL_ADDITION: readonly ScalarOverload[] = [
  {
    args: [DAY_TO_SECOND, DAY_TO_SECOND],
    returns: DAY_TO_SECOND,
    evaluate: (left: bigint, right: bigint) => checkedMillis(left + right),
  },
  {
    args: [YEAR_TO_MONTH, YEAR_TO_MONTH],
    returns: YEAR_TO_MONTH,
    evaluate: (left: number, right: number) => checkedMonths(left + right),
  },
  ...SUMS.flatMap(([type, interval, add]): ScalarOverload[] => {
    const sum = temporal(type, interval, add as ScalarEvaluator)
    const swapped = add as (value: unknown, amount: unknown) => never
    return [
      sum,
      {
        ...sum,
        args: [interval, type],
        evaluate: (amount: unknown, value: unknown) => swapped(value, amount),
      },
    ]
  }),
]

/** Milliseconds between two times of one precision, halves rounded up. */
const difference = (left: bigint, right: bigint): bigint =>
  floorDivide(left - right + PICOS_PER_MILLI / 2n, PICOS_PER_MILLI)

export const TEMPORAL_SUBTRACTION: readonly ScalarOverload[] = [
  {
    args: [DAY_TO_SECOND, DAY_TO_SECOND],
    returns: DAY_TO_SECOND,
    evaluate: (left: bigint, right: bigint) => checkedMillis(left - right),
  },
  {
    args: [YEAR_TO_MONTH, YEAR_TO_MONTH],
    returns: YEAR_TO_MONTH,
    evaluate: (left: number, right: number) => checkedMonths(left - right),
  },
  {
    args: ['date', 'date'],
    returns: DAY_TO_SECOND,
    evaluate: (left: number, right: number) => BigInt(left - right) * MILLIS_PER_DAY,
  },
  { args: ['time(p)', 'time(p)'], returns: DAY_TO_SECOND, evaluate: difference },
  {
    args: [ZONED_TIME, ZONED_TIME],
    returns: DAY_TO_SECOND,
    evaluate: (left: ZonedTime, right: ZonedTime) => difference(utcTime(left), utcTime(right)),
  },
  { args: ['timestamp(p)', 'timestamp(p)'], returns: DAY_TO_SECOND, evaluate: difference },
  {
    args: [ZONED_TIMESTAMP, ZONED_TIMESTAMP],
    returns: DAY_TO_SECOND,
    evaluate: (left: ZonedTimestamp, right: ZonedTimestamp) => difference(left.picos, right.picos),
  },
  ...SUMS.map(([type, interval, add]) => {
    const sum = (add === addMillisToDate ? subtractMillisFromDate : add) as (
      value: unknown,
      amount: unknown,
    ) => never
    return temporal(type, interval, ((value: unknown, amount: number | bigint) =>
      sum(value, negated(amount))) as ScalarEvaluator)
  }),
]

const utcTime = ({ picos, offsetMinutes }: ZonedTime): bigint =>
  floorModulo(picos - BigInt(offsetMinutes) * 60n * 1_000_000_000_000n, PICOS_PER_DAY)

/** Java's (long) cast of a double: towards zero, held to the range of a long, NaN is 0. */
function toLong(value: number): bigint {
  if (Number.isNaN(value)) return 0n
  if (value >= 2 ** 63) return MAX_MILLIS
  if (value <= -(2 ** 63)) return -MAX_MILLIS - 1n
  return BigInt(Math.trunc(value))
}
const toInt = (value: number): number =>
  Number.isNaN(value) ? 0 : Math.trunc(Math.max(-MAX_MONTHS - 1, Math.min(MAX_MONTHS, value))) + 0

function finite(factor: number): number {
  if (!Number.isFinite(factor)) invalidArgument(`Cannot multiply by double ${factor}`)
  return factor
}

const timesMillis: Record<string, ScalarEvaluator> = {
  bigint: (millis: bigint, factor: bigint) => checkedMillis(millis * factor),
  double: (millis: bigint, factor: number) => toLong(Number(millis) * finite(factor)),
}
const timesMonths: Record<string, ScalarEvaluator> = {
  bigint: (months: number, factor: bigint) => checkedMonths(Number(BigInt(months) * factor)),
  double: (months: number, factor: number) => toInt(months * finite(factor)),
}

const swap = (evaluator: ScalarEvaluator): ScalarEvaluator => {
  const given = evaluator as (left: unknown, right: unknown) => never
  return ((left: unknown, right: unknown) => given(right, left)) as ScalarEvaluator
}

export const INTERVAL_MULTIPLICATION: readonly ScalarOverload[] = ['bigint', 'double'].flatMap(
  (number): ScalarOverload[] => [
    { args: [DAY_TO_SECOND, number], returns: DAY_TO_SECOND, evaluate: timesMillis[number]! },
    { args: [number, DAY_TO_SECOND], returns: DAY_TO_SECOND, evaluate: swap(timesMillis[number]!) },
    { args: [YEAR_TO_MONTH, number], returns: YEAR_TO_MONTH, evaluate: timesMonths[number]! },
    { args: [number, YEAR_TO_MONTH], returns: YEAR_TO_MONTH, evaluate: swap(timesMonths[number]!) },
  ],
)

function divisor(value: number): number {
  if (value === 0 || Number.isNaN(value)) {
    return invalidArgument(`Cannot divide by double ${Number.isNaN(value) ? 'NaN' : '0.0'}`)
  }
  return value
}

export const INTERVAL_DIVISION: readonly ScalarOverload[] = [
  {
    args: [DAY_TO_SECOND, 'double'],
    returns: DAY_TO_SECOND,
    evaluate: (millis: bigint, by: number) => toLong(Number(millis) / divisor(by)),
  },
  {
    args: [YEAR_TO_MONTH, 'double'],
    returns: YEAR_TO_MONTH,
    evaluate: (months: number, by: number) => toInt(months / divisor(by)),
  },
]
