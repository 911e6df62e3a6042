import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { extractField, intervalUnit } from '../temporal.js'
import { notSupported } from '../translation.js'
import { filled } from '../tree.js'
import { cast, castExpression, namedType } from '../type.js'
import {
  boundaries,
  concatenatedWith,
  concatenatedWithoutNulls,
  dateAdd,
  joined,
  unitOf,
  values,
  wordOf,
} from './call-translations.js'

/** TRY_CAST(a AS b), which the foreign grammar reads as a call whose argument is CAST(a AS b). */
function triedCast({ args: [only, another], translation: t }: ForeignCall): Expression {
  if (only?.type !== 'cast' || another !== undefined) throw notSupported('this TRY_CAST', t)
  return castExpression(only, t, true)
}

/** Weeks begin on Sunday, unless SET DATEFIRST says otherwise. */
function datePart(call: ForeignCall): Expression {
  const { translation: t } = call
  const word = wordOf(call, 0)
  if (/^(?:weekday|dw)$/.test(word)) {
    return filled('(day_of_week(_1) % 7 + 1)', [call.value(1)], t.location)
  }
  const field = /^(?:dy|y)$/.test(word) ? 'dayofyear' : word
  return extractField(intervalUnit(field)?.toLowerCase() ?? field, call.value(1), t)
}

function dateName(call: ForeignCall): Expression {
  const { translation: t } = call
  const word = wordOf(call, 0)
  const pattern = /^(?:month|mm|m)$/.test(word) ? '%M' : /^(?:weekday|dw)$/.test(word) ? '%W' : ''
  if (pattern === '') throw notSupported(`datename of ${word}`, t)
  return filled(`date_format("$dialect_timestamp"(_1), '${pattern}')`, [call.value(1)], t.location)
}

const truncated = (call: ForeignCall): Expression =>
  filled(`date_trunc('${unitOf(call, 0)}', _1)`, [call.value(1)], call.translation.location)

function chosen(call: ForeignCall): Expression {
  const all = values(call)
  const whens = all.slice(1).map((_, i) => ` WHEN ${i + 1} THEN _${i + 2}`)
  return filled(`CASE _1${whens.join('')} END`, all, call.translation.location)
}

/** CONVERT(type, value); styles are the texts of dates. */
const converted =
  (isSafe: boolean) =>
  (call: ForeignCall): Expression => {
    const { translation: t } = call
    if (call.args.length !== 2) throw notSupported(`${call.name} with a style`, t)
    return cast(call.value(1), namedType(call.args[0]!, t), isSafe, t)
  }

/** @see https://learn.microsoft.com/en-us/sql/t-sql/functions/functions */
export const TRANSACTSQL_FUNCTIONS: FunctionRules = {
  charindex: 'strpos(_2, _1)',
  choose: chosen,
  concat: concatenatedWithoutNulls,
  concat_ws: concatenatedWith,
  convert: converted(false),
  count_big: ['count(*)', 'count(_1)'],
  dateadd: dateAdd,
  datediff: boundaries(0, 1, 2),
  datefromparts: "CAST(format('%04d-%02d-%02d', _1, _2, _3) AS date)",
  datename: dateName,
  datepart: datePart,
  datetrunc: truncated,
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
  stuff: 'concat(substr(_1, 1, _2 - 1), _4, substr(_1, _2 + _3))',
  string_agg: (call) => joined(call, undefined),
  sysdatetime: 'localtimestamp(7)',
  trim: 'trim(_1)',
  try_cast: triedCast,
  try_convert: converted(true),
  var: 'var_samp(_1)',
  varp: 'var_pop(_1)',
  year: 'year(_1)',
}
