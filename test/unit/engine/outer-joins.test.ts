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
    create({ threads: 2 }),
    create({ threads: 0 }),
    create({ threads: 2, spillPath: folder }),
  ])
  try {
    for (const sql of QUERIES) {
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
