import type { Expression, IntervalField } from '../planner/parser/ast/index.js'
import { referenced } from './encode.js'
import { value } from './expression.js'
import type { ForeignNode } from './foreign-node.js'
import { notSupported, stringValue, type Translation } from './translation.js'
import { filled } from './tree.js'

/** DATE '…' and the like. */
export function temporalLiteral(node: ForeignNode, t: Translation): Expression {
  const text = node.text('value') ?? ''
  const piece = referenced(text, t.encoded.pieces)
  const type = TEMPORAL_TYPES[node.type]!
  if (piece?.kind === 'parameter') {
    const parameter: Expression = {
      kind: 'parameter',
      position: t.parameters.of(piece),
      location: t.location,
    }
    return filled(`CAST(_1 AS ${type.toLowerCase()})`, [parameter], t.location)
  }
  const content = stringValue(text, t)
  const isZoned = t.dialect.name === 'bigquery' && node.type === 'timestamp'
  if (
    isZoned &&
    !/(?:[zZ]|[+-]\d\d(?::?\d\d)?|[A-Za-z]+\/\w+|UTC)$/.test(content.replace(/^\S*/, ' '))
  ) {
    return { kind: 'genericLiteral', type, value: `${withTime(content)} UTC`, location: t.location }
  }
  const value = type === 'TIMESTAMP' ? withTime(content) : content
  return { kind: 'genericLiteral', type, value, location: t.location }
}

const withTime = (content: string): string => {
  const spaced = content.trim().replace(/^(\d+-\d+-\d+)T/, '$1 ')
  return /^\d+-\d+-\d+$/.test(spaced) ? `${spaced} 00:00:00` : spaced
}

const TEMPORAL_TYPES: Readonly<Record<string, string>> = {
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  datetime: 'TIMESTAMP',
}

const UNITS: Readonly<Record<string, IntervalField | 'WEEK' | 'QUARTER'>> = {
  year: 'YEAR',
  y: 'YEAR',
  yr: 'YEAR',
  yy: 'YEAR',
  yyyy: 'YEAR',
  quarter: 'QUARTER',
  qtr: 'QUARTER',
  month: 'MONTH',
  mon: 'MONTH',
  mm: 'MONTH',
  week: 'WEEK',
  w: 'WEEK',
  wk: 'WEEK',
  day: 'DAY',
  d: 'DAY',
  dd: 'DAY',
  hour: 'HOUR',
  h: 'HOUR',
  hh: 'HOUR',
  hr: 'HOUR',
  minute: 'MINUTE',
  min: 'MINUTE',
  mi: 'MINUTE',
  second: 'SECOND',
  sec: 'SECOND',
  s: 'SECOND',
  ss: 'SECOND',
}

/** The unit of a word such as `days`; undefined where there is none. */
export const intervalUnit = (word: string): IntervalField | 'WEEK' | 'QUARTER' | undefined => {
  const name = word.toLowerCase()
  if (Object.hasOwn(UNITS, name)) return UNITS[name]
  return name.endsWith('s') ? UNITS[name.slice(0, -1)] : undefined
}

function intervalLiteral(amount: string, unit: string, t: Translation): Expression {
  const field = intervalUnit(unit)
  const match = /^\s*([+-]?)\s*(\d+(?:\.\d+)?)\s*$/.exec(amount)
  if (field === undefined || match === null) throw notSupported(`INTERVAL '${amount}' ${unit}`, t)
  const isWhole = /^\d+$/.test(match[2]!)
  if (!isWhole && field !== 'SECOND') throw notSupported(`INTERVAL '${amount}' ${unit}`, t)
  const factor = field === 'WEEK' ? 7n : field === 'QUARTER' ? 3n : 1n
  return {
    kind: 'intervalLiteral',
    value: factor === 1n ? match[2]! : String(BigInt(match[2]!) * factor),
    sign: match[1] === '-' ? '-' : '+',
    startField: field === 'WEEK' ? 'DAY' : field === 'QUARTER' ? 'MONTH' : field,
    location: t.location,
  }
}

/** An amount of a unit: `1` day, or any expression times a day. */
export function interval(amount: Expression, unit: string, t: Translation): Expression {
  const literalAmount = constantText(amount)
  if (literalAmount !== undefined) return intervalLiteral(literalAmount, unit, t)
  const one = intervalLiteral('1', unit, t)
  return filled('_1 * _2', [amount, one], t.location)
}

function constantText(node: Expression): string | undefined {
  if (node.kind === 'longLiteral' || node.kind === 'stringLiteral') return node.value
  if (node.kind === 'decimalLiteral') return node.text
  if (node.kind === 'arithmeticUnaryExpression' && node.value.kind === 'longLiteral') {
    return `${node.sign}${node.value.value}`
  }
  return undefined
}

export function intervalExpression(node: ForeignNode, t: Translation): Expression {
  const unit = node.text('unit') ?? ''
  const amount = node.node('expr')
  if (amount === undefined) throw notSupported('INTERVAL', t)
  const content = value(amount, t)
  if (unit !== '') return interval(content, unit, t)
  if (content.kind !== 'stringLiteral') throw notSupported('INTERVAL without unit', t)
  const parts = [...content.value.matchAll(/([+-]?\s*\d+(?:\.\d+)?)\s*([a-zA-Z]+)/g)]
  const rest = content.value.replace(/([+-]?\s*\d+(?:\.\d+)?)\s*([a-zA-Z]+)/g, '').trim()
  if (parts.length !== 1 || rest !== '')
    throw notSupported(
      `INTERVAL '${content.value}'`,
      t,
      "Write one unit an interval: INTERVAL '1 day' + INTERVAL '2 hours'",
    )
  return intervalLiteral(parts[0]![1]!.replaceAll(/\s/g, ''), parts[0]![2]!, t)
}

const EXTRACTS: Readonly<Record<string, string>> = {
  epoch: 'to_unixtime(CAST(_1 AS timestamp(6)))',
  dow: '(day_of_week(_1) % 7)',
  isodow: 'day_of_week(_1)',
  doy: 'day_of_year(_1)',
  isoyear: 'year_of_week(_1)',
  isoweek: 'week(_1)',
  week: 'week(_1)',
}

export function extract(node: ForeignNode, t: Translation): Expression {
  const args = node.node('args')
  const field = String(args?.value('field') ?? '').toLowerCase()
  const source = args?.node('source')
  if (args === undefined || source === undefined) throw notSupported('EXTRACT', t)
  let operand = value(source, t)
  const castType = args.value('cast_type')
  if (castType !== null && castType !== undefined) {
    operand = filled(
      `CAST(_1 AS ${/^(?:date|timestamp|time)$/i.exec(String(castType))?.[0] ?? 'unknown'})`,
      [operand],
      t.location,
    )
  }
  return extractField(field, operand, t)
}

/** A field of a date or time, as the dialect numbers it. */
export function extractField(field: string, operand: Expression, t: Translation): Expression {
  const { name } = t.dialect
  const key = field.toLowerCase()
  if (/^(?:year|quarter|month|day|hour|minute)s?$/.test(key)) {
    return filled(`EXTRACT(${key.replace(/s$/, '').toUpperCase()} FROM _1)`, [operand], t.location)
  }
  const isPostgres = /^(?:postgresql|redshift|noql)$/.test(name)
  if (key === 'second' || key === 'seconds') {
    // PostgreSQL's seconds have their fraction.
    const template = isPostgres
      ? "(EXTRACT(SECOND FROM _1) + (CAST(millisecond(_1) AS decimal(9, 6)) / DECIMAL '1000.000000'))"
      : 'EXTRACT(SECOND FROM _1)'
    return filled(template, [operand], t.location)
  }
  const isBigquery = name === 'bigquery'
  if (key === 'dayofweek' || (key === 'dow' && isBigquery)) {
    return filled(
      name === 'snowflake' ? '(day_of_week(_1) % 7)' : '(day_of_week(_1) % 7 + 1)',
      [operand],
      t.location,
    )
  }
  if (key === 'dayofyear') return filled('day_of_year(_1)', [operand], t.location)
  const isIsoWeek = isPostgres || name === 'snowflake' || name === 'athena'
  if (!Object.hasOwn(EXTRACTS, key) || (key === 'week' && !isIsoWeek)) {
    throw notSupported(`EXTRACT of ${field}`, t)
  }
  return filled(EXTRACTS[key]!, [operand], t.location)
}
