import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { notSupported } from '../translation.js'
import { filled } from '../tree.js'
import { cast } from '../type.js'
import { timestampDiff } from './calendar.js'
import {
  concatenated,
  concatenatedWith,
  joined,
  shifted,
  values,
  variadic,
} from './call-translations.js'

/** Formats of DATE_FORMAT that Trino's function of this name has alike. */
const FORMAT = /^(?:%[abcdefHhIijklMmpRrSsTvWYy%]|[^%])*$/

function dateFormat(call: ForeignCall): Expression {
  const { translation: t } = call
  const format = call.value(1)
  if (format.kind !== 'stringLiteral' || !FORMAT.test(format.value) || /%R/.test(format.value)) {
    throw notSupported(`this format of ${call.name}`, t)
  }
  return filled(
    `${call.name === 'str_to_date' ? 'date_parse(_1' : 'date_format("$dialect_timestamp"(_1)'}, _2)`,
    [call.value(0), format],
    t.location,
  )
}

function dateDiff(call: ForeignCall): Expression {
  return filled(
    "date_diff('day', CAST(_1 AS date), CAST(_2 AS date))",
    [call.value(1), call.value(0)],
    call.translation.location,
  )
}

function convert(call: ForeignCall): Expression {
  const { translation: t } = call
  const type = String(call.args[1]?.value('dataType') ?? '').toUpperCase()
  const target = { CHAR: 'varchar', SIGNED: 'bigint', DATE: 'date', DATETIME: 'timestamp(0)' }[type]
  if (target === undefined) throw notSupported(`convert to ${type}`, t)
  return cast(call.value(0), target, false, t)
}

const groupConcat = (call: ForeignCall): Expression => {
  const { separator } = call
  if (call.args.length !== 1)
    throw notSupported('GROUP_CONCAT of several columns', call.translation)
  const text = separator === undefined ? ',' : separatorText(call)
  return joined(call, text)
}

function separatorText(call: ForeignCall): string {
  const { translation: t, separator } = call
  const raw = separator!.value('value')
  const piece = t.encoded.pieces.find((_, i) => raw === `\ue000${i}\ue000`)
  if (piece?.kind !== 'string') throw notSupported('SEPARATOR of what is no string', t)
  return piece.value
}

const field = (call: ForeignCall): Expression => {
  const [first, ...rest] = values(call)
  const whens = rest.map((_, i) => `WHEN _1 = _${i + 2} THEN ${i + 1}`).join(' ')
  return filled(`CASE ${whens} ELSE 0 END`, [first!, ...rest], call.translation.location)
}

/** @see https://dev.mysql.com/doc/refman/8.0/en/functions.html */
export const MYSQL_FUNCTIONS: FunctionRules = {
  adddate: shifted('+'),
  any_value: 'any_value(_1)',
  ascii: "CASE WHEN _1 = '' THEN 0 ELSE codepoint(CAST(substr(_1, 1, 1) AS varchar(1))) END",
  concat: concatenated,
  concat_ws: concatenatedWith,
  convert,
  curdate: 'current_date',
  curtime: 'localtime(0)',
  current_timestamp: 'localtimestamp(0)',
  date: 'CAST(_1 AS date)',
  date_add: shifted('+'),
  date_format: dateFormat,
  date_sub: shifted('-'),
  datediff: dateDiff,
  day: 'day("$dialect_timestamp"(_1))',
  dayofmonth: 'day("$dialect_timestamp"(_1))',
  dayofweek: '(day_of_week("$dialect_timestamp"(_1)) % 7 + 1)',
  dayofyear: 'day_of_year("$dialect_timestamp"(_1))',
  dayname: 'date_format("$dialect_timestamp"(_1), \'%W\')',
  field,
  from_unixtime: 'CAST(from_unixtime(_1) AS timestamp(0))',
  greatest: variadic('greatest'),
  group_concat: groupConcat,
  hour: 'hour("$dialect_timestamp"(_1))',
  if: 'IF(_c1, _2, _3)',
  ifnull: 'coalesce(_1, _2)',
  instr: 'strpos(_1, _2)',
  isnull: '_1 IS NULL',
  last_day: 'last_day_of_month("$dialect_timestamp"(_1))',
  lcase: 'lower(_1)',
  least: variadic('least'),
  left: 'substr(_1, 1, greatest(_2, 0))',
  length: 'length(to_utf8(_1))',
  locate: 'strpos(_2, _1)',
  log: ['ln(_1)', 'log(_1, _2)'],
  log10: 'log10(_1)',
  log2: 'log2(_1)',
  lpad: 'lpad(_1, _2, _3)',
  ltrim: 'ltrim(_1)',
  md5: 'lower(to_hex(md5(to_utf8(_1))))',
  mid: 'substr(_1, _2, _3)',
  minute: 'minute("$dialect_timestamp"(_1))',
  mod: '"$dialect_modulus"(\'mysql\', _1, _2)',
  month: 'month("$dialect_timestamp"(_1))',
  monthname: 'date_format("$dialect_timestamp"(_1), \'%M\')',
  now: 'localtimestamp(0)',
  octet_length: 'length(to_utf8(_1))',
  position: 'strpos(_2, _1)',
  quarter: 'quarter("$dialect_timestamp"(_1))',
  rand: 'random()',
  regexp_like: 'regexp_like(_1, _2)',
  repeat: "array_join(repeat(_1, CAST(greatest(_2, 0) AS integer)), '')",
  right: 'substr(_1, greatest(length(_1) - greatest(_2, 0), 0) + 1)',
  rpad: 'rpad(_1, _2, _3)',
  rtrim: 'rtrim(_1)',
  second: 'second("$dialect_timestamp"(_1))',
  space: "array_join(repeat(' ', CAST(greatest(_1, 0) AS integer)), '')",
  std: 'stddev_pop(_1)',
  stddev: 'stddev_pop(_1)',
  str_to_date: dateFormat,
  subdate: shifted('-'),
  timestampdiff: timestampDiff,
  trim: ['trim(_1)', 'trim(BOTH _2 FROM _1)'],
  truncate: 'truncate(_1, _2)',
  ucase: 'upper(_1)',
  unix_timestamp: [
    'CAST(floor(to_unixtime(current_timestamp(6))) AS bigint)',
    'CAST(floor(to_unixtime(CAST(_1 AS timestamp(6)))) AS bigint)',
  ],
  utc_date: "CAST(current_timestamp(6) AT TIME ZONE 'UTC' AS date)",
  uuid: 'CAST(uuid() AS varchar)',
  variance: 'var_pop(_1)',
  year: 'year("$dialect_timestamp"(_1))',
}
