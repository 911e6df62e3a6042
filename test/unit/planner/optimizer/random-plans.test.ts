import { beforeAll, expect, it } from 'vitest'
import { planText } from '../../../../src/planner/explain/text.js'
import { fuzzSeed, randomOf } from '../parser/mutation.js'
import { planQuery } from './planning.js'
import { execute } from './reference-executor.js'

const NOWHERE = { catalog: 'none', schema: 'none' }
const JOINS = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'] as const
const VALUES = [
  '(1, 10), (2, 20), (3, NULL), (NULL, 4), (2, 21)',
  '(1, 10), (2, 5), (2, 20), (NULL, 7), (4, NULL)',
  '(2, 2), (NULL, NULL), (10, 1), (5, 20)',
]

let pick: <T>(from: readonly T[]) => T
let names = 0

interface Relation {
  readonly sql: string
  readonly columns: readonly string[]
}

function table(): Relation {
  const n = names++
  return { sql: `(VALUES ${pick(VALUES)}) t${n}(a${n}, b${n})`, columns: [`a${n}`, `b${n}`] }
}

/** A condition of two relations; some of these are true where one of their columns is null. */
function condition(left: Relation, right: Relation): string {
  const [l, m, r] = [pick(left.columns), pick(left.columns), pick(right.columns)]
  return pick([
    `${l} = ${r}`,
    `${l} = ${r}`,
    `${l} = ${r} AND ${m} > 1`,
    `${l} = ${r} AND ${r} IS NOT NULL`,
    `${l} + ${m} = ${r}`,
    `coalesce(${l}, 2) = ${r}`,
    `${l} IS NOT DISTINCT FROM ${r}`,
    `${l} < ${r}`,
    `(${l} = ${r} OR ${m} IS NULL)`,
  ])
}

function joined(depth: number): Relation {
  if (depth === 0) return table()
  const left = joined(pick([0, depth - 1]))
  const right = joined(pick([0, depth - 1]))
  const columns = [...left.columns, ...right.columns]
  const sql = `(${left.sql} ${pick(JOINS)} ${right.sql} ON ${condition(left, right)})`
  return pick([true, false]) ? { sql, columns } : projected({ sql, columns })
}

/** The relation under another name, with columns that are computed from its own. */
function projected({ sql, columns }: Relation): Relation {
  const n = names++
  const [first, second] = [pick(columns), pick(columns)]
  const computed = pick([first, `${first} + 1`, `coalesce(${first}, ${second})`])
  return {
    sql: `(SELECT ${computed} AS c${n}, ${second} AS d${n} FROM ${sql}) p${n}`,
    columns: [`c${n}`, `d${n}`],
  }
}

function union(depth: number): string {
  if (depth === 0) return `SELECT * FROM (VALUES ${pick(VALUES)}) t(a, b)`
  const [left, right] = [union(pick([0, depth - 1])), union(depth - 1)]
  const all = `(${left}) ${pick(['UNION', 'UNION', 'UNION ALL'])} (${right})`
  return pick([all, `SELECT ${pick(['a, b', 'a, a AS b', 'b, a'])} FROM (${all}) u(a, b)`])
}

const rows = (plan: Parameters<typeof execute>[0]) =>
  execute(plan)
    .map((row) => row.map(String).join('|'))
    .sort()

async function optimised(sql: string): Promise<string> {
  const { plan } = await planQuery(sql, new Map(), NOWHERE)
  return planText(plan, { types: false })
}

beforeAll(() => {
  process.env['MILLRACE_VERIFY'] = '1'
})

it('joins of joins and unions of unions give the rows of their logical plans', async () => {
  const seed = fuzzSeed()
  const random = randomOf(seed)
  pick = (from) => from[random(from.length)] as never
  for (let i = 0; i < 400; i++) {
    const sql =
      i % 4 === 0
        ? `SELECT ${pick(['a', 'DISTINCT b', '*'])} FROM (${union(3)}) u(a, b)`
        : `SELECT * FROM ${joined(3).sql}`
    const { logical, plan } = await planQuery(sql, new Map(), NOWHERE)
    expect(rows(plan), `seed ${seed}, case ${i}: ${sql}`).toEqual(rows(logical))
  }
})

const T = '(VALUES (1, 10), (2, 20), (3, NULL)) t(a, b)'
const U = '(VALUES (1, 10), (2, 5), (2, 20)) u(c, d)'
const V = '(VALUES 5, 20) v(e)'

it.each([
  `SELECT * FROM ${T} LEFT JOIN ${U} ON a = c JOIN ${V} ON d = e`,
  `SELECT * FROM (SELECT a, d + 1 AS f FROM ${T} LEFT JOIN ${U} ON a = c) x, ${V} WHERE f = e`,
  `SELECT * FROM ${V} JOIN (${U} RIGHT JOIN ${T} ON a = c) ON d > e`,
  `SELECT * FROM ${V} LEFT JOIN (${T} LEFT JOIN ${U} ON a = c) ON d = e`,
])('an outer join whose padded rows another join drops is an inner one: %s', async (sql) => {
  const text = await optimised(sql)
  expect(text).toContain('InnerJoin')
  expect(text.match(/(Left|Right|Full)Join/g) ?? []).toHaveLength(sql.includes('v(e) LEFT') ? 1 : 0)
})

it.each([
  `SELECT * FROM ${T} LEFT JOIN ${U} ON a = c JOIN ${V} ON coalesce(d, 5) = e`,
  `SELECT * FROM ${T} LEFT JOIN ${U} ON a = c JOIN ${V} ON d IS NOT DISTINCT FROM e`,
  `SELECT * FROM ${T} LEFT JOIN ${U} ON a = c LEFT JOIN ${V} ON d = e`,
])('and stays one where they may have a match, or need none: %s', async (sql) => {
  expect(await optimised(sql)).toContain('LeftJoin')
})
