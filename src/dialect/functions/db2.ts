import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { cast } from '../type.js'
import { ADD_MONTHS, CALENDAR_FIELDS } from './calendar.js'
import { concatenated, decode, INITCAP, joined, variadic } from './call-translations.js'

const castTo =
  (type: string) =>
  (call: ForeignCall): Expression =>
    cast(call.value(0), type, false, call.translation)

const DATE = 'CAST("$dialect_timestamp"(_1) AS date)'

/** @see https://www.ibm.com/docs/en/db2/11.5?topic=functions-scalar */
export const DB2_FUNCTIONS: FunctionRules = {
  ...CALENDAR_FIELDS,
  add_months: ADD_MONTHS,
  bigint: castTo('bigint'),
  concat: concatenated,
  date: DATE,
  dayofweek_iso: 'day_of_week("$dialect_timestamp"(_1))',
  // Days since the first of January of the year 1, which is 1.
  days: `(date_diff('day', DATE '0001-01-01', ${DATE}) + 1)`,
  decode,
  double: castTo('double'),
  greatest: variadic('greatest'),
  ifnull: 'coalesce(_1, _2)',
  initcap: INITCAP,
  int: castTo('integer'),
  integer: castTo('integer'),
  last_day: 'last_day_of_month(_1)',
  lcase: 'lower(_1)',
  least: variadic('least'),
  left: 'substr(_1, 1, _2)',
  length: 'length(_1)',
  listagg: (call) => joined(call, ''),
  locate: 'strpos(_2, _1)',
  log10: 'log10(_1)',
  lpad: ["lpad(_1, _2, ' ')", 'lpad(_1, _2, _3)'],
  ltrim: 'ltrim(_1)',
  mod: '_1 % _2',
  nvl: variadic('coalesce'),
  nvl2: 'IF(_1 IS NOT NULL, _2, _3)',
  posstr: 'strpos(_1, _2)',
  repeat: "array_join(repeat(_1, CAST(_2 AS integer)), '')",
  right: 'substr(_1, greatest(length(_1) - _2, 0) + 1)',
  rpad: ["rpad(_1, _2, ' ')", 'rpad(_1, _2, _3)'],
  rtrim: 'rtrim(_1)',
  smallint: castTo('smallint'),
  stddev: 'stddev_pop(_1)',
  // What LISTAGG … WITHIN GROUP is written as for the grammar.
  string_agg: (call) => joined(call, ''),
  strip: 'trim(_1)',
  trim: 'trim(_1)',
  trunc: ['truncate(_1)', 'truncate(_1, _2)'],
  truncate: ['truncate(_1)', 'truncate(_1, _2)'],
  ucase: 'upper(_1)',
  value: variadic('coalesce'),
  variance: 'var_pop(_1)',
  week_iso: 'week("$dialect_timestamp"(_1))',
}
