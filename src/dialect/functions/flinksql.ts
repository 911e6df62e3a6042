import type { FunctionRules } from '../function-rule.js'
import { CALENDAR_FIELDS, javaDateFormat, timestampDiff } from './calendar.js'
import { concatenated, concatenatedWith, INITCAP, joined, variadic } from './call-translations.js'

/** @see https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/table/functions/systemfunctions/ */
export const FLINKSQL_FUNCTIONS: FunctionRules = {
  ...CALENDAR_FIELDS,
  cardinality: 'cardinality(_1)',
  concat: concatenated,
  concat_ws: concatenatedWith,
  date_format: javaDateFormat,
  greatest: variadic('greatest'),
  if: 'IF(_c1, _2, _3)',
  ifnull: 'coalesce(_1, _2)',
  initcap: INITCAP,
  instr: 'strpos(_1, _2)',
  least: variadic('least'),
  left: 'substr(_1, 1, greatest(_2, 0))',
  listagg: (call) => joined(call, ','),
  locate: 'strpos(_2, _1)',
  log: ['ln(_1)', 'log(_1, _2)'],
  log10: 'log10(_1)',
  log2: 'log2(_1)',
  lpad: 'lpad(_1, _2, _3)',
  ltrim: 'ltrim(_1)',
  md5: 'lower(to_hex(md5(to_utf8(_1))))',
  mod: '_1 % _2',
  position: 'strpos(_2, _1)',
  regexp_extract: ['', 'regexp_extract(_1, _2)', 'regexp_extract(_1, _2, _3)'],
  regexp_replace: 'regexp_replace(_1, _2, _3)',
  repeat: "array_join(repeat(_1, CAST(greatest(_2, 0) AS integer)), '')",
  right: 'substr(_1, greatest(length(_1) - greatest(_2, 0), 0) + 1)',
  rpad: 'rpad(_1, _2, _3)',
  rtrim: 'rtrim(_1)',
  // It counts from 0.
  split_index: 'split_part(_1, _2, _3 + 1)',
  timestampdiff: timestampDiff,
  to_date: 'CAST(_1 AS date)',
  trim: 'trim(_1)',
  truncate: ['truncate(_1)', 'truncate(_1, _2)'],
  uuid: 'CAST(uuid() AS varchar)',
  week: 'week("$dialect_timestamp"(_1))',
}
