import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'
import { createRandom } from '../kernel-support/cells.js'

/** Pages of two worker threads, of 100 rows each, through rings to a consumer of changing pace. */
describe('pages from worker threads', () => {
  let engine: Millrace

  beforeAll(async () => {
    requireBuild()
    const url = pathToFileURL(`${DIST}/index.js`).href
    const module = (await import(url)) as typeof import('../../../src/index.js')
    engine = await module.Millrace.create({
      threads: 2,
      callingThreadMillis: 0,
      outputPageRows: 100,
      catalogs: { tpch: { 'connector.name': 'tpch' } },
    })
    await engine.execute('CREATE TABLE orders AS SELECT * FROM tpch."sf0.1".orders')
    // Of fewer rows the calling thread makes the pages itself.
    await engine.execute('CREATE TABLE lineitem AS SELECT * FROM tpch."sf0.1".lineitem')
  })
  afterAll(() => engine?.close())

  const SQL = `SELECT o.orderkey, o.comment, o.totalprice, n
    FROM orders o CROSS JOIN UNNEST(ARRAY[0, 1]) u(n)`

  test('all rows arrive once, at any pace', async () => {
    const random = createRandom(5)
    const seen = new Map<bigint, number>()
    for await (const row of engine.query(SQL)) {
      const { orderkey, n } = row as { orderkey: bigint; n: number }
      seen.set(orderkey, (seen.get(orderkey) ?? 0) | (1 << n))
      if (random.chance(0.0005)) await delay(random.below(4))
    }
    expect(seen.size).toBe(150_000)
    expect([...seen.values()].every((both) => both === 3)).toBe(true)
  })

  test('timers of the host fire while pages are there whenever one is asked for', async () => {
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
    }, 1)
    let pageCount = 0
    for await (const _ of engine.query(SQL).pages()) pageCount += 1
    clearInterval(timer)
    expect(pageCount).toBeGreaterThan(1000)
    expect(turns).toBeGreaterThan(0)
  })

  /** More than one driver's work, whatever it is that is made of each row. */
  const ROWS = 'lineitem CROSS JOIN UNNEST(ARRAY[0]) u(n)'

  test.each([
    'SELECT * FROM lineitem',
    "SELECT orderkey + 1, upper(comment), shipmode FROM lineitem WHERE shipmode < 'M'",
    'SELECT a.orderkey, b.comment FROM orders a JOIN orders b ON a.orderkey = b.orderkey',
    'SELECT partkey, count(*), max(comment), avg(extendedprice) FROM lineitem GROUP BY partkey',
    'SELECT orderkey, comment FROM tpch."sf0.1".orders',
    `SELECT ARRAY[orderkey, partkey], ROW(comment, quantity), MAP(ARRAY['a'], ARRAY[comment]), 'a', ARRAY[1] FROM ${ROWS}`,
    `SELECT CAST(ROW(orderkey, comment) AS JSON), split(comment, ' '), transform(split(shipmode, 'A'), x -> lower(x)) FROM ${ROWS} WHERE orderkey < 100000`,
    `SELECT replace(comment, 'a', 'b'), reverse(comment), regexp_replace(shipmode, '(A)', x -> lower(x[1])), concat_ws('-', shipmode, returnflag) FROM ${ROWS}`,
    `SELECT CASE WHEN quantity < 10 THEN ROW('few', 1) ELSE ROW('many', 2) END, CASE WHEN quantity < 3 THEN 'few' ELSE 'many' END, TRY(1 / (linenumber - 3)), NULL FROM ${ROWS}`,
    'SELECT lag(comment) OVER w, array_agg(partkey) OVER w, sum(quantity) OVER w, rank() OVER w FROM lineitem WINDOW w AS (PARTITION BY orderkey ORDER BY quantity)',
    'SELECT partkey, array_agg(comment), map_agg(orderkey, linenumber), histogram(shipmode), max_by(comment, quantity), array_agg(ROW(orderkey, comment)) FROM lineitem GROUP BY partkey',
    'SELECT orderkey, comment, ARRAY[partkey] FROM lineitem ORDER BY comment',
    'SELECT l.orderkey, o.comment FROM lineitem l LEFT JOIN orders o ON l.orderkey = o.orderkey AND o.custkey < 1000',
    "SELECT orderkey, w, i FROM lineitem CROSS JOIN UNNEST(split(comment, ' ')) WITH ORDINALITY t(w, i) WHERE orderkey < 100000",
    `SELECT l.comment, x FROM lineitem l CROSS JOIN (VALUES 'a', 'bb') t(x) WHERE length(l.comment) > 10`,
  ])('are read where operators have put them: %s', async (sql) => {
    const query = engine.query(sql)
    for await (const _ of query.pages());
    const { stages } = await query.info()
    const drivers = stages
      .flatMap((stage) => stage.tasks)
      .flatMap((task) => task.pipelines)
      .flatMap((pipeline) => pipeline.drivers)
    const copied = drivers.flatMap(({ copiedBytes }) => copiedBytes ?? [])
    expect(copied.length).toBeGreaterThan(0)
    expect(Math.max(...copied)).toBe(0)
  })

  test('a consumer that leaves stops the drivers, and what they held is free', async () => {
    for (let round = 0; round < 20; round++) {
      let left = round
      for await (const _ of engine.query(SQL).pages()) if (left-- === 0) break
    }
    const query = engine.query('SELECT count(*) AS n FROM orders')
    expect(await query.all()).toEqual([{ n: 150_000n }])
  })
})
