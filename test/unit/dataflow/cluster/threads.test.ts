import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { ROOT, requireBuild } from '../../../support/build.js'
import { startLocalCluster } from '../../../support/local-cluster.js'
import { rowTexts } from '../../../support/row-texts.js'
import { SEED } from '../../../support/seed.js'

/* Nodes whose tasks run in threads: what goes to other tasks is cut there. */

const OPTIONS = { catalogs: { tpch: { 'connector.name': 'tpch' } } }

let single: Engine
let create: typeof Engine.create
let cluster: Awaited<ReturnType<typeof startLocalCluster>>
beforeAll(async () => {
  single = await Engine.create({ threads: 0, ...OPTIONS })
  requireBuild()
  const url = pathToFileURL(join(ROOT, 'build/engine/engine.js')).href
  const built = (await import(url)) as typeof import('../../../../src/engine/engine.js')
  create = (options) => built.Engine.create(options)
  cluster = await startLocalCluster(2, { ...OPTIONS, threads: 2 }, (node) => node, create)
})
afterAll(async () => {
  await single.close()
  await cluster.close()
})

const runOf = (engine: Engine, sql: string) =>
  engine.createRun({
    sql,
    session: {
      ...engine.defaultSession,
      catalog: 'tpch',
      schema: 'sf0.1',
      properties: new Map([['join_distribution_type', 'PARTITIONED']]),
    },
  })

test.each([
  'SELECT partkey, count(*), sum(quantity), min(shipmode) FROM lineitem GROUP BY partkey',
  'SELECT l.linenumber, p.brand, p.size FROM lineitem l JOIN part p ON l.partkey = p.partkey WHERE p.size < 5',
  'SELECT DISTINCT suppkey, shipmode FROM lineitem',
])('%s', async (sql) => {
  const expected = await rowTexts(runOf(single, sql))
  const run = runOf(cluster.coordinator, sql)
  const actual = await rowTexts(run)
  expect(actual.toSorted()).toEqual(expected.toSorted())
  const drivers = driversOf(run).filter(({ operators }) =>
    operators.some(({ name }) => name === 'partitionOutput'),
  )
  const threads = new Set(drivers.map(({ thread }) => thread))
  expect(threads).toContain('worker-1')
  expect(threads).toContain('worker-2')
})

type Run = ReturnType<typeof runOf>

const driversOf = (run: Run) =>
  run
    .execution!.info()
    .stages.flatMap(({ tasks }) => tasks)
    .flatMap(({ pipelines }) => pipelines)
    .flatMap((pipeline) => pipeline.drivers)

/** The threads that have worked on rows of other tasks. */
const receiversOf = (run: Run): ReadonlySet<string> =>
  new Set(
    driversOf(run)
      .filter(({ operators }) => operators.some(({ name }) => name === 'remote'))
      .map(({ thread }) => thread),
  )

const rowsOf = (run: Run, operator: string): number =>
  driversOf(run)
    .flatMap(({ operators }) => operators)
    .filter(({ name }) => name === operator)
    .reduce((sum, { outputRows }) => sum + outputRows, 0)

/** Rows of other tasks are enough for threads. */
const IN_THREADS = [
  'SELECT partkey, suppkey, count(*), sum(quantity), min(shipmode) FROM lineitem WHERE partkey < 5000 GROUP BY partkey, suppkey',
  'SELECT p.brand, count(*), sum(l.linenumber * p.size) FROM lineitem l JOIN part p ON l.partkey = p.partkey WHERE p.size < 25 GROUP BY p.brand',
  'SELECT p.brand, count(*), count(p.name), sum(l.orderkey) FROM lineitem l FULL JOIN part p ON l.partkey = p.partkey AND p.size = l.linenumber GROUP BY p.brand',
  'SELECT count(*), count(DISTINCT partkey), sum(quantity) FROM lineitem',
  'SELECT sum(n * orderkey), sum(q) FROM (SELECT orderkey, row_number() OVER (PARTITION BY partkey ORDER BY orderkey, linenumber) n, sum(quantity) OVER (PARTITION BY partkey) q FROM lineitem)',
  'SELECT count(*), sum(orderkey) FROM orders WHERE custkey IN (SELECT partkey FROM lineitem WHERE quantity < 10)',
]

/** Some of what they read is little, or in order. */
const IN_PART = [
  'SELECT k, count(*) FROM (SELECT partkey k FROM lineitem UNION ALL SELECT custkey FROM orders UNION ALL SELECT partkey FROM partsupp) GROUP BY k',
  'SELECT count(*), sum(k) FROM (SELECT partkey k FROM lineitem GROUP BY partkey EXCEPT SELECT custkey FROM orders)',
  'SELECT k, count(*) FROM (SELECT l.partkey k FROM lineitem l JOIN partsupp s ON l.partkey = s.partkey WHERE l.linenumber = 6 UNION ALL SELECT o.custkey FROM orders o JOIN lineitem l ON l.orderkey = o.orderkey WHERE l.quantity < 3) GROUP BY k',
  'SELECT custkey, count(*) FROM orders WHERE orderkey NOT IN (SELECT orderkey FROM lineitem WHERE quantity < 2) GROUP BY custkey',
  'SELECT l.partkey, sum(quantity * p.size) q FROM lineitem l JOIN part p ON l.partkey = p.partkey GROUP BY l.partkey ORDER BY q DESC, l.partkey LIMIT 30',
]

test.each([...IN_THREADS, ...IN_PART])('of other nodes: %s', async (sql) => {
  const expected = await rowTexts(runOf(single, sql))
  const run = runOf(cluster.coordinator, sql)
  const actual = await rowTexts(run)
  expect(actual.toSorted()).toEqual(expected.toSorted())
  if (!IN_THREADS.includes(sql)) return
  expect([...receiversOf(run)]).toEqual(expect.arrayContaining(['worker-1', 'worker-2']))
})

test('rows are cut for the drivers that share them, so that none looks for its own among all', async () => {
  const run = runOf(cluster.coordinator, IN_THREADS[0]!)
  await rowTexts(run)
  expect(receiversOf(run)).toContain('worker-2')
  expect(
    driversOf(run).flatMap(({ operators }) => operators.map(({ name }) => name)),
  ).not.toContain('keyShare')
  expect(rowsOf(run, 'remote')).toBe(rowsOf(run, 'partitionOutput'))
})

/** Threads of the coordinator, by which rows are cut, and of the nodes that read them. */
test.each([
  { coordinator: 2, nodes: 3, isShared: false },
  { coordinator: 4, nodes: 3, isShared: true },
])('nodes of $nodes threads, where rows are cut for $coordinator', async (threads) => {
  const uneven = await startLocalCluster(2, OPTIONS, undefined, (options) =>
    create({
      ...options,
      threads: options?.isCoordinator === false ? threads.nodes : threads.coordinator,
    }),
  )
  try {
    for (const sql of [IN_THREADS[0]!, IN_THREADS[4]!, IN_PART[0]!]) {
      const expected = await rowTexts(runOf(single, sql))
      const run = runOf(uneven.coordinator, sql)
      const actual = await rowTexts(run)
      expect(actual.toSorted()).toEqual(expected.toSorted())
      // Rows that every driver is given are told of once.
      if (sql === IN_THREADS[0]) {
        expect(rowsOf(run, 'keyShare') === 0).toBe(threads.isShared)
        expect(rowsOf(run, 'remote')).toBe(rowsOf(run, 'partitionOutput'))
        expect([...receiversOf(run)]).toEqual(expect.arrayContaining(['worker-1', 'worker-3']))
      }
    }
  } finally {
    await uneven.close()
  }
}, 60_000)

/** Columns of rows that other tasks send pass through a join, or through a filter that keeps them all. */
const PASSES_ON = [
  'SELECT l.orderkey, l.comment, p.name FROM lineitem l JOIN part p ON l.partkey = p.partkey',
  'SELECT orderkey, shipmode, comment FROM lineitem WHERE partkey IN (SELECT partkey FROM part)',
]

/** Pages have one key each, so that one driver keeps them as they are; or each driver has its rows gathered, but for the dictionary. */
const SHARED = [
  'SELECT orderkey, comment, row_number() OVER (PARTITION BY linenumber / 8) > 0 FROM lineitem WHERE linenumber < 3',
  'SELECT orderkey, shipmode, row_number() OVER (PARTITION BY partkey, suppkey) > 0 FROM lineitem WHERE linenumber < 3',
]

async function expectNoCopies(coordinator: Engine, sql: string): Promise<Run> {
  const expected = await rowTexts(runOf(single, sql))
  const run = runOf(coordinator, sql)
  const actual = await rowTexts(run)
  expect(actual.toSorted()).toEqual(expected.toSorted())
  const handingOn = driversOf(run).filter(
    ({ copiedBytes, operators }) =>
      copiedBytes !== undefined && operators.some(({ name }) => name === 'remote'),
  )
  expect(new Set(handingOn.map(({ thread }) => thread))).toContain('worker-2')
  expect(handingOn.map(({ copiedBytes }) => copiedBytes)).toEqual(handingOn.map(() => 0))
  return run
}

test.each(PASSES_ON)('blocks that pass through are not copied: %s', async (sql) => {
  await expectNoCopies(cluster.coordinator, sql)
})

test('nor are those of rows that every driver is given, for each to keep its own', async () => {
  const uneven = await startLocalCluster(2, OPTIONS, undefined, (options) =>
    create({ ...options, threads: options?.isCoordinator === false ? 3 : 2 }),
  )
  try {
    for (const sql of SHARED) {
      expect(rowsOf(await expectNoCopies(uneven.coordinator, sql), 'keyShare')).toBeGreaterThan(0)
    }
  } finally {
    await uneven.close()
  }
}, 60_000)

test('a met LIMIT ends what is handed on', async () => {
  const sql =
    'SELECT l.orderkey, p.name FROM lineitem l JOIN part p ON l.partkey = p.partkey LIMIT 7'
  expect(await rowTexts(runOf(cluster.coordinator, sql))).toHaveLength(7)
})

test('a producer that fails ends those that are handed its rows', async () => {
  const sql =
    'SELECT partkey, sum(1 / (orderkey - 300000)) FROM lineitem GROUP BY partkey, suppkey, orderkey'
  await expect(rowTexts(runOf(cluster.coordinator, sql))).rejects.toMatchObject({
    code: 'DIVISION_BY_ZERO',
  })
})

/* Random statements over rows that other tasks send: all columns are k (a key that joins), g (few values) and v. */

const TABLES = [
  'SELECT partkey k, linenumber g, orderkey v FROM lineitem WHERE partkey < 6000',
  'SELECT orderkey k, suppkey % 7 g, partkey v FROM lineitem WHERE quantity < 12',
  'SELECT custkey k, shippriority g, orderkey v FROM orders',
  'SELECT partkey k, size g, suppkey v FROM partsupp JOIN part USING (partkey)',
  'SELECT partkey k, size g, partkey v FROM part WHERE size < 40',
]
const { statement } = fc.letrec<{ statement: string; rows: string }>((tie) => {
  const rows = tie('rows')
  const joined = fc
    .tuple(rows, rows, fc.constantFrom('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'))
    .map(
      ([a, b, join]) =>
        `SELECT coalesce(a.k, b.k) k, b.g, a.v FROM (${a}) a ${join} (SELECT k, max(g) g FROM (${b}) GROUP BY k) b ON a.k = b.k`,
    )
  const among = fc
    .tuple(rows, rows, fc.constantFrom('IN', 'NOT IN'))
    .map(([a, b, among]) => `SELECT * FROM (${a}) WHERE v ${among} (SELECT k FROM (${b}))`)
  const grouped = fc
    .tuple(
      rows,
      fc.constantFrom('k, g', 'k', 'v, g'),
      fc.constantFrom('sum(v)', 'count(DISTINCT v)'),
    )
    .map(([a, keys, v]) => {
      const missing = ['k', 'g'].filter((name) => !keys.split(', ').includes(name))
      const k = missing.includes('k') ? 'v k' : 'k'
      const g = missing.includes('g') ? 'min(g) g' : 'g'
      return `SELECT ${k}, ${g}, ${v} v FROM (${a}) GROUP BY ${keys}`
    })
  const united = fc
    .tuple(rows, rows, fc.constantFrom('UNION ALL', 'UNION', 'EXCEPT', 'INTERSECT'))
    .map(([a, b, set]) => `SELECT k, g, v FROM (${a}) ${set} SELECT k, g, v FROM (${b})`)
  const numbered = rows.map(
    (a) =>
      `SELECT k, g, row_number() OVER (PARTITION BY k ORDER BY v, g) v FROM (SELECT DISTINCT k, g, v FROM (${a}))`,
  )
  const top = rows.map((a) => `SELECT * FROM (${a}) ORDER BY v DESC, k, g LIMIT 30000`)
  return {
    rows: fc.oneof(
      { depthSize: 'small', maxDepth: 2 },
      fc.constantFrom(...TABLES),
      joined,
      among,
      grouped,
      united,
      numbered,
      top,
    ),
    statement: fc
      .tuple(fc.oneof(joined, among, grouped, united, numbered), fc.boolean())
      .map(([a, isGrouped]) =>
        isGrouped
          ? `SELECT g, count(*), count(k), sum(k), sum(v) FROM (${a}) GROUP BY g`
          : `SELECT count(*), count(g), sum(k), sum(v), sum(k % 1013 * v) FROM (${a})`,
      ),
  }
})

test('random statements have the answers of one engine', async () => {
  await fc.assert(
    fc.asyncProperty(statement, async (sql) => {
      const expected = await rowTexts(runOf(single, sql))
      const actual = await rowTexts(runOf(cluster.coordinator, sql))
      expect(actual.toSorted()).toEqual(expected.toSorted())
    }),
    { seed: SEED, numRuns: 5 },
  )
}, 60_000)
