import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'

/** Enough rows and groups for drivers to share them by key. */
const ROWS = `
  SELECT partkey, suppkey, availqty, supplycost,
    IF(availqty % 17 = 0, NULL, (partkey * 7919) % 100003) AS k,
    'text ' || CAST((partkey * 31) % 50021 AS varchar) AS s,
    CAST((suppkey * 13) % 7 AS double) AS d
  FROM tpch."sf0.25".partsupp`

/** A join that is computed once, since two read its rows: these are hardly more than the groups of one of them. */
const SHARED_ROWS = `WITH j AS (SELECT a.partkey, a.suppkey, a.availqty, a.k FROM t AS a
    JOIN t AS b ON a.partkey = b.partkey AND a.suppkey = b.suppkey WHERE b.supplycost > 300)
  SELECT k, suppkey, sum(availqty), count(partkey) FROM j GROUP BY k, suppkey
  HAVING sum(availqty) > (SELECT avg(availqty) FROM j)`

const QUERIES: Readonly<Record<string, string>> = {
  'clustered keys': 'SELECT partkey, count(*), sum(availqty), avg(supplycost) FROM t GROUP BY 1',
  'spread keys with nulls': 'SELECT k, count(*), min(d), max(s) FROM t GROUP BY k',
  'keys of strings': 'SELECT s, sum(availqty), sum(d) FROM t GROUP BY s',
  'several keys': 'SELECT d, s, k, count(supplycost) FROM t GROUP BY d, s, k',
  'distinct rows': 'SELECT DISTINCT k, d FROM t',
  'distinct arguments':
    'SELECT partkey, count(DISTINCT suppkey), sum(DISTINCT d) FROM t GROUP BY 1',
  'two distinct arguments':
    'SELECT k, count(DISTINCT suppkey), count(DISTINCT s) FROM t GROUP BY k',
  'distinct rows that are grouped by some of their columns':
    'SELECT k, count(*), max(s) FROM (SELECT DISTINCT k, d, s FROM t) GROUP BY k',
  'distinct rows that are grouped by a value of them':
    'SELECT j, count(*) FROM (SELECT k % 5000 AS j FROM (SELECT DISTINCT k, s FROM t)) GROUP BY j',
  'groups beside rows without a match, grouped again': `SELECT g.k, count(*), count(h.x)
    FROM (SELECT k, s FROM t GROUP BY k, s) AS g FULL JOIN (SELECT DISTINCT suppkey * 3 AS x FROM t) AS h ON g.k = h.x
    GROUP BY g.k`,
  'ordered arguments':
    'SELECT partkey, array_agg(suppkey ORDER BY supplycost, suppkey) FROM t GROUP BY 1',
  'grouping sets': 'SELECT k, d, count(*) FROM t GROUP BY GROUPING SETS ((k), (d), (k, d), ())',
  'a having that leaves few':
    'SELECT k, sum(availqty) FROM t GROUP BY k HAVING sum(availqty) > 250000',
  'rows that are shared': SHARED_ROWS,
  windows: 'SELECT partkey, sum(availqty) OVER (PARTITION BY partkey ORDER BY suppkey) FROM t',
  'row numbers': `SELECT k, suppkey FROM (
    SELECT k, suppkey, row_number() OVER (PARTITION BY k ORDER BY supplycost, suppkey, partkey) AS n
    FROM t) WHERE n <= 2`,
  'groups that are joined': `SELECT count(*), sum(g.n) FROM (SELECT k, count(*) AS n FROM t GROUP BY k) AS g
    JOIN (SELECT s, min(k) AS k FROM t GROUP BY s) AS h ON g.k = h.k`,
  'groups in a union': `SELECT count(*), sum(n) FROM (SELECT k, count(*) AS n FROM t GROUP BY k
    UNION ALL SELECT suppkey, count(*) FROM t GROUP BY suppkey)`,
}

/** Sorts whose order is that of all rows. */
/** Groups of which few are left to sort. */
const FEW_SORTED = `SELECT k, s, d, sum(availqty) AS n, count(supplycost) FROM t GROUP BY k, s, d
  HAVING sum(availqty) > 17000 ORDER BY n DESC, k, s, d`

const SORTS: Readonly<Record<string, string>> = {
  'groups in order': 'SELECT k, count(*) FROM t GROUP BY k ORDER BY k DESC NULLS LAST LIMIT 20000',
  'sorted rows': 'SELECT * FROM t ORDER BY k NULLS FIRST, s DESC, partkey, suppkey OFFSET 150000',
  'sorted texts, of which not all are seen': `SELECT * FROM t ORDER BY s, d DESC, k, partkey, suppkey
    OFFSET 170000`,
  'sorted rows and ties': `SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY s) FROM t)
    ORDER BY d, partkey, suppkey OFFSET 190000`,
  'the first rows of an order': `SELECT * FROM t ORDER BY k DESC NULLS LAST, partkey, suppkey
    OFFSET 30 LIMIT 100`,
  'nulls, which are first of an order': `SELECT * FROM t ORDER BY k NULLS FIRST, s, partkey, suppkey
    LIMIT 13000`,
  'the first of a clustered column': `SELECT * FROM t WHERE k IS NOT NULL
    ORDER BY partkey DESC, d, suppkey LIMIT 5000`,
  'sorted rows of which a filter leaves some': `SELECT * FROM t WHERE k > 5
    ORDER BY availqty DESC, supplycost, partkey, suppkey OFFSET 160000`,
  'few groups of many, which the calling thread merges': FEW_SORTED,
  'some of few groups of many': `${FEW_SORTED} OFFSET 17 LIMIT 300`,
}

describe('two threads share what one, or the calling thread, does alone', () => {
  const engines: Millrace[] = []

  beforeAll(async () => {
    requireBuild()
    const { Millrace } = (await import(
      pathToFileURL(join(DIST, 'index.js')).href
    )) as typeof import('../../../src/index.js')
    for (const threads of [0, 2, 1]) {
      const engine = await Millrace.create({
        threads,
        callingThreadMillis: 0,
        timeZone: 'UTC',
        catalogs: { tpch: { 'connector.name': 'tpch' } },
      })
      engines.push(engine)
      await engine.execute(`CREATE TABLE t AS ${ROWS}`)
    }
  }, 60_000)
  afterAll(() => Promise.all(engines.map((engine) => engine.close())))

  const answer = async (engine: Millrace, sql: string, inOrder: boolean) => {
    const rows = await engine.query(sql, undefined, { rowMode: 'array' }).all()
    const texts = rows.map((row) => (row as unknown as readonly unknown[]).join('|'))
    return inOrder ? texts : texts.sort()
  }

  test.each(Object.entries({ ...QUERIES, ...SORTS }))('%s', async (name, sql) => {
    const [inline, shared, alone] = engines as [Millrace, Millrace, Millrace]
    const inOrder = name in SORTS
    const expected = await answer(inline, sql, inOrder)
    expect(await answer(shared, sql, inOrder)).toEqual(expected)
    expect(await answer(alone, sql, inOrder)).toEqual(expected)
  })

  test('few sorted rows are merged in the calling thread, many are not', async () => {
    const engine = engines[1]!
    const mergers = async (sql: string) => {
      const query = engine.query(sql)
      const rows = await query.all()
      const { stages } = await query.info()
      const drivers = stages.flatMap(({ tasks }) =>
        tasks.flatMap(({ pipelines }) => pipelines.flatMap((pipeline) => pipeline.drivers)),
      )
      const merging = drivers.filter(({ operators }) => operators[0]?.name === 'merge')
      return { rowCount: rows.length, threads: merging.map(({ thread }) => thread) }
    }
    const few = await mergers(FEW_SORTED)
    expect(few.rowCount).toBeGreaterThan(300)
    expect(few.threads).toEqual(['main'])
    const many = await mergers(FEW_SORTED.replace('17000', '14000'))
    expect(many.rowCount).toBeGreaterThan(4096)
    expect(many.threads).toEqual(['worker-1'])
  })

  test('sorted rows that are written', async () => {
    const sql = 'SELECT k, count(*) OVER (ORDER BY k) AS n FROM sorted ORDER BY k'
    const answers = []
    for (const engine of engines) {
      const { updateCount } = await engine.execute(
        'CREATE TABLE sorted AS SELECT * FROM t ORDER BY k',
      )
      expect(updateCount).toBe(200_000)
      answers.push(await answer(engine, sql, true))
      await engine.execute('DROP TABLE sorted')
    }
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
  })

  test('and merge sorted runs together', async () => {
    const query = engines[1]!.query('SELECT * FROM t ORDER BY s, k')
    await query.all()
    const text = JSON.stringify(await query.info())
    expect(text.match(/"merge"/g)).toHaveLength(2)
  })

  test('and take shared rows, hardly more than their groups, from where they lie', async () => {
    const query = engines[1]!.query(SHARED_ROWS)
    await query.all()
    const { stages } = await query.info()
    const drivers = stages.flatMap(({ tasks }) =>
      tasks.flatMap(({ pipelines }) => pipelines.map((pipeline) => pipeline.drivers)),
    )
    const operators = drivers.map(([first]) => first!.operators.map(({ name }) => name))
    expect(operators.filter((names) => names.includes('aggregation'))).toEqual([
      ['collected', 'filterProject', 'aggregation', 'collect'],
      ['collected', 'aggregation', 'collect'],
      ['collected', 'keyShare', 'aggregation', 'nestedLoopJoin'],
    ])
    expect(drivers.at(-1)).toHaveLength(2)
  })

  test('and do so by their keys', async () => {
    const query = engines[1]!.query(QUERIES['spread keys with nulls']!)
    await query.all()
    const text = JSON.stringify(await query.info())
    expect(text).toContain('"keyShare"')
    expect(text).toContain('"worker-1"')
    expect(text).toContain('"worker-2"')
  })
})
