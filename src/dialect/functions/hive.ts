import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { notSupported } from '../translation.js'
import { filled } from '../tree.js'
import { ADD_MONTHS, CALENDAR_FIELDS, javaDateFormat } from './calendar.js'
import { concatenated, concatenatedWith, variadic } from './call-translations.js'

const TRUNCATIONS: Readonly<Record<string, string>> = {
  mm: 'month',
  mon: 'month',
  month: 'month',
  year: 'year',
  yy: 'year',
  yyyy: 'year',
  q: 'quarter',
  quarter: 'quarter',
}

/** TRUNC(date, 'MM'), a string. */
function truncated(call: ForeignCall): Expression {
  const { translation: t } = call
  const format = call.args.length === 2 ? call.value(1) : undefined
  const key = format?.kind === 'stringLiteral' ? format.value.toLowerCase() : ''
  if (!Object.hasOwn(TRUNCATIONS, key)) throw notSupported(`this format of ${call.name}`, t)
  return filled(
    `CAST(date_trunc('${TRUNCATIONS[key]}', CAST(_1 AS date)) AS varchar)`,
    [call.value(0)],
    t.location,
  )
}

const DATE = 'CAST("$dialect_timestamp"(_1) AS date)'

/** @see https://cwiki.apache.org/confluence/display/Hive/LanguageManual+UDF */
export const HIVE_FUNCTIONS: FunctionRules = {
  ...CALENDAR_FIELDS,
  // Strings, as last_day and trunc give.
  add_months: `CAST(${ADD_MONTHS} AS varchar)`,
  array_contains: 'coalesce(contains(_1, _2), false)',
  collect_list: 'coalesce(array_agg(_1) FILTER (WHERE _1 IS NOT NULL), ARRAY[])',
  collect_set: 'coalesce(array_distinct(array_agg(_1) FILTER (WHERE _1 IS NOT NULL)), ARRAY[])',
  concat: concatenated,
  concat_ws: concatenatedWith,
  date_add: `date_add('day', _2, ${DATE})`,
  date_format: javaDateFormat,
  date_sub: `date_add('day', -(_2), ${DATE})`,
  datediff: `date_diff('day', CAST("$dialect_timestamp"(_2) AS date), ${DATE})`,
  greatest: variadic('greatest'),
  if: 'IF(_c1, _2, _3)',
  initcap: "regexp_replace(lower(_1), '(^|\\s)(\\S)', x -> x[1] || upper(x[2]))",
  instr: 'strpos(_1, _2)',
  isnotnull: '_1 IS NOT NULL',
  isnull: '_1 IS NULL',
  last_day: 'CAST(last_day_of_month(CAST(_1 AS date)) AS varchar)',
  lcase: 'lower(_1)',
  least: variadic('least'),
  length: 'length(_1)',
  locate: 'strpos(_2, _1)',
  log: ['', 'log(_1, _2)'],
  log10: 'log10(_1)',
  log2: 'log2(_1)',
  lpad: 'lpad(_1, _2, _3)',
  ltrim: 'ltrim(_1)',
  md5: 'lower(to_hex(md5(to_utf8(_1))))',
  nvl: 'coalesce(_1, _2)',
  pmod: '(((_1 % _2) + _2) % _2)',
  // No match is an empty string; the first group unless told.
  regexp_extract: [
    'coalesce(regexp_extract(_1, _2, 1), substr(_1, 1, 0))',
    'coalesce(regexp_extract(_1, _2, _3), substr(_1, 1, 0))',
  ],
  regexp_replace: 'regexp_replace(_1, _2, _3)',
  repeat: "array_join(repeat(_1, CAST(greatest(_2, 0) AS integer)), '')",
  rpad: 'rpad(_1, _2, _3)',
  rtrim: 'rtrim(_1)',
  size: 'coalesce(cardinality(_1), -1)',
  sort_array: 'concat(filter(_1, x -> x IS NULL), array_sort(filter(_1, x -> x IS NOT NULL)))',
  split: 'regexp_split(_1, _2)',
  stddev: 'stddev_pop(_1)',
  to_date: DATE,
  trim: 'trim(_1)',
  trunc: truncated,
  ucase: 'upper(_1)',
  variance: 'var_pop(_1)',
  weekofyear: 'week("$dialect_timestamp"(_1))',
}
