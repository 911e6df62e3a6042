import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { extractField } from '../temporal.js'
import { notSupported } from '../translation.js'
import { fill, filled } from '../tree.js'
import {
  BACKSLASH_GROUPS,
  concatenatedWith,
  concatenatedWithoutNulls,
  INITCAP,
  joined,
  values,
  wordOf,
} from './call-translations.js'

const UNITS = /^(?:millisecond|second|minute|hour|day|week|month|quarter|year)s?$/

function dateTrunc(call: ForeignCall) {
  const { translation: t } = call
  const unit = wordOf(call, 0)
  if (!UNITS.test(unit)) throw notSupported(`date_trunc to ${unit}`, t)
  return filled(
    `date_trunc('${unit.replace(/s$/, '')}', "$dialect_instant"(_1))`,
    [call.value(1)],
    t.location,
  )
}

/** The interpolated percentile, and the one that is a value. */
function percentile(call: ForeignCall) {
  const { translation: t } = call
  const key = call.withinGroup?.sortItems[0]
  if (key === undefined || call.args.length !== 1) throw notSupported(call.name, t)
  if (key.ordering === 'DESCENDING') throw notSupported(`${call.name} by a descending order`, t)
  const { withinGroup: _, ...clauses } = call
  const sorted = 'array_agg(_1 ORDER BY _1) FILTER (WHERE _1 IS NOT NULL)'
  const at = `(CAST(_2 AS double) * (cardinality(${sorted}) - 1))`
  const item = (index: string) =>
    `CAST(element_at(${sorted}, CAST(${index} AS integer) + 1) AS double)`
  const template =
    call.name === 'percentile_cont'
      ? `${item(`floor(${at})`)} + (${at} - floor(${at})) * (${item(`ceiling(${at})`)} - ${item(`floor(${at})`)})`
      : `element_at(${sorted}, CAST(greatest(ceiling(CAST(_2 AS double) * cardinality(${sorted})), 1) AS integer))`
  return fill(template, (index) => (index === 0 ? key.sortKey : call.value(0)), t.location, {
    ...(clauses.filter === undefined ? {} : { filter: clauses.filter }),
    distinct: false,
  })
}

const logarithm = (call: ForeignCall) =>
  filled(
    call.args.length === 1 ? 'log10(_1)' : 'log(_1, _2)',
    call.args.map((_, i) => call.value(i)),
    call.translation.location,
  )

const datePart = (call: ForeignCall) =>
  extractField(wordOf(call, 0), call.value(1), call.translation)

/** @see https://www.postgresql.org/docs/15/functions.html */
export const POSTGRESQL_FUNCTIONS: FunctionRules = {
  array_agg: 'array_agg(_1)',
  array_length: 'CASE WHEN _2 = 1 AND cardinality(_1) > 0 THEN cardinality(_1) END',
  array_position: 'nullif(array_position(_1, _2), 0)',
  array_to_string: 'array_join(_1, _2)',
  ascii: 'codepoint(CAST(substr(_1, 1, 1) AS varchar(1)))',
  bit_and: 'bitwise_and_agg(_1)',
  bit_or: 'bitwise_or_agg(_1)',
  bool_and: 'bool_and(_1)',
  bool_or: 'bool_or(_1)',
  btrim: ['trim(_1)', 'trim(BOTH _2 FROM _1)'],
  cardinality: 'cardinality(_1)',
  cbrt: 'cbrt(_1)',
  chr: 'chr(_1)',
  concat: concatenatedWithoutNulls,
  concat_ws: concatenatedWith,
  date: 'CAST(_1 AS date)',
  date_part: datePart,
  date_trunc: dateTrunc,
  every: 'bool_and(_1)',
  gen_random_uuid: 'uuid()',
  greatest: greatest('greatest'),
  initcap: INITCAP,
  least: greatest('least'),
  left: 'CASE WHEN _2 >= 0 THEN substr(_1, 1, _2) ELSE substr(_1, 1, greatest(length(_1) + _2, 0)) END',
  length: 'length(_1)',
  log: logarithm,
  log10: 'log10(_1)',
  lpad: ["lpad(_1, _2, ' ')", 'lpad(_1, _2, _3)'],
  ltrim: ['ltrim(_1)', 'trim(LEADING _2 FROM _1)'],
  make_date: "CAST(format('%04d-%02d-%02d', _1, _2, _3) AS date)",
  md5: 'lower(to_hex(md5(to_utf8(_1))))',
  mod: '_1 % _2',
  now: 'current_timestamp(6)',
  octet_length: 'length(to_utf8(_1))',
  percentile_cont: percentile,
  percentile_disc: percentile,
  position: 'strpos(_2, _1)',
  random: 'random()',
  regexp_replace: replacedMatch,
  repeat: "array_join(repeat(_1, CAST(_2 AS integer)), '')",
  right:
    'CASE WHEN _2 >= 0 THEN substr(_1, greatest(length(_1) - _2, 0) + 1) ELSE substr(_1, 1 - _2) END',
  rpad: ["rpad(_1, _2, ' ')", 'rpad(_1, _2, _3)'],
  rtrim: ['rtrim(_1)', 'trim(TRAILING _2 FROM _1)'],
  split_part: "coalesce(split_part(_1, _2, _3), '')",
  starts_with: 'starts_with(_1, _2)',
  stddev: 'stddev_samp(_1)',
  string_agg: (call) => joined(call, undefined),
  string_to_array: 'split(_1, _2)',
  strpos: 'strpos(_1, _2)',
  to_hex: 'lower(to_base(_1, 16))',
  translate: 'translate(_1, _2, _3)',
  trim: ['trim(_1)', 'trim(BOTH _2 FROM _1)'],
  trunc: ['truncate(_1)', 'truncate(_1, _2)'],
  variance: 'var_samp(_1)',
}

/** REGEXP_REPLACE: the first match only, all of them with the flag g. */
function replacedMatch(call: ForeignCall): Expression {
  const { translation: t } = call
  const all = values(call)
  const [, , replacement, flags] = all
  if (replacement === undefined || all.length > 4) {
    throw notSupported(`${call.name} with ${all.length} arguments`, t)
  }
  if (flags !== undefined) {
    if (flags.kind !== 'stringLiteral' || flags.value !== 'g') {
      throw notSupported(`flags of ${call.name}`, t)
    }
    return filled(`regexp_replace(_1, _2, ${BACKSLASH_GROUPS})`, all.slice(0, 3), t.location)
  }
  if (replacement.kind !== 'stringLiteral' || /[\\]/.test(replacement.value)) {
    throw notSupported(`${call.name} of the first match by groups`, t, "Give it the flag 'g'")
  }
  return filled(
    'CASE WHEN regexp_like(_1, _2) THEN substr(_1, 1, regexp_position(_1, _2) - 1) || _3 || substr(_1, regexp_position(_1, _2) + length(regexp_extract(_1, _2))) ELSE _1 END',
    all,
    t.location,
  )
}

/** The largest that is not NULL. */
function greatest(name: 'greatest' | 'least') {
  return (call: ForeignCall) => {
    const { translation: t } = call
    if (call.args.length === 1) return call.value(0)
    if (call.args.length > 16) throw notSupported(`${name} of more than 16 values`, t)
    const all = call.args.map((_, i) => `_${i + 1}`)
    const firsts = all.map(
      (_, i) => `coalesce(${[...all.slice(i), ...all.slice(0, i)].join(', ')})`,
    )
    return filled(
      `${name}(${firsts.join(', ')})`,
      call.args.map((_, i) => call.value(i)),
      t.location,
    )
  }
}
