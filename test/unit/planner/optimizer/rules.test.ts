import { beforeAll, describe, expect, it } from 'vitest'
import { planText } from '../../../../src/planner/explain/text.js'
import { applyRules, ruleSet } from '../../../../src/planner/optimizer/iterative.js'
import { on, rule } from '../../../../src/planner/optimizer/rule.js'
import type { PlanNode } from '../../../../src/planner/plan/node.js'
import { validatePlan } from '../../../../src/planner/plan/validate.js'
import { BIGINT, INTEGER } from '../../../../src/spi/index.js'
import type { Catalogs } from './planning.js'
import { planQuery, testContext, tpchCatalogs } from './planning.js'

let catalogs: Catalogs
beforeAll(async () => {
  process.env['MILLRACE_VERIFY'] = '1'
  catalogs = await tpchCatalogs()
})

async function optimised(sql: string, session = {}): Promise<{ text: string; fired: Set<string> }> {
  const fired = new Set<string>()
  const trace = (name: string) => void fired.add(name)
  const at = { catalog: 'tpch', schema: 'sf1' }
  const { plan } = await planQuery(sql, catalogs, at, { trace, session })
  return { text: planText(plan, { types: false }), fired }
}

/** A rule, a query it must fire on, and one it must not. */
const RULES: readonly [string, string, string][] = [
  [
    'MergeLimitWithSort',
    'SELECT name FROM nation ORDER BY name LIMIT 3',
    'SELECT name FROM nation ORDER BY name',
  ],
  [
    'MergeLimits',
    'SELECT name FROM (SELECT name FROM nation LIMIT 5) LIMIT 3',
    'SELECT name FROM nation LIMIT 3',
  ],
  [
    'PushLimitThroughUnion',
    'SELECT name FROM nation UNION ALL SELECT name FROM region LIMIT 3',
    'SELECT name FROM nation UNION SELECT name FROM region LIMIT 3',
  ],
  [
    'PushLimitThroughOuterJoin',
    'SELECT n.name, r.name FROM nation n LEFT JOIN region r ON n.regionkey = r.regionkey LIMIT 3',
    'SELECT n.name, r.name FROM nation n JOIN region r ON n.regionkey = r.regionkey LIMIT 3',
  ],
  [
    'LeftJoinToAntiJoin',
    'SELECT c.name, o.orderkey FROM customer c LEFT JOIN orders o ON o.custkey = c.custkey WHERE o.custkey IS NULL',
    // A comment may be null where there is a match.
    'SELECT c.name FROM customer c LEFT JOIN orders o ON o.custkey = c.custkey WHERE o.comment IS NULL',
  ],
  [
    'LeftJoinToAntiJoin',
    'SELECT c.name, o.orderkey FROM orders o RIGHT JOIN customer c ON o.custkey = c.custkey WHERE o.custkey IS NULL',
    'SELECT c.name FROM orders o RIGHT JOIN customer c ON o.custkey = c.custkey WHERE c.custkey IS NULL',
  ],
  [
    'MergeDistinctUnions',
    'SELECT nationkey FROM nation UNION SELECT regionkey FROM region UNION SELECT nationkey FROM customer',
    'SELECT nationkey FROM nation UNION SELECT regionkey FROM region UNION ALL SELECT nationkey FROM customer',
  ],
  [
    'SingleDistinctToGroupBy',
    'SELECT count(DISTINCT regionkey) FROM nation',
    'SELECT count(DISTINCT regionkey), count(DISTINCT name) FROM nation',
  ],
  [
    'DistinctToMark',
    'SELECT count(DISTINCT regionkey), count(*) FROM nation',
    'SELECT count(DISTINCT regionkey) FROM nation',
  ],
  [
    'DependentGroupingKeys',
    'SELECT o.orderkey, o.totalprice, sum(quantity) FROM orders o JOIN lineitem l ON o.orderkey = l.orderkey GROUP BY 1, 2',
    'SELECT l.orderkey, l.suppkey, sum(quantity) FROM orders o JOIN lineitem l ON o.orderkey = l.orderkey GROUP BY 1, 2',
  ],
  [
    'FilterIntoRanking',
    'SELECT * FROM (SELECT name, rank() OVER (ORDER BY name) r FROM nation) WHERE r < 3',
    'SELECT * FROM (SELECT name, rank() OVER (ORDER BY name) r FROM nation) WHERE r > 3',
  ],
  ['EvaluateZeroLimit', 'SELECT name FROM nation LIMIT 0', 'SELECT name FROM nation LIMIT 1'],
]

describe('rules fire where they should and only there', () => {
  for (const [name, fires, stays] of RULES) {
    it(name, async () => {
      expect((await optimised(fires)).fired).toContain(name)
      expect((await optimised(stays)).fired).not.toContain(name)
    })
  }
})

describe('outer joins', () => {
  const from = 'FROM nation n LEFT JOIN region r ON n.regionkey = r.regionkey'
  it('become inner under a condition that nulls fail', async () => {
    expect((await optimised(`SELECT n.name ${from} WHERE r.name = 'ASIA'`)).text).toContain(
      'InnerJoin',
    )
  })
  it('stay under one that nulls may pass', async () => {
    const { text } = await optimised(`SELECT n.name ${from} WHERE coalesce(r.name, 'x') = 'x'`)
    expect(text).not.toContain('InnerJoin')
  })
})

describe('predicates', () => {
  it('reach the other side of an equality', async () => {
    const { text } = await optimised(
      'SELECT 1 FROM orders o JOIN lineitem l ON o.orderkey = l.orderkey WHERE o.orderkey = 7',
    )
    expect(text.match(/filterPredicate = \(orderkey\w* = bigint '7'\)/g)).toHaveLength(2)
  })
  it('stay above a limit, a global aggregation and a window that reads the rows', async () => {
    for (const sql of [
      'SELECT * FROM (SELECT nationkey FROM nation LIMIT 5) WHERE nationkey > 3',
      'SELECT * FROM (SELECT count(*) c FROM nation) WHERE c > 3',
      'SELECT * FROM (SELECT nationkey, count(*) OVER () c FROM nation) WHERE nationkey > 3',
    ]) {
      const { text } = await optimised(sql)
      expect(text.indexOf('Filter'), sql).toBeLessThan(text.search(/Limit|Aggregate|Window/))
    }
  })
})

describe('join order', () => {
  const chain = (count: number) => {
    const tables = Array.from({ length: count }, (_, i) => `nation n${i}`)
    const links = Array.from(
      { length: count - 1 },
      (_, i) => `n${i}.nationkey = n${i + 1}.nationkey`,
    )
    return `SELECT count(*) FROM ${tables.join(', ')} WHERE ${links.join(' AND ')}`
  }
  it('joins many relations greedily without products', async () => {
    const { text } = await optimised(chain(20))
    expect(text.match(/InnerJoin/g)).toHaveLength(19)
    expect(text).not.toContain('CrossJoin')
  })
  it('builds the smaller side', async () => {
    const sql = 'SELECT count(*) FROM nation n, customer c WHERE n.nationkey = c.nationkey'
    expect((await optimised(sql)).text).toMatch(/InnerJoin[\s\S]*customer\][\s\S]*nation\]\n/)
  })
  it('keeps the written order where the session says so', async () => {
    const sql = 'SELECT count(*) FROM nation n, customer c WHERE n.nationkey = c.nationkey'
    const { text } = await optimised(sql, { joinReorderingStrategy: 'NONE' })
    expect(text).toMatch(/InnerJoin[\s\S]*nation\][\s\S]*customer\]\n/)
  })
  it('makes a product only where the query is one', async () => {
    const { text } = await optimised('SELECT count(*) FROM nation, region')
    expect(text.match(/CrossJoin/g)).toHaveLength(1)
  })
})

describe('dynamic filters', () => {
  it('are made where the build side promises to drop rows', async () => {
    const sql = (where: string) =>
      `SELECT count(*) FROM lineitem l JOIN orders o ON l.orderkey = o.orderkey ${where}`
    expect((await optimised(sql("WHERE o.orderdate < DATE '1992-02-01'"))).text).toContain('#df_0')
    expect((await optimised(sql(''))).text).not.toContain('#df_0')
  })
  it('are not made when the session turns them off', async () => {
    const { text } = await optimised(
      "SELECT count(*) FROM lineitem l JOIN orders o ON l.orderkey = o.orderkey WHERE o.orderdate < DATE '1992-02-01'",
      { enableDynamicFiltering: false },
    )
    expect(text).not.toContain('#df_')
  })
})

describe('the rule engine', () => {
  const values: PlanNode = { kind: 'values', id: 'v', outputs: [], rows: [[]] }
  it('stops rules that go on for ever, naming them', () => {
    const endless = rule({
      name: 'Endless',
      pattern: on('values'),
      apply: (node) => ({ ...node, rows: [...node.rows].reverse() }),
    })
    expect(() => applyRules(values, ruleSet('Test', [endless]), testContext())).toThrow(
      /limit of rewrites in Test: Endless: \d+/,
    )
  })
  it('gives back the same plan where nothing fires', () => {
    const never = rule({ name: 'Never', pattern: on('values'), apply: () => undefined })
    expect(applyRules(values, ruleSet('Test', [never]), testContext())).toBe(values)
  })
})

describe('the validator', () => {
  const a = { name: 'a', type: BIGINT }
  const values: PlanNode = { kind: 'values', id: '1', outputs: [a], rows: [] }
  const filter = (predicate: object): PlanNode =>
    ({ kind: 'filter', id: '2', source: values, predicate }) as PlanNode
  const symbol = (name: string, type: object) => ({ kind: 'symbol', name, type })
  it('finds symbols that no source has', () => {
    expect(() => validatePlan(filter(symbol('b', BIGINT)), 'Test')).toThrow(
      /Test.*unknown symbol b/,
    )
  })
  it('finds symbols read with another type', () => {
    expect(() => validatePlan(filter(symbol('a', INTEGER)), 'Test')).toThrow(/a bigint as integer/)
  })
  it('finds conditions that are not boolean, and node ids used twice', () => {
    expect(() => validatePlan(filter(symbol('a', BIGINT)), 'Test')).toThrow(/not boolean/)
    const limit: PlanNode = { kind: 'limit', id: '1', source: values, count: 1 }
    expect(() => validatePlan(limit, 'Test')).toThrow(/duplicate node id/)
  })
})
