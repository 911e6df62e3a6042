import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { extractField } from '../temporal.js'
import { notSupported } from '../translation.js'
import { filled } from '../tree.js'
import {
  boundaries,
  concatenated,
  concatenatedWith,
  dateAdd,
  joined,
  unitOf,
  values,
  variadic,
  wordOf,
} from './shared.js'

/** DECODE(value, search, result, …, default): NULLs are equal. */
function decode(call: ForeignCall): Expression {
  const { translation: t } = call
  const all = values(call)
  if (all.length < 3) throw notSupported(`decode with ${all.length} arguments`, t)
  let whens = ''
  for (let i = 1; i + 1 < all.length; i += 2) {
    whens += ` WHEN _1 IS NOT DISTINCT FROM _${i + 1} THEN _${i + 2}`
  }
  const otherwise = all.length % 2 === 0 ? ` ELSE _${all.length}` : ''
  return filled(`CASE${whens}${otherwise} END`, all, t.location)
}

function truncated(call: ForeignCall): Expression {
  return filled(`date_trunc('${unitOf(call, 0)}', _1)`, [call.value(1)], call.translation.location)
}

const datePart = (call: ForeignCall): Expression =>
  extractField(wordOf(call, 0), call.value(1), call.translation)

/** @see https://docs.snowflake.com/en/sql-reference/functions-all */
export const SNOWFLAKE_FUNCTIONS: FunctionRules = {
  any_value: 'any_value(_1)',
  approx_count_distinct: 'approx_distinct(_1)',
  array_agg: 'array_agg(_1) FILTER (WHERE _1 IS NOT NULL)',
  array_size: 'cardinality(_1)',
  booland_agg: 'bool_and(_1)',
  boolor_agg: 'bool_or(_1)',
  charindex: 'strpos(_2, _1)',
  concat: concatenated,
  concat_ws: concatenatedWith,
  contains: 'strpos(_1, _2) > 0',
  count_if: 'count_if(_c1)',
  date_part: datePart,
  date_trunc: truncated,
  dateadd: dateAdd,
  datediff: boundaries(0, 1, 2),
  day: 'day(_1)',
  dayofmonth: 'day(_1)',
  dayofweek: '(day_of_week(_1) % 7)',
  dayofyear: 'day_of_year(_1)',
  decode,
  div0: 'IF(_2 = 0, 0, "$dialect_divide"(\'snowflake\', _1, nullif(_2, 0)))',
  endswith: 'substr(_1, greatest(length(_1) - length(_2), 0) + 1) = _2',
  equal_null: '_1 IS NOT DISTINCT FROM _2',
  getdate: 'current_timestamp(3)',
  greatest: variadic('greatest'),
  hour: 'hour(_1)',
  iff: 'IF(_c1, _2, _3)',
  ifnull: 'coalesce(_1, _2)',
  last_day: 'last_day_of_month(_1)',
  least: variadic('least'),
  left: 'substr(_1, 1, greatest(_2, 0))',
  len: 'length(_1)',
  length: 'length(_1)',
  listagg: (call) => joined(call, ''),
  // What LISTAGG … WITHIN GROUP is written as for the grammar.
  string_agg: (call) => joined(call, ''),
  log: 'log(_1, _2)',
  lpad: 'lpad(_1, _2, _3)',
  ltrim: ['ltrim(_1)', 'trim(LEADING _2 FROM _1)'],
  max_by: 'max_by(_1, _2)',
  min_by: 'min_by(_1, _2)',
  minute: 'minute(_1)',
  mod: '_1 % _2',
  month: 'month(_1)',
  nvl: 'coalesce(_1, _2)',
  nvl2: 'IF(_1 IS NOT NULL, _2, _3)',
  position: 'strpos(_2, _1)',
  quarter: 'quarter(_1)',
  regexp_like: "regexp_like(_1, concat('^(?:', _2, ')$'))",
  regexp_replace: ["regexp_replace(_1, _2, '')", 'regexp_replace(_1, _2, _3)'],
  repeat: "array_join(repeat(_1, CAST(_2 AS integer)), '')",
  right: 'substr(_1, greatest(length(_1) - greatest(_2, 0), 0) + 1)',
  rpad: 'rpad(_1, _2, _3)',
  rtrim: ['rtrim(_1)', 'trim(TRAILING _2 FROM _1)'],
  second: 'second(_1)',
  split: 'split(_1, _2)',
  split_part: "coalesce(split_part(_1, _2, _3), '')",
  startswith: 'starts_with(_1, _2)',
  stddev: 'stddev_samp(_1)',
  to_char: ['"$dialect_text"(\'snowflake\', _1)'],
  to_date: 'CAST(_1 AS date)',
  to_timestamp: 'CAST(_1 AS timestamp(9))',
  to_timestamp_ntz: 'CAST(_1 AS timestamp(9))',
  to_varchar: ['"$dialect_text"(\'snowflake\', _1)'],
  trim: ['trim(_1)', 'trim(BOTH _2 FROM _1)'],
  trunc: ['truncate(_1)', 'truncate(_1, _2)'],
  variance: 'var_samp(_1)',
  week: 'week(_1)',
  year: 'year(_1)',
  zeroifnull: 'coalesce(_1, 0)',
}
