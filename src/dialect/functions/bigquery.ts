import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { notSupported } from '../translation.js'
import { filled } from '../tree.js'
import {
  BACKSLASH_GROUPS,
  boundaries,
  concatenated,
  joined,
  shifted,
  unitOf,
  variadic,
} from './call-translations.js'

function truncated(call: ForeignCall): Expression {
  const unit = unitOf(call, 1)
  if (unit === 'week') {
    // Weeks begin on Sunday.
    return filled(
      "date_add('day', -1, date_trunc('week', date_add('day', 1, _1)))",
      [call.value(0)],
      call.translation.location,
    )
  }
  return filled(`date_trunc('${unit}', _1)`, [call.value(0)], call.translation.location)
}

/** @see https://cloud.google.com/bigquery/docs/reference/standard-sql/functions-all */
export const BIGQUERY_FUNCTIONS: FunctionRules = {
  any_value: 'any_value(_1)',
  approx_count_distinct: 'approx_distinct(_1)',
  array_agg: 'array_agg(_1)',
  array_concat: variadic('concat'),
  array_length: 'cardinality(_1)',
  array_reverse: 'reverse(_1)',
  array_to_string: 'array_join(_1, _2)',
  byte_length: 'length(to_utf8(_1))',
  concat: concatenated,
  countif: 'count_if(_c1)',
  current_datetime: 'localtimestamp(6)',
  date: [
    'CAST(_1 AS date)',
    'CAST(_1 AT TIME ZONE _2 AS date)',
    "CAST(format('%04d-%02d-%02d', _1, _2, _3) AS date)",
  ],
  date_add: shifted('+'),
  date_diff: boundaries(2, 1, 0),
  date_sub: shifted('-'),
  date_trunc: truncated,
  datetime_add: shifted('+'),
  datetime_diff: boundaries(2, 1, 0),
  datetime_sub: shifted('-'),
  datetime_trunc: truncated,
  div: '"$dialect_divide"(\'integer\', _1, _2)',
  ends_with: 'substr(_1, greatest(length(_1) - length(_2), 0) + 1) = _2',
  format_date: formatDate,
  generate_array: ['"$dialect_series"(_1, _2)', '"$dialect_series"(_1, _2, _3)'],
  generate_date_array: ["sequence(_1, _2, INTERVAL '1' DAY)"],
  greatest: variadic('greatest'),
  if: 'IF(_c1, _2, _3)',
  ifnull: 'coalesce(_1, _2)',
  least: variadic('least'),
  left: 'substr(_1, 1, _2)',
  length: 'length(_1)',
  log: ['ln(_1)', 'log(_2, _1)'],
  log10: 'log10(_1)',
  logical_and: 'bool_and(_c1)',
  logical_or: 'bool_or(_c1)',
  lpad: ["lpad(_1, _2, ' ')", 'lpad(_1, _2, _3)'],
  ltrim: ['ltrim(_1)', 'trim(LEADING _2 FROM _1)'],
  mod: '_1 % _2',
  rand: 'random()',
  regexp_contains: 'regexp_like(_1, _2)',
  regexp_extract: "IF(_2 LIKE '%(%', regexp_extract(_1, _2, 1), regexp_extract(_1, _2))",
  regexp_replace: `regexp_replace(_1, _2, ${BACKSLASH_GROUPS})`,
  repeat: "array_join(repeat(_1, CAST(_2 AS integer)), '')",
  right: 'substr(_1, greatest(length(_1) - _2, 0) + 1)',
  rpad: ["rpad(_1, _2, ' ')", 'rpad(_1, _2, _3)'],
  rtrim: ['rtrim(_1)', 'trim(TRAILING _2 FROM _1)'],
  safe_divide: 'CAST(_1 AS double) / nullif(CAST(_2 AS double), 0e0)',
  split: ["split(_1, ',')", 'split(_1, _2)'],
  starts_with: 'starts_with(_1, _2)',
  stddev: 'stddev_samp(_1)',
  string_agg: (call) => joined(call, ','),
  strpos: 'strpos(_1, _2)',
  timestamp_add: shifted('+'),
  timestamp_diff: wholeUnits,
  timestamp_sub: shifted('-'),
  timestamp_trunc: truncated,
  to_hex: 'lower(to_hex(_1))',
  trim: ['trim(_1)', 'trim(BOTH _2 FROM _1)'],
  trunc: ['truncate(_1)', 'truncate(_1, _2)'],
  unix_seconds: 'CAST(floor(to_unixtime(_1)) AS bigint)',
  variance: 'var_samp(_1)',
}

/** TIMESTAMP_DIFF counts whole units. */
function wholeUnits(call: ForeignCall): Expression {
  return filled(
    `date_diff('${unitOf(call, 2)}', _1, _2)`,
    [call.value(1), call.value(0)],
    call.translation.location,
  )
}

function formatDate(call: ForeignCall): Expression {
  const { translation: t } = call
  const format = call.value(0)
  if (format.kind !== 'stringLiteral' || !/^(?:%[YmdyjHSbeF]|[^%])*$/.test(format.value)) {
    throw notSupported('this format of format_date', t)
  }
  const pattern = format.value.replaceAll('%F', '%Y-%m-%d').replaceAll('%S', '%s')
  return filled(
    'date_format(CAST(_1 AS timestamp(6)), _2)',
    [call.value(1), { ...format, value: pattern }],
    t.location,
  )
}
