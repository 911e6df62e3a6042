import type { Expression } from '../../planner/parser/ast/index.js'
import { asText, concatenation } from '../concatenation.js'
import { nameParts } from '../expression.js'
import { clausesOf } from '../function-call.js'
import type { ForeignCall } from '../function-rule.js'
import { interval, intervalUnit } from '../temporal.js'
import { notSupported, stringValue } from '../translation.js'
import { fill, filled, stringLiteral } from '../tree.js'

const holes = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `_${from + i}`).join(', ')

export const values = (call: ForeignCall): readonly Expression[] =>
  call.args.map((_, i) => call.value(i))

/** A call of a template with the clauses of the aggregation in it. */
export function aggregate(call: ForeignCall, template: string): Expression {
  const { translation: t } = call
  return fill(
    template,
    (index, isCondition) => (isCondition ? call.condition(index) : call.value(index)),
    t.location,
    clausesOf(call, t),
  )
}

/** A function of Trino with any number of arguments. */
export const variadic =
  (name: string) =>
  (call: ForeignCall): Expression => {
    const { translation: t } = call
    if (call.args.length === 0) throw notSupported(`${call.name} without arguments`, t)
    return filled(`${name}(${holes(1, call.args.length)})`, values(call), t.location)
  }

export function countRule(call: ForeignCall): Expression {
  const { args } = call
  if (args.length === 0) return aggregate(call, 'count(*)')
  if (args.length === 1) return aggregate(call, 'count(_1)')
  if (!call.distinct) throw notSupported('count of several columns', call.translation)
  // A row with a NULL in it is not counted.
  const all = args.map((_, i) => `_${i + 1} IS NOT NULL`).join(' AND ')
  return aggregate(call, `count(ROW(${holes(1, args.length)})) FILTER (WHERE ${all})`)
}

/** The mean has more digits than Trino's for integers and decimals. */
export const average = (call: ForeignCall): Expression =>
  aggregate(call, `avg("$dialect_average"('${call.translation.dialect.arithmetic}', _1))`)

export const sum = (call: ForeignCall): Expression => aggregate(call, 'sum(_1)')

/** Of one argument an aggregation; SQLite has the largest of several too. */
export function extremes(call: ForeignCall): Expression {
  if (call.args.length === 1) return aggregate(call, `${call.name}(_1)`)
  if (call.translation.dialect.name !== 'sqlite' || call.args.length === 0) {
    throw notSupported(`${call.name} with ${call.args.length} arguments`, call.translation)
  }
  return variadic(call.name === 'max' ? 'greatest' : 'least')(call)
}

const isPositive = (node: Expression): boolean =>
  node.kind === 'longLiteral' && BigInt(node.value) > 0n

/** Places before the first character count in the standard; others have them count from the end, as Trino does. */
export function substring(call: ForeignCall): Expression {
  const { translation: t } = call
  const [text, start, length, more] = values(call)
  if (start === undefined || text === undefined || more !== undefined) {
    throw notSupported(`${call.name} with ${call.args.length} arguments`, t)
  }
  const args = length === undefined ? [text, start] : [text, start, length]
  if (isPositive(start)) return filled(`substr(${holes(1, args.length)})`, args, t.location)
  const countsFromEnd = /^(?:mysql|mariadb|sqlite|snowflake|bigquery|athena|hive)$/.test(
    t.dialect.name,
  )
  if (countsFromEnd) {
    if (t.dialect.name !== 'athena' && start.kind === 'longLiteral' && start.value === '0') {
      throw notSupported(`${call.name} from 0`, t)
    }
    return filled(`substr(${holes(1, args.length)})`, args, t.location)
  }
  return length === undefined
    ? filled('substr(_1, greatest(_2, 1))', args, t.location)
    : filled(
        'substr(_1, greatest(_2, 1), greatest(_2 + _3, 1) - greatest(_2, 1))',
        args,
        t.location,
      )
}

/** Strings of the group in one, with what stands between them. */
export function joined(call: ForeignCall, separator: string | undefined): Expression {
  const { translation: t } = call
  const order = call.orderBy ?? call.withinGroup
  const { withinGroup: _, separator: __, ...rest } = call
  const clauses = order === undefined ? rest : { ...rest, orderBy: order }
  const between = call.args.length > 1 ? call.value(1) : stringLiteral(separator ?? '', t.location)
  // Made to text at the end: values are told apart and sorted as what they are.
  return fill(
    `array_join(transform(array_agg(_1) FILTER (WHERE _1 IS NOT NULL), item -> "$dialect_text"('${t.dialect.arithmetic}', item)), _2)`,
    (index) => (index === 0 ? call.value(0) : between),
    t.location,
    clauses,
  )
}

/** Arguments as text, one after another; NULLs make it NULL. */
export const concatenated = (call: ForeignCall): Expression =>
  concatenation(values(call), call.translation)

/** The same, where NULLs are left out. */
export function concatenatedWithoutNulls(call: ForeignCall): Expression {
  const { translation: t } = call
  const parts = values(call).map((value) =>
    filled("coalesce(_1, '')", [asText(value, t)], t.location),
  )
  return concatenation(parts, t)
}

/** A separator and strings; NULLs are left out. */
export function concatenatedWith(call: ForeignCall): Expression {
  const { translation: t } = call
  const [separator, ...rest] = values(call)
  if (separator === undefined || rest.length === 0)
    throw notSupported('concat_ws with one argument', t)
  const texts = rest.map((value) => asText(value, t))
  return filled(
    `array_join(ARRAY[${holes(2, rest.length + 1)}], _1)`,
    [separator, ...texts],
    t.location,
  )
}

/** A word that the grammars take to be a column, a string or an interval's unit. */
export function wordOf(call: ForeignCall, index: number): string {
  const { translation: t } = call
  const node = call.args[index]
  if (node === undefined) throw notSupported(`${call.name} with ${call.args.length} arguments`, t)
  const raw = node.type === 'column_ref' ? node.value('column') : node.value('value')
  const [word, more] = nameParts(raw, t)
  if (word === undefined || more !== undefined)
    throw notSupported(`this argument of ${call.name}`, t)
  return stringValue(word, t).toLowerCase()
}

/** The unit that a word is, as Trino's functions of dates name it. */
export function unitOf(call: ForeignCall, index: number): string {
  const word = wordOf(call, index)
  const unit = intervalUnit(word)
  if (unit === undefined) throw notSupported(`${call.name} by ${word}`, call.translation)
  return unit.toLowerCase()
}

/** A date or time plus an interval of the statement, or minus one. */
export const shifted =
  (sign: '+' | '-') =>
  (call: ForeignCall): Expression => {
    const { translation: t } = call
    const name = sign === '+' ? 'add' : 'subtract'
    if (call.args.length !== 2 || call.args[1]!.type !== 'interval') {
      throw notSupported(`${call.name} without INTERVAL`, t)
    }
    // BigQuery's functions of dates give dates, other than its operators.
    const arithmetic = t.dialect.name === 'bigquery' ? 'mysql' : t.dialect.arithmetic
    return filled(`"$dialect_${name}"('${arithmetic}', _1, _2)`, values(call), t.location)
  }

/** DATEADD(unit, number, value). */
export function dateAdd(call: ForeignCall): Expression {
  const { translation: t } = call
  const unit = unitOf(call, 0)
  if (call.args.length !== 3)
    throw notSupported(`${call.name} with ${call.args.length} arguments`, t)
  return filled(
    `"$dialect_add"('${t.dialect.arithmetic}', _1, _2)`,
    [call.value(2), interval(call.value(1), unit, t)],
    t.location,
  )
}

/** How many boundaries of a unit lie between two values. */
export const boundaries =
  (unitIndex: number, fromIndex: number, toIndex: number) =>
  (call: ForeignCall): Expression => {
    const { translation: t } = call
    const unit = unitOf(call, unitIndex)
    if (unit === 'week') throw notSupported(`${call.name} by week`, t)
    return filled(
      `date_diff('${unit}', date_trunc('${unit}', CAST(_1 AS timestamp(6))), date_trunc('${unit}', CAST(_2 AS timestamp(6))))`,
      [call.value(fromIndex), call.value(toIndex)],
      t.location,
    )
  }

/** DECODE(value, search, result, …, default): NULLs are equal. */
export function decode(call: ForeignCall): Expression {
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

/** The third argument of a replacement, whose groups are `\1`, as Trino writes them. */
export const BACKSLASH_GROUPS = "regexp_replace(replace(_3, '$', '\\$'), '\\\\(\\d)', '\\$$1')"

/** The first letter of each word as a capital; words are of letters and digits. */
export const INITCAP = "regexp_replace(lower(_1), '(^|[^a-z0-9])([a-z])', x -> x[1] || upper(x[2]))"
