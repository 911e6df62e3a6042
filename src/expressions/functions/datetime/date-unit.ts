import {
  addMonths,
  floorDivide,
  floorModulo,
  PICOS_PER_DAY,
  PICOS_PER_MILLI,
  PICOS_PER_MINUTE,
  PICOS_PER_SECOND,
} from '../../../values/civil.js'
import { invalidArgument } from '../../errors.js'
import { timestampPicos } from '../../value/temporal-range.js'

/** Units of the time of day in picoseconds; of dates in days or months. */
export const TIME_UNITS: Readonly<Record<string, bigint>> = {
  millisecond: PICOS_PER_MILLI,
  second: PICOS_PER_SECOND,
  minute: PICOS_PER_MINUTE,
  hour: 60n * PICOS_PER_MINUTE,
}
export const DAY_UNITS: Readonly<Record<string, number>> = { day: 1, week: 7 }
export const MONTH_UNITS: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 }

export const badUnit = (unit: string, type: string): never =>
  invalidArgument(`'${unit}' is not a valid ${type} field`)

export function timeUnit(unit: string, type: string): bigint {
  return TIME_UNITS[unit.toLowerCase()] ?? badUnit(unit, type)
}

/** How many units are added: an INTEGER, except to times of day. */
export function unitCount(value: bigint): number {
  if (value > 2_147_483_647n || value < -2_147_483_648n) {
    return invalidArgument('integer overflow')
  }
  return Number(value)
}

export function addToDays(unit: string, amount: bigint, days: number, type: string): number {
  const name = unit.toLowerCase()
  const size = DAY_UNITS[name]
  if (size !== undefined) return days + unitCount(amount) * size
  const months = MONTH_UNITS[name] ?? badUnit(unit, type)
  return addMonths(days, unitCount(amount) * months)
}

export function addToTimestamp(unit: string, amount: bigint, picos: bigint): bigint {
  const size = TIME_UNITS[unit.toLowerCase()]
  if (size !== undefined) return timestampPicos(picos + BigInt(unitCount(amount)) * size)
  const days = Number(floorDivide(picos, PICOS_PER_DAY))
  const sum = addToDays(unit, amount, days, 'TIMESTAMP')
  return timestampPicos(BigInt(sum) * PICOS_PER_DAY + floorModulo(picos, PICOS_PER_DAY))
}
