import { dayOfWeek, daysInMonth, daysOfCivil, isLeapYear } from '../../../values/civil.js'
import { invalidArgument } from '../../errors.js'

export const invalidFormat = (text: string): never => invalidArgument(`Invalid format: "${text}"`)

const cannotParse = (text: string, field: string, value: number, max: number): never =>
  invalidArgument(
    `Cannot parse "${text}": Value ${value} for ${field} must be in the range [1,${max}]`,
  )

/** `2020-02-29`, `2020-02`, `2020`, `2020-060`, `2020-W09-6`, `2020-W09`. */
export function isoDate(date: string, text: string): number {
  const match =
    /^([+-]?\d{1,9})(?:-(?:(\d{1,2})(?:-(\d{1,2}))?|(\d{3})|W(\d{1,2})(?:-(\d))?))?$/.exec(date)
  if (match === null) return invalidFormat(text)
  const [year, month = 1, day = 1, ordinal, week, weekday = 1] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part))) as [number, ...number[]]
  if (match[4] !== undefined) {
    const most = isLeapYear(year) ? 366 : 365
    if (ordinal! < 1 || ordinal! > most) cannotParse(text, 'dayOfYear', ordinal!, most)
    return daysOfCivil(year, 1, ordinal!)
  }
  if (match[5] !== undefined) {
    if (week! < 1 || week! > 53) cannotParse(text, 'weekOfWeekyear', week!, 53)
    if (weekday < 1 || weekday > 7) cannotParse(text, 'dayOfWeek', weekday, 7)
    const fourth = daysOfCivil(year, 1, 4)
    return fourth - dayOfWeek(fourth) + (week! - 1) * 7 + weekday
  }
  if (month < 1 || month > 12) cannotParse(text, 'monthOfYear', month, 12)
  const most = daysInMonth(year, month)
  if (day < 1 || day > most) cannotParse(text, 'dayOfMonth', day, most)
  return daysOfCivil(year, month, day)
}
