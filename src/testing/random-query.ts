import { isComparable, isNumeric, isOrderable, type SqlType, typeName } from '../spi/index.js'
import type { SeededRandom } from './random.js'

/** A column of a table that random queries are made over, and some of its values as SQL literals. */
export interface SampledColumn {
  readonly name: string
  readonly type: SqlType
  readonly literals: readonly string[]
}
export interface SampledTable {
  /** `schema.table`. */
  readonly name: string
  readonly columns: readonly SampledColumn[]
  readonly where: string | undefined
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A value as an SQL expression of exactly its type; undefined for types that have no texts. */
export function literalOf(value: unknown, type: SqlType): string | undefined {
  if (value === null || value === undefined) return undefined
  switch (type.kind) {
    case 'array':
    case 'map':
    case 'row':
    case 'json':
      return undefined
    case 'varbinary':
      return `X'${Buffer.from(value as Uint8Array).toString('hex')}'`
    case 'real':
    case 'double':
      return `CAST('${Object.is(value, -0) ? '-0' : value}' AS ${typeName(type)})`
    case 'interval year to month':
    case 'interval day to second':
      return undefined
    default:
      return `CAST('${String(value).replaceAll("'", "''")}' AS ${typeName(type)})`
  }
}

const comparable = (table: SampledTable) =>
  table.columns.filter(({ type, literals }) => isComparable(type) && literals.length > 0)
const orderable = (table: SampledTable) => table.columns.filter(({ type }) => isOrderable(type))
const COMPARISONS = ['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM'] as const

/** A condition over columns of a table, nested to a small depth. */
export function randomPredicate(
  random: SeededRandom,
  table: SampledTable,
  prefix = '',
  depth = 2,
): string {
  if (depth > 0 && random.chance(0.5)) {
    const left = randomPredicate(random, table, prefix, depth - 1)
    if (random.chance(0.2)) return `NOT (${left})`
    const right = randomPredicate(random, table, prefix, depth - 1)
    return `(${left} ${random.chance(0.6) ? 'AND' : 'OR'} ${right})`
  }
  const nullable = random.pick(table.columns)
  const columns = comparable(table)
  if (columns.length === 0 || random.chance(0.12)) {
    return `${prefix}${quoted(nullable.name)} IS ${random.chance(0.5) ? 'NOT ' : ''}NULL`
  }
  return term(random, random.pick(columns), prefix, columns)
}

function term(
  random: SeededRandom,
  column: SampledColumn,
  prefix: string,
  columns: readonly SampledColumn[],
): string {
  const { type, literals } = column
  const name = `${prefix}${quoted(column.name)}`
  const one = () => random.pick(literals)
  const isOrdered = isOrderable(type)
  const choice = random.next()
  if (choice < 0.15) return `${name} IN (${random.some(literals, 1, 5).join(', ')})`
  if (choice < 0.25 && isOrdered) return `${name} BETWEEN ${one()} AND ${one()}`
  if (choice < 0.4 && type.kind === 'varchar') return textTerm(random, name, one())
  if (choice < 0.4 && isNumeric(type) && type.kind !== 'decimal') {
    return `CAST(${name} AS double) * 2 > CAST(${one()} AS double)`
  }
  const same = columns.filter((other) => typeName(other.type) === typeName(type))
  if (choice < 0.5 && same.length > 1) {
    return `${name} ${isOrdered ? random.pick(COMPARISONS) : '='} ${prefix}${quoted(random.pick(same).name)}`
  }
  const operator = isOrdered ? random.pick(COMPARISONS) : random.pick(['=', '<>'])
  return `${name} ${operator} ${one()}`
}

function textTerm(random: SeededRandom, name: string, literal: string): string {
  switch (random.below(4)) {
    case 0:
      return `${name} LIKE substr(${literal}, 1, 2) || '%'`
    case 1:
      return `${name} LIKE '%${random.pick(['a', 'e', '_', 'o%'])}%'`
    case 2:
      return `length(${name}) ${random.pick(COMPARISONS)} length(${literal})`
    default:
      return `upper(${name}) = upper(${literal})`
  }
}

/** The table with the condition it needs, and a random one if there is to be any. */
const source = (random: SeededRandom, table: SampledTable, filtered: number): string => {
  const conditions = [
    ...(table.where === undefined ? [] : [table.where]),
    ...(random.chance(filtered) ? [randomPredicate(random, table)] : []),
  ]
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  return `FROM ${table.name}${where}`
}

const list = (columns: readonly SampledColumn[]): string =>
  columns.map((column) => quoted(column.name)).join(', ')

/** A query with the way in which its answers are to be compared. */
export interface RandomQuery {
  readonly sql: string
  /** The rows of this query are those that `sql` may give. Absent: `sql`'s own, on the other side. */
  readonly whole?: string
  readonly isOrdered?: boolean
}

export const QUERY_KINDS = {
  filter: (random, table) => ({
    sql: `SELECT ${list(random.some(table.columns, 1))} ${source(random, table, 1)}`,
  }),
  projection: (random, table) => {
    const texts = table.columns.filter(({ type }) => type.kind === 'varchar')
    const rows = table.columns.filter(({ type }) => type.kind === 'row')
    const numbers = table.columns.filter(({ type }) => isNumeric(type) && type.kind !== 'decimal')
    const computed = [
      ...texts.map(({ name }) => `upper(${quoted(name)}) || '.'`),
      ...numbers.map(({ name }) => `CAST(${quoted(name)} AS double) * 2`),
      ...rows.flatMap(({ name, type }) =>
        type.kind === 'row'
          ? type.fields.flatMap((f) =>
              f.name === undefined ? [] : [`${quoted(name)}.${quoted(f.name)}`],
            )
          : [],
      ),
    ]
    const outputs = [
      ...random.some(computed, Math.min(1, computed.length), 3),
      list(random.some(table.columns, 1)),
    ]
    return { sql: `SELECT ${outputs.join(', ')} ${source(random, table, 0.3)}` }
  },
  limit: (random, table) => {
    const whole = `SELECT ${list(random.some(table.columns, 1))} ${source(random, table, 0.4)}`
    return { sql: `${whole} LIMIT ${random.pick([0, 1, 2, 7, 20, 100_000])}`, whole }
  },
  topN(random, table) {
    const keys = random.some(orderable(table), 1)
    const items = keys.map(
      ({ name }) =>
        `${quoted(name)} ${random.pick(['ASC', 'DESC'])} NULLS ${random.pick(['FIRST', 'LAST'])}`,
    )
    const count = random.pick([1, 2, 5, 30])
    return {
      sql: `SELECT ${list(keys)} ${source(random, table, 0.4)} ORDER BY ${items.join(', ')} LIMIT ${count}`,
      isOrdered: true,
    }
  },
  aggregation(random, table) {
    const keys = random.some(
      table.columns.filter(({ type }) => isComparable(type)),
      0,
      2,
    )
    const groups = random.chance(0.3) ? [] : keys
    const aggregates = Array.from({ length: 1 + random.below(3) }, () =>
      randomAggregate(random, table),
    )
    const by = groups.length === 0 ? '' : ` GROUP BY ${list(groups)}`
    const outputs = [...groups.map(({ name }) => quoted(name)), ...aggregates].join(', ')
    return { sql: `SELECT ${outputs} ${source(random, table, 0.4)}${by}` }
  },
  join: (random, table, other) => randomJoin(random, table, other),
  dynamicFilter(random, table) {
    const columns = comparable(table)
    if (columns.length === 0) return { sql: `SELECT count(*) ${source(random, table, 0)}` }
    const key = random.pick(columns)
    const values = random.some(key.literals, 1, 3).map((text) => `(${text})`)
    return {
      sql: `SELECT ${list(table.columns.filter(({ type }) => isComparable(type)))} FROM
        (SELECT * ${source(random, table, 0.2)}) t JOIN (VALUES ${values.join(', ')}) v (kit_key) ON t.${quoted(key.name)} = v.kit_key`,
    }
  },
  sample: (random, table) => ({
    sql: `SELECT count(*) FROM ${table.name} TABLESAMPLE ${random.pick(['BERNOULLI', 'SYSTEM'])} (${random.pick([0, 100])})${table.where === undefined ? '' : ` WHERE ${table.where}`}`,
  }),
} satisfies Readonly<
  Record<string, (random: SeededRandom, table: SampledTable, other: SampledTable) => RandomQuery>
>
export type QueryKind = keyof typeof QUERY_KINDS

/** The plainest queries of a kind, which come before random ones: what these don't push down is not pushed down. */
export function plainQueries(kind: QueryKind, table: SampledTable): readonly RandomQuery[] {
  const where = table.where === undefined ? '' : ` WHERE ${table.where}`
  const from = `FROM ${table.name}${where}`
  switch (kind) {
    case 'filter':
      return comparable(table).map(({ name, literals }) => ({
        sql: `SELECT * ${from}${where === '' ? ' WHERE' : ' AND'} ${quoted(name)} = ${literals[0]}`,
      }))
    case 'limit':
      return [{ sql: `SELECT * ${from} LIMIT 3`, whole: `SELECT * ${from}` }]
    case 'topN':
      return orderable(table).map(({ name }) => ({
        sql: `SELECT ${quoted(name)} ${from} ORDER BY ${quoted(name)} LIMIT 3`,
        isOrdered: true,
      }))
    case 'projection':
      return plainComputations(table).map((computed) => ({ sql: `SELECT ${computed} ${from}` }))
    case 'aggregation':
      return [{ sql: `SELECT count(*) ${from}` }]
    default:
      return []
  }
}

/** What a source computes if it computes anything. */
const plainComputations = (table: SampledTable): readonly string[] =>
  table.columns.flatMap(({ name, type }) => {
    const column = quoted(name)
    if (type.kind === 'bigint') return [`${column} - 1`]
    if (type.kind === 'varchar') return [`${column} || '.'`, `coalesce(${column}, '')`]
    return []
  })

function randomAggregate(random: SeededRandom, table: SampledTable): string {
  const column = random.pick(table.columns)
  const name = quoted(column.name)
  const number = table.columns.find(
    ({ type }) => isNumeric(type) && type.kind !== 'decimal' && type.kind !== 'bigint',
  )
  const choices = [
    'count(*)',
    `count(${name})`,
    ...(isComparable(column.type) ? [`count(DISTINCT ${name})`] : []),
    ...(isOrderable(column.type) ? [`min(${name})`, `max(${name})`] : []),
    ...(number === undefined ? [] : [`sum(${quoted(number.name)})`, `avg(${quoted(number.name)})`]),
    `count(${name}) FILTER (WHERE ${randomPredicate(random, table, '', 0)})`,
  ]
  return random.pick(choices)
}

function randomJoin(random: SeededRandom, left: SampledTable, right: SampledTable): RandomQuery {
  const pairs = comparable(left).flatMap((a) =>
    comparable(right)
      .filter((b) => typeName(b.type) === typeName(a.type))
      .map((b) => [a, b] as const),
  )
  if (pairs.length === 0) return { sql: `SELECT count(*) ${source(random, left, 0)}` }
  const [a, b] = random.pick(pairs)
  const type = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])
  const outputs = [
    'count(*)',
    `count(l.${quoted(random.pick(left.columns).name)})`,
    `count(r.${quoted(random.pick(right.columns).name)})`,
  ]
  return {
    sql: `SELECT ${outputs.join(', ')} FROM (SELECT * ${source(random, left, 0.3)}) l ${type}
      (SELECT * ${source(random, right, 0.3)}) r ON l.${quoted(a.name)} = r.${quoted(b.name)}`,
  }
}
