import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { extractField } from '../temporal.js'
import {
  boundaries,
  concatenatedWith,
  concatenatedWithoutNulls,
  dateAdd,
  joined,
  wordOf,
} from './shared.js'

const datePart = (call: ForeignCall): Expression =>
  extractField(wordOf(call, 0), call.value(1), call.translation)

/** @see https://learn.microsoft.com/en-us/sql/t-sql/functions/functions */
export const TRANSACTSQL_FUNCTIONS: FunctionRules = {
  charindex: 'strpos(_2, _1)',
  concat: concatenatedWithoutNulls,
  concat_ws: concatenatedWith,
  count_big: ['count(*)', 'count(_1)'],
  dateadd: dateAdd,
  datediff: boundaries(0, 1, 2),
  datepart: datePart,
  day: 'day(_1)',
  eomonth: 'last_day_of_month(_1)',
  getdate: 'localtimestamp(3)',
  iif: 'IF(_c1, _2, _3)',
  isnull: 'coalesce(_1, _2)',
  left: 'substr(_1, 1, _2)',
  // Blanks at the end don't count.
  len: 'length(rtrim(_1))',
  log: ['ln(_1)', 'log(_2, _1)'],
  log10: 'log10(_1)',
  ltrim: 'ltrim(_1)',
  month: 'month(_1)',
  newid: 'uuid()',
  replicate: "array_join(repeat(_1, CAST(_2 AS integer)), '')",
  right: 'substr(_1, greatest(length(_1) - _2, 0) + 1)',
  rtrim: 'rtrim(_1)',
  square: 'power(_1, 2)',
  stdev: 'stddev_samp(_1)',
  stdevp: 'stddev_pop(_1)',
  string_agg: (call) => joined(call, undefined),
  sysdatetime: 'localtimestamp(7)',
  trim: 'trim(_1)',
  var: 'var_samp(_1)',
  varp: 'var_pop(_1)',
  year: 'year(_1)',
}
