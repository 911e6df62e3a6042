import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EngineOptions, Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'

/** Large enough for threads: rows without a match are told by marks that all of them set. */
const QUERIES: readonly string[] = [
  `SELECT count(*), count(o.orderkey), count(DISTINCT c.custkey), sum(c.custkey), max(o.comment)
   FROM orders o RIGHT JOIN customer c ON o.custkey = c.custkey`,
  `SELECT count(*), count(o.orderkey), count(DISTINCT c.custkey), sum(o.orderkey), sum(c.custkey)
   FROM orders o RIGHT JOIN customer c ON o.custkey = c.custkey AND o.totalprice > c.acctbal * 40`,
  `SELECT count(*), count(o.orderkey), count(c.custkey), sum(o.orderkey), sum(c.custkey)
   FROM (SELECT * FROM orders WHERE custkey % 4 <> 1) o
   FULL JOIN (SELECT * FROM customer WHERE custkey % 5 <> 2) c
   ON o.custkey = c.custkey AND o.totalprice > c.acctbal * 30`,
  `SELECT count(*), count(l.orderkey), count(c.custkey), sum(l.partkey) FROM lineitem l
   RIGHT JOIN (SELECT custkey, custkey % 1000 AS k FROM customer) c
   ON l.suppkey = c.k + 500 AND l.quantity > 49`,
  `SELECT count(*) FROM (SELECT * FROM orders WHERE orderkey < 0) o
   RIGHT JOIN customer c ON o.custkey = c.custkey`,
  `SELECT count(*), count(k) FROM (SELECT o.custkey AS k FROM orders o
   RIGHT JOIN customer c ON o.custkey = c.custkey AND o.orderkey < 100 LIMIT 14000)`,
]
/** Build sides that all threads index together: of dense, sparse, repeated, composite, hashed keys and texts. */
const LARGE_BUILDS: readonly string[] = [
  `SELECT count(*), count(l.orderkey), sum(o.custkey), max(o.comment), min(o.orderkey)
   FROM (SELECT * FROM lineitem WHERE orderkey % 3 = 0) l
   RIGHT JOIN orders o ON l.orderkey = o.orderkey`,
  `SELECT count(*), sum(o.totalprice), sum(c.acctbal), max(o.clerk)
   FROM customer c JOIN orders o ON c.custkey = o.custkey AND o.totalprice > c.acctbal`,
  `SELECT count(*), sum(a.shippriority), sum(b.k), max(b.clerk)
   FROM orders a JOIN (SELECT nullif(orderkey, 7) * 1000003 AS k, clerk FROM orders) b
   ON a.orderkey * 1000003 = b.k`,
  `SELECT count(*), count(DISTINCT a.orderkey), sum(b.custkey)
   FROM orders a JOIN orders b ON a.custkey = b.custkey AND a.orderdate = b.orderdate`,
  `SELECT count(*), sum(b.orderkey) FROM orders a JOIN orders b ON a.comment = b.comment`,
]
const SCHEMA = { catalog: 'tpch', schema: 'sf0.1', rowMode: 'array' } as const
const folder = mkdtempSync(join(tmpdir(), 'millrace-outer-joins-'))
let create: (options: EngineOptions) => Promise<Millrace>

beforeAll(async () => {
  requireBuild()
  const url = pathToFileURL(join(DIST, 'index.js')).href
  const module = (await import(url)) as typeof import('../../../src/index.js')
  create = (options) =>
    module.Millrace.create({ catalogs: { tpch: { 'connector.name': 'tpch' } }, ...options })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('RIGHT and FULL joins in threads that share marks answer as those of one driver, and of files', async () => {
  const engines = await Promise.all([
    create({ threads: 2, callingThreadMillis: 0 }),
    create({ threads: 0 }),
    create({ threads: 2, callingThreadMillis: 0, spillPath: folder }),
  ])
  try {
    for (const sql of [...QUERIES, ...LARGE_BUILDS]) {
      const [shared, ...others] = await Promise.all(
        engines.map((engine) => engine.query(sql, [], SCHEMA).all()),
      )
      for (const other of others) expect(other, sql).toEqual(shared)
    }
    const [count] = await engines[0]!.query(QUERIES[0]!, [], SCHEMA).all()
    expect((count as bigint[]).slice(0, 3)).toEqual([155_000n, 150_000n, 15_000n])
  } finally {
    await Promise.all(engines.map((engine) => engine.close()))
  }
}, 120_000)

test('a query that is cancelled while threads build together leaves nothing behind', async () => {
  const engine = await create({ threads: 2, callingThreadMillis: 0 })
  const [sql] = LARGE_BUILDS
  try {
    const expected = await engine.query(sql!, [], SCHEMA).all()
    for (let i = 0; i < 12; i++) {
      const query = engine.query(sql!, [], SCHEMA)
      const end = query.all().then(
        () => 'ended',
        (error: { readonly code: string }) => error.code,
      )
      await new Promise((resolve) => setTimeout(resolve, 8 * i))
      await query.cancel()
      expect(['ended', 'USER_CANCELED']).toContain(await end)
    }
    expect(await engine.query(sql!, [], SCHEMA).all()).toEqual(expected)
  } finally {
    await engine.close()
  }
}, 60_000)
