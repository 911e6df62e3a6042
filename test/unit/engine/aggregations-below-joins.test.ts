import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { readValue } from '../../../src/spi/index.js'
import { DIST, requireBuild } from '../../support/build.js'
import { startLocalCluster } from '../../support/local-cluster.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'

/*
 * Rows grouped below joins and grouping sets and in the branches of unions: the answers are those of grouping them above, in one thread, in
 * several, with what is held on disk, and in a cluster.
 */

const OFF = {
  push_partial_aggregation_through_join: 'false',
  push_aggregation_through_outer_join: 'false',
  prefer_partial_aggregation: 'false',
}

/** Statements, each with a part of its plan. */
const PUSHED: Readonly<Record<string, readonly [string, RegExp]>> = {
  'arguments of the probe side': [
    `SELECT n.name, count(*), sum(l.quantity), avg(l.discount) FROM lineitem l
       JOIN supplier s ON l.suppkey = s.suppkey JOIN nation n ON s.nationkey = n.nationkey GROUP BY 1`,
    /FINAL[\s\S]*InnerJoin[\s\S]*PARTIAL, keys = \[suppkey\]/,
  ],
  'rows that meet many others': [
    `SELECT count(*), sum(a.extendedprice * (1 - a.discount)) FROM lineitem a
       JOIN lineitem b ON a.suppkey = b.suppkey AND b.partkey < 100`,
    /FINAL[\s\S]*InnerJoin[\s\S]*PARTIAL, keys = \[suppkey\]/,
  ],
  'a condition of both sides': [
    `SELECT s.name, min(l.shipdate), max(l.comment), count_if(l.tax > 0.05) FROM lineitem l
       JOIN supplier s ON l.suppkey = s.suppkey AND s.nationkey > l.linenumber GROUP BY s.name`,
    /PARTIAL, keys = \[suppkey, linenumber\]|PARTIAL, keys = \[linenumber, suppkey\]/,
  ],
  'the side of an outer join whose rows stay': [
    `SELECT s.nationkey, sum(l.quantity) FILTER (WHERE l.tax > 0.03) FROM lineitem l
       LEFT JOIN supplier s ON l.suppkey = s.suppkey + 20 GROUP BY 1`,
    /FINAL[\s\S]*(LeftJoin|RightJoin)[\s\S]*PARTIAL/,
  ],
  'a grouping without aggregates': [
    `SELECT DISTINCT s.nationkey, l.linestatus FROM lineitem l JOIN supplier s ON l.suppkey = s.suppkey`,
    /PARTIAL/,
  ],
  'several grouping sets, which repeat groups': [
    `SELECT returnflag, linestatus, grouping(returnflag), count(*), sum(quantity), avg(tax), min(returnflag)
       FROM lineitem GROUP BY CUBE (returnflag, linestatus)`,
    /FINAL[\s\S]*GroupId[\s\S]*PARTIAL, keys = \[(returnflag, linestatus|linestatus, returnflag)\]/,
  ],
  'grouping sets of no rows, of which those without keys have one': [
    `SELECT linenumber, count(*), sum(quantity) FROM tpch."sf0.05".lineitem WHERE orderkey + linenumber < 0
       GROUP BY GROUPING SETS ((), (linenumber), ())`,
    /FINAL[\s\S]*GroupId[\s\S]*PARTIAL, keys = \[linenumber\]/,
  ],
  'what an outer join adds, which is grouped by a key': [
    `SELECT s.suppkey, count(*), count(l.orderkey), sum(l.quantity), max(l.shipdate) FROM supplier s
       LEFT JOIN lineitem l ON s.suppkey = l.suppkey AND l.quantity > 30 AND l.suppkey > 5
       GROUP BY s.suppkey`,
    /COALESCE\(count[_0-9]*, bigint '1'\)[\s\S]*COALESCE\(count[_0-9]*, bigint '0'\)[\s\S]*(Left|Right)Join[\s\S]*Aggregate/,
  ],
}

const NOT_PUSHED: Readonly<Record<string, string>> = {
  'groups are as many as rows':
    'SELECT l.comment, o.custkey, count(*) FROM lineitem l JOIN orders o ON l.orderkey = o.orderkey GROUP BY 1, 2',
  'an aggregate needs all rows':
    'SELECT s.name, array_agg(l.quantity ORDER BY l.quantity) FROM lineitem l JOIN supplier s ON l.suppkey = s.suppkey GROUP BY 1',
  'arguments are of both sides':
    'SELECT sum(l.quantity * s.acctbal) FROM lineitem l JOIN supplier s ON l.suppkey = s.suppkey',
  'the rows of the side may get nulls':
    'SELECT s.nationkey, sum(l.quantity) FROM supplier s LEFT JOIN lineitem l ON s.suppkey = l.suppkey AND s.acctbal > 0 GROUP BY 1',
  'an argument could fail for rows without a match':
    'SELECT sum(10 / (l.linenumber - 3)) FROM lineitem l JOIN supplier s ON l.suppkey = s.suppkey AND l.linenumber = s.nationkey',
}

const AGGREGATES = [
  'count(*)',
  'count(l.comment)',
  'sum(l.linenumber)',
  'sum(l.extendedprice * (1 - l.discount))',
  'avg(l.quantity)',
  'min(l.shipdate)',
  'max(l.shipmode)',
  'count_if(l.tax > 0.04)',
  'bool_or(l.quantity > 49)',
  'approx_distinct(l.partkey)',
  'max_by(l.quantity, l.linenumber * 100000000 + l.orderkey)',
  'bitwise_xor_agg(l.partkey)',
  'checksum(l.shipinstruct)',
  'cardinality(histogram(l.shipmode))',
  "sum(l.quantity) FILTER (WHERE l.returnflag = 'R')",
  'sum(CAST(l.tax AS decimal(12, 2)))',
]
const KEYS = ['s.nationkey', 'l.linestatus', 's.suppkey % 7', 'n.regionkey', 's.name', 'l.suppkey']

function randomStatements(count: number): string[] {
  const random = createRandom(SEED)
  return Array.from({ length: count }, () => {
    const some = (list: readonly string[], most: number) =>
      list.filter(() => random.chance(most / list.length))
    const sets = random.pick(['', '', 'ROLLUP ', 'CUBE '])
    const keys = some(sets === '' ? KEYS : KEYS.filter((key) => !key.includes('%')), 2)
    const type = random.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN'])
    const condition = random.pick([
      '',
      ' AND s.acctbal > 1000',
      ' AND s.nationkey <> l.linenumber',
      ' AND s.suppkey < 60',
    ])
    const shown = [...keys, 'count(*) AS c', ...some(AGGREGATES, 4)]
    const grouping = keys.length === 0 ? '' : ` GROUP BY ${sets}(${keys.join(', ')})`
    return `SELECT ${shown.join(', ')} FROM lineitem l ${type} supplier s
      ON l.suppkey = s.suppkey + ${random.pick(['0', '40'])}${condition}
      ${random.pick(['JOIN', 'LEFT JOIN'])} nation n ON s.nationkey = n.nationkey${grouping}`
  })
}

describe('aggregations below joins', () => {
  const engines = new Map<string, Millrace>()
  const spillPath = mkdtempSync(join(tmpdir(), 'millrace-below-'))
  let cluster: Awaited<ReturnType<typeof startLocalCluster>>

  beforeAll(async () => {
    requireBuild()
    const { Millrace } = (await import(
      pathToFileURL(join(DIST, 'index.js')).href
    )) as typeof import('../../../src/index.js')
    const catalogs = { tpch: { 'connector.name': 'tpch' } }
    engines.set('inline', await Millrace.create({ threads: 0, catalogs }))
    engines.set('threads', await Millrace.create({ threads: 2, callingThreadMillis: 0, catalogs }))
    engines.set(
      'spilling',
      await Millrace.create({
        threads: 2,
        callingThreadMillis: 0,
        catalogs,
        spillPath,
        spillsEagerly: true,
      }),
    )
    cluster = await startLocalCluster(2, { catalogs })
  })
  afterAll(async () => {
    for (const engine of engines.values()) await engine.close()
    await cluster.close()
    rmSync(spillPath, { recursive: true, force: true })
  })

  const place = { catalog: 'tpch', schema: 'sf0.01' } as const
  const inOrder = (rows: readonly (readonly unknown[])[]): string[] =>
    rows.map((row) => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? `${v}` : v))).sort()

  async function rowsOf(
    engine: Millrace,
    sql: string,
    session: Readonly<Record<string, string>> = {},
  ): Promise<readonly string[]> {
    const rows = await engine.query(sql, [], { ...place, rowMode: 'array', session }).all()
    return inOrder(rows as unknown as readonly unknown[][])
  }
  async function inCluster(
    sql: string,
    properties: Readonly<Record<string, string>> = {},
  ): Promise<readonly string[]> {
    const session = {
      ...cluster.coordinator.defaultSession,
      ...place,
      properties: new Map(Object.entries(properties)),
    }
    const run = cluster.coordinator.createRun({ sql, session })
    const rows: unknown[][] = []
    for (let page = await run.nextPage(); page !== undefined; page = await run.nextPage()) {
      for (let row = 0; row < page.rowCount; row++) {
        rows.push(page.blocks.map((block) => readValue(block, row)))
      }
    }
    return inOrder(rows)
  }
  async function planOf(sql: string): Promise<string> {
    const [row] = await engines
      .get('inline')!
      .query(`EXPLAIN ${sql}`, [], { ...place, rowMode: 'array' })
      .all()
    return String((row as unknown as readonly unknown[])[0])
  }
  async function check(sql: string): Promise<void> {
    const expected = await rowsOf(engines.get('inline')!, sql, OFF)
    for (const [name, engine] of engines) expect(await rowsOf(engine, sql), name).toEqual(expected)
    expect(await inCluster(sql), 'cluster').toEqual(await inCluster(sql, OFF))
  }

  test.each(Object.entries(PUSHED))('%s', async (_, [sql, plan]) => {
    expect(await planOf(sql)).toMatch(plan)
    await check(sql)
  })

  test.each(Object.entries(NOT_PUSHED))('not where %s', async (_, sql) => {
    expect(await planOf(sql)).not.toContain('PARTIAL')
  })

  test('both can be switched off', async () => {
    const session = { ...OFF, prefer_partial_aggregation: 'true' }
    for (const [sql] of Object.values(PUSHED)) {
      const [row] = await engines
        .get('inline')!
        .query(`EXPLAIN ${sql}`, [], { ...place, rowMode: 'array', session })
        .all()
      expect(String((row as unknown as readonly unknown[])[0])).not.toMatch(/PARTIAL|COALESCE/)
    }
  })

  test(`random statements (MILLRACE_SEED=${SEED})`, async () => {
    let pushed = 0
    for (const sql of randomStatements(8)) {
      if ((await planOf(sql)).includes('PARTIAL')) pushed++
      const expected = await rowsOf(engines.get('inline')!, sql, OFF)
      expect(await rowsOf(engines.get('threads')!, sql), sql).toEqual(expected)
      expect(await inCluster(sql), sql).toEqual(await inCluster(sql, OFF))
    }
    expect(pushed).toBeGreaterThan(0)
  })

  test('partial steps that stop to group, at once or never', async () => {
    const never = { adaptive_partial_aggregation_enabled: 'false' }
    const always = {
      adaptive_partial_aggregation_min_rows: '0',
      adaptive_partial_aggregation_unique_rows_ratio_threshold: '0',
    }
    // Enough to be worth two threads; what is said of the groups is short.
    const sql = `SELECT count(*), checksum(k), sum(c), checksum(q), checksum(a), max(d), checksum(b)
      FROM (SELECT partkey * 1000000007 + suppkey AS k, count(*) c, sum(quantity) q, avg(tax) a,
          max(shipdate) d, count_if(orderkey % 2 = 0) b
        FROM tpch."sf0.05".lineitem GROUP BY 1) t`
    const expected = await rowsOf(engines.get('inline')!, sql, never)
    for (const name of ['threads', 'spilling']) {
      expect(await rowsOf(engines.get(name)!, sql, always), name).toEqual(expected)
    }
    expect(await rowsOf(engines.get('threads')!, sql, never)).toEqual(expected)
    expect(await inCluster(sql, always)).toEqual(await inCluster(sql, never))
    const small = 'SELECT orderkey % 10, count(*), max(comment) FROM lineitem GROUP BY 1'
    expect(await inCluster(small, always)).toEqual(await inCluster(small, never))
  })

  test('branches of a union that lie in different ways', async () => {
    const branches = `SELECT custkey AS k, 1 AS n, orderdate AS d FROM orders
      UNION ALL SELECT max(custkey), 2, max(orderdate) FROM orders GROUP BY orderstatus
      UNION ALL SELECT * FROM (VALUES (CAST(7 AS bigint), 3, DATE '1999-01-01'))`
    for (const sql of [
      `SELECT k % 10, count(*), sum(n), max(d) FROM (${branches}) GROUP BY k % 10`,
      `SELECT k, n, count(*), count_if(n > 1), min(d) FROM (${branches}) GROUP BY k, n`,
      `SELECT count(*), sum(k), avg(n) FILTER (WHERE k > 5) FROM (${branches})`,
      `SELECT n, count(DISTINCT k) FROM (${branches}) GROUP BY n`,
      `SELECT d FROM (${branches}) GROUP BY d`,
    ]) {
      expect(await inCluster(sql), sql).toEqual(await inCluster(sql, OFF))
      expect((await inCluster(sql)).length).toBe((await rowsOf(engines.get('inline')!, sql)).length)
    }
    const text = (
      await inCluster(
        `EXPLAIN (TYPE DISTRIBUTED) SELECT k, count(*), max(d) FROM (${branches}) GROUP BY k`,
      )
    )[0]!
    expect(text.split('PARTIAL').length - 1).toBeGreaterThanOrEqual(3)
  })
})
