import { describe, expect, test } from 'vitest'
import { SEED } from '../../../support/seed.js'
import { KINDS, openDatabase } from './databases.js'

/** A generator of the same numbers for the same seed. */
function random(seed: number) {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return {
    below: (n: number): number => Math.floor(next() * n),
    of: <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)]!,
    chance: (p: number): boolean => next() < p,
  }
}
type Random = ReturnType<typeof random>

const BIG = [
  '0',
  '1',
  '-1',
  '7',
  '100',
  '9223372036854775807',
  '(-9223372036854775807 - 1)',
  'NULL',
]
const TEXTS = ["''", "'a'", "'A'", "'ab'", "'a%'", "'b*?[c'", "'é'", "'z '", "'it''s'", 'NULL']
const DATES = ["'1969-12-31'", "'2020-02-29'", "'9999-12-31'", "'0001-01-01'", 'NULL']
const DOUBLES = ['0.0', '-1.5', '1e300', '9e999', '-9e999', '0.1', 'NULL']
const FLAGS = ['TRUE', 'FALSE', 'NULL']

function tables(r: Random, kind: string): readonly string[] {
  const doubles = kind === 'duckdb' ? [...DOUBLES, "'NaN'"] : DOUBLES
  const row = (id: number) =>
    `(${[id, r.of(BIG), r.of(TEXTS), r.of(DATES), r.of(doubles), r.of(FLAGS), r.below(4)].join(', ')})`
  const create = (name: string) =>
    `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, n BIGINT, s VARCHAR, d DATE, x DOUBLE, f BOOLEAN, k BIGINT)`
  const fill = (name: string) =>
    `INSERT INTO ${name} VALUES ${Array.from({ length: 40 }, (_, i) => row(i)).join(', ')}`
  return [create('t'), fill('t'), create('u'), fill('u')]
}

const NUMBERS = ['0', '1', '-1', '7', '100', '9223372036854775807', '-9223372036854775808']
const sqlTexts = TEXTS.slice(0, -1)
const sqlDates = DATES.slice(0, -1).map((date) => `DATE ${date}`)
const COMPARISONS = ['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']

function predicate(r: Random, q: string, depth: number): string {
  if (depth > 0 && r.chance(0.5)) {
    const operator = r.of(['AND', 'OR'])
    const both = `(${predicate(r, q, depth - 1)} ${operator} ${predicate(r, q, depth - 1)})`
    return r.chance(0.2) ? `NOT ${both}` : both
  }
  const column = r.of(['n', 's', 'd', 'x', 'f', 'k'])
  const constants: Record<string, readonly string[]> = {
    n: NUMBERS,
    k: ['0', '1', '2', '3'],
    s: sqlTexts,
    d: sqlDates,
    x: ['0.0E0', '-1.5E0', '1E300', 'infinity()', 'nan()', '0.1E0'],
    f: ['true', 'false'],
  }
  const name = `${q}.${column}`
  const constant = () => r.of(constants[column]!)
  const shapes = [
    () => `${name} ${r.of(COMPARISONS)} ${constant()}`,
    () => `${name} IS ${r.of(['', 'NOT '])}NULL`,
    () => `${name} IN (${constant()}, ${constant()}, ${r.of([constant(), 'NULL'])})`,
    () => `${name} NOT IN (${constant()}, ${constant()})`,
    () => `${name} BETWEEN ${constant()} AND ${constant()}`,
    () => `coalesce(${name}, ${constant()}) ${r.of(COMPARISONS)} ${constant()}`,
    () =>
      `${q}.s LIKE ${r.of(["'a%'", "'%'", "'_'", "'%*%'", "'A%'", "'a!%' ESCAPE '!'", "'%[c'"])}`,
    () => `${q}.k ${r.of(['+', '-', '*'])} ${r.below(5)} ${r.of(COMPARISONS)} ${q}.k`,
    () => `concat(${q}.s, ${r.of(sqlTexts)}) ${r.of(COMPARISONS)} ${q}.s`,
    () => `length(${q}.s) > ${r.below(3)}`,
    () => `year(${q}.d) = 2020`,
    () => `${q}.f`,
  ]
  return r.of(shapes)()
}

const AGGREGATES = [
  'count(*)',
  'count(t.s)',
  'count(DISTINCT t.s)',
  'sum(t.k)',
  'sum(t.id)',
  'min(t.n)',
  'max(t.s)',
  'min(t.d)',
  'max(t.x)',
  'sum(t.x)',
  'avg(t.k)',
  'max(t.f)',
]

function query(r: Random): string {
  const where = r.chance(0.8) ? ` WHERE ${predicate(r, 't', 2)}` : ''
  const shapes = [
    () => `SELECT * FROM t${where}`,
    () => `SELECT t.id, t.s FROM t${where} ORDER BY t.id ${r.of(['', 'DESC'])} LIMIT ${r.below(9)}`,
    () => {
      const key = r.of(['n', 's', 'd', 'x', 'f'])
      const order = `${key} ${r.of(['ASC', 'DESC'])} NULLS ${r.of(['FIRST', 'LAST'])}`
      return `SELECT ${key}, id FROM t${where} ORDER BY ${order}, id LIMIT ${1 + r.below(20)}`
    },
    () => `SELECT ${r.of(AGGREGATES)} AS a, ${r.of(AGGREGATES)} AS b FROM t${where}`,
    () => {
      const key = r.of(['n', 's', 'd', 'x', 'f', 'k'])
      return `SELECT t.${key}, ${r.of(AGGREGATES)} AS a FROM t${where} GROUP BY t.${key}`
    },
    () => `SELECT count(*) FROM (SELECT s FROM t${where} LIMIT ${r.below(60)}) t`,
    () => {
      const join = r.of(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])
      const key = r.of(['k', 'n', 's', 'd', 'x', 'f'])
      const more = r.chance(0.4) ? ` AND t.n ${r.of(['<', '=', '>='])} u.n` : ''
      return `SELECT t.id, u.id AS uid, u.s FROM t ${join} u ON t.${key} = u.${key}${more}${where}`
    },
    () => `SELECT DISTINCT ${r.of(['n', 's', 'd', 'f', 'k'])} FROM t${where}`,
    () =>
      `SELECT id, k + 1 AS e, concat(s, 'x') AS c, coalesce(d, DATE '2000-01-01') AS o FROM t${where}`,
  ]
  return r.of(shapes)()
}

const printed = (rows: readonly unknown[], isOrdered: boolean): readonly string[] => {
  const lines = rows.map((row) =>
    JSON.stringify(row, (_key, value: unknown) =>
      typeof value === 'bigint' || typeof value === 'number'
        ? `${typeof value} ${String(value)}`
        : value,
    ),
  )
  return isOrdered ? lines : lines.sort()
}

describe.each(KINDS)('%s', (kind) => {
  test('checks the span of values that are too many to name, and the engine the rest', async () => {
    await using db = await openDatabase(kind, [
      'CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT)',
      `INSERT INTO t VALUES ${Array.from({ length: 3000 }, (_, i) => `(${i}, ${i})`).join(', ')}`,
    ])
    const even = Array.from({ length: 600 }, (_, i) => 1000 + 2 * i)
    const sql = `SELECT count(*), min(n), max(n) FROM t WHERE n IN (${even.join(', ')})`
    expect(await db.rows(sql)).toEqual([[600n, 1000n, 2198n]])
    const plan = (await db.rows(`EXPLAIN ${sql}`)).join('\n')
    expect(plan).toContain('too many values')
    const read = await db.rows(`EXPLAIN ANALYZE ${sql}`)
    expect(read.join('\n')).toMatch(/Input: 1199 rows/)
    const others = `SELECT count(*) FROM t WHERE n NOT IN (${even.join(', ')})`
    expect(await db.rows(others)).toEqual([[2400n]])
  })
})

const SEEDS = [SEED, SEED + 1, SEED + 2]
const QUERIES = Number(process.env['MILLRACE_QUERIES'] ?? 120)

describe.each(KINDS)('%s answers a pushed query as the engine does', (kind) => {
  test.each(SEEDS)('seed %d', async (seed) => {
    const r = random(seed)
    await using db = await openDatabase(kind, tables(r, kind))
    for (let i = 0; i < QUERIES; i++) {
      const sql = query(r)
      const isOrdered = sql.includes('ORDER BY')
      const pushed = printed(await db.rows(sql), isOrdered)
      const own = printed(await db.unpushed(sql), isOrdered)
      expect(pushed, `seed ${seed}, query ${i}: ${sql}`).toEqual(own)
    }
  }, 120_000)
})
