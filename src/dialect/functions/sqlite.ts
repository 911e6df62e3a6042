import type { Expression } from '../../planner/parser/ast/index.js'
import type { ForeignCall, FunctionRules } from '../function-rule.js'
import { interval } from '../temporal.js'
import { notSupported, type Translation } from '../translation.js'
import { filled, stringLiteral } from '../tree.js'
import { concatenated, joined, values } from './call-translations.js'

/** SQLite's formats, in those of Trino's date_format. */
const FORMATS: Readonly<Record<string, string>> = {
  d: '%d',
  f: '%s.%f',
  H: '%H',
  j: '%j',
  m: '%m',
  M: '%i',
  S: '%s',
  Y: '%Y',
  F: '%Y-%m-%d',
  T: '%H:%i:%s',
  '%': '%%',
}

function strftime(call: ForeignCall): Expression {
  const { translation: t } = call
  const format = call.value(0)
  if (format.kind !== 'stringLiteral')
    throw notSupported('strftime with a format that is no literal', t)
  const time = moment(call, 1)
  if (format.value === '%s')
    return filled('CAST(CAST(floor(to_unixtime(_1)) AS bigint) AS varchar)', [time], t.location)
  if (format.value === '%w')
    return filled('CAST(day_of_week(_1) % 7 AS varchar)', [time], t.location)
  const pattern = format.value.replace(/%(.?)/g, (_, letter: string) => {
    if (!Object.hasOwn(FORMATS, letter) || letter === 'f')
      throw notSupported(`strftime with %${letter}`, t)
    return FORMATS[letter]!
  })
  return filled('date_format(_1, _2)', [time, stringLiteral(pattern, t.location)], t.location)
}

/** A time and its modifiers. */
function moment(call: ForeignCall, from: number): Expression {
  const { translation: t } = call
  const all = values(call)
  const first = all[from]
  const start: Expression =
    first === undefined || (first.kind === 'stringLiteral' && /^now$/i.test(first.value))
      ? filled("CAST(current_timestamp(3) AT TIME ZONE 'UTC' AS timestamp(3))", [], t.location)
      : filled('"$dialect_timestamp"(_1)', [first], t.location)
  return all.slice(from + 1).reduce((time, modifier) => modified(time, modifier, t), start)
}

function modified(time: Expression, modifier: Expression, t: Translation): Expression {
  if (modifier.kind !== 'stringLiteral')
    throw notSupported('a modifier of a date that is no literal', t)
  const text = modifier.value.trim().toLowerCase()
  const start = /^start of (day|month|year)$/.exec(text)
  if (start !== null) return filled(`date_trunc('${start[1]}', _1)`, [time], t.location)
  const shift = /^([+-]?)\s*(\d+(?:\.\d+)?)\s+(second|minute|hour|day|month|year)s?$/.exec(text)
  if (shift === null) throw notSupported(`the modifier '${modifier.value}'`, t)
  const amount = interval(stringLiteral(shift[2]!, t.location), shift[3]!, t)
  const isMonths = /^(?:month|year)$/.test(shift[3]!)
  const sign = shift[1] === '-' ? '-' : '+'
  // SQLite has 31 January plus a month be 3 March, Trino 28 February: then the days that are missing are added.
  const template = isMonths
    ? `date_add('day', day(_1) - day(_1 ${sign} _2), _1 ${sign} _2)`
    : `_1 ${sign} _2`
  return filled(template, [time, amount], t.location)
}

const dateOf = (call: ForeignCall): Expression =>
  filled('CAST(_1 AS date)', [moment(call, 0)], call.translation.location)

const datetimeOf = (call: ForeignCall): Expression =>
  filled("date_format(_1, '%Y-%m-%d %H:%i:%s')", [moment(call, 0)], call.translation.location)

/** @see https://www.sqlite.org/lang_corefunc.html */
export const SQLITE_FUNCTIONS: FunctionRules = {
  concat: concatenated,
  date: dateOf,
  datetime: datetimeOf,
  group_concat: (call) => joined(call, ','),
  hex: 'to_hex(to_utf8(_1))',
  ifnull: 'coalesce(_1, _2)',
  if: ['IF(_c1, _2)', 'IF(_c1, _2, _3)'],
  iif: ['IF(_c1, _2)', 'IF(_c1, _2, _3)'],
  instr: 'strpos(_1, _2)',
  length: 'length(_1)',
  likelihood: '_1',
  log: ['log10(_1)', 'log(_1, _2)'],
  log10: 'log10(_1)',
  log2: 'log2(_1)',
  ltrim: ['ltrim(_1)', 'trim(LEADING _2 FROM _1)'],
  round: ['CAST(round(_1) AS double)', 'CAST(round(_1, _2) AS double)'],
  rtrim: ['rtrim(_1)', 'trim(TRAILING _2 FROM _1)'],
  strftime,
  string_agg: (call) => joined(call, undefined),
  total: 'coalesce(sum(CAST(_1 AS double)), 0e0)',
  trim: ['trim(_1)', 'trim(BOTH _2 FROM _1)'],
  unicode: 'codepoint(CAST(substr(_1, 1, 1) AS varchar(1)))',
}
