import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { notSupported } from '../translation.js'
import { filled } from '../tree.js'
import { unitOf } from './call-translations.js'

/** A value as a time: strings of a date or time are taken too. */
const TIME = '"$dialect_timestamp"(_1)'

/** Fields of dates and times that dialects name alike; weeks are those of ISO 8601. */
export const CALENDAR_FIELDS: FunctionRules = {
  day: `day(${TIME})`,
  dayofmonth: `day(${TIME})`,
  dayofweek: `(day_of_week(${TIME}) % 7 + 1)`,
  dayofyear: `day_of_year(${TIME})`,
  hour: `hour(${TIME})`,
  minute: `minute(${TIME})`,
  month: `month(${TIME})`,
  quarter: `quarter(${TIME})`,
  second: `second(${TIME})`,
  year: `year(${TIME})`,
}

/** A date some months later: the last day of a month becomes the last day of another. */
export const ADD_MONTHS =
  "CAST(IF(CAST(_1 AS date) = last_day_of_month(CAST(_1 AS date)), last_day_of_month(date_add('month', _2, CAST(_1 AS date))), date_add('month', _2, CAST(_1 AS date))) AS date)"

/** Letters of patterns of Java's SimpleDateFormat that Joda's have alike. */
const JAVA_FORMAT = /^(?:[yMdHhmsSa]|[^A-Za-z'])*$/

/** DATE_FORMAT(value, 'yyyy-MM-dd'). */
export function javaDateFormat(call: ForeignCall): Expression {
  const { translation: t } = call
  const format = call.args.length === 2 ? call.value(1) : undefined
  if (format?.kind !== 'stringLiteral' || !JAVA_FORMAT.test(format.value)) {
    throw notSupported(`this format of ${call.name}`, t)
  }
  return filled(`format_datetime(${TIME}, _2)`, [call.value(0), format], t.location)
}

/** TIMESTAMPDIFF(unit, from, to): whole units between two times. */
export function timestampDiff(call: ForeignCall): Expression {
  return filled(
    `date_diff('${unitOf(call, 0)}', CAST(_1 AS timestamp(6)), CAST(_2 AS timestamp(6)))`,
    [call.value(1), call.value(2)],
    call.translation.location,
  )
}
