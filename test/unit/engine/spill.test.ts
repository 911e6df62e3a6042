import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineOptions, Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'

/** Queries whose operators hold far more than the limit that they get here. */
const QUERIES: Readonly<Record<string, string>> = {
  'distinct rows': 'SELECT DISTINCT partkey, suppkey, quantity FROM lineitem',
  'distinct arguments':
    'SELECT partkey, count(DISTINCT orderkey), sum(DISTINCT quantity) FROM lineitem GROUP BY 1',
  'texts that keys decide until late': `SELECT orderkey, text, count(*) FROM (SELECT orderkey,
    if(linenumber = 7 AND orderkey > 300000, shipinstruct, CAST(orderkey AS varchar)) AS text
    FROM lineitem) GROUP BY 1, 2`,
  'NOT IN': `SELECT orderkey FROM orders WHERE (orderkey, custkey % 2) NOT IN
    (SELECT orderkey, linenumber FROM lineitem)`,
  sorted: 'SELECT orderkey, comment FROM lineitem ORDER BY comment, orderkey, linenumber',
}

/** The same kinds of work with few rows as their answer, in order. */
const COUNTED: Readonly<Record<string, string>> = {
  texts: `SELECT count(*), max(n), max(c) FROM
    (SELECT comment AS c, count(*) AS n FROM lineitem GROUP BY comment)`,
  'join of two large sides': `SELECT count(*), max(a.comment) FROM lineitem a JOIN lineitem b
    ON a.orderkey = b.orderkey AND a.linenumber = b.linenumber`,
  'FULL join': `SELECT count(*), count(l.orderkey), max(l.comment), max(o.comment)
    FROM (SELECT * FROM lineitem WHERE quantity < 30) l
    FULL JOIN (SELECT * FROM orders WHERE custkey % 3 = 0) o ON l.orderkey = o.orderkey`,
  windows: `SELECT sum(r), sum(s) FROM (SELECT
    row_number() OVER (PARTITION BY suppkey ORDER BY extendedprice, orderkey) AS r,
    sum(linenumber) OVER (PARTITION BY partkey ORDER BY orderkey, linenumber) AS s FROM lineitem)`,
  'many rows of an order':
    'SELECT orderkey, comment FROM lineitem ORDER BY comment, orderkey, linenumber OFFSET 590000',
  'first rows': `SELECT count(*), max(comment), min(extendedprice) FROM (SELECT comment, extendedprice
    FROM lineitem ORDER BY extendedprice DESC, orderkey, linenumber LIMIT 100000)`,
  'distinct arguments': `SELECT suppkey % 10, count(DISTINCT comment), count(DISTINCT partkey)
    FROM lineitem GROUP BY 1 ORDER BY 1`,
}

/** What each number of threads has: with threads every driver has pages and a table that grows. */
const LIMITS_MB: Readonly<Record<number, number>> = { 0: 20, 2: 26 }
const folder = mkdtempSync(join(tmpdir(), 'millrace-spill-test-'))
const CATALOGS = { tpch: { 'connector.name': 'tpch' } }
const SCHEMA = { catalog: 'tpch', schema: 'sf0.1', rowMode: 'array' } as const

let create: (options: EngineOptions) => Promise<Millrace>

beforeAll(async () => {
  requireBuild()
  const url = pathToFileURL(join(DIST, 'index.js')).href
  const module = (await import(url)) as typeof import('../../../src/index.js')
  create = (options) => module.Millrace.create({ catalogs: CATALOGS, ...options })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Folders of queries under a spill path. */
const queryFolders = (path: string): readonly string[] =>
  readdirSync(path).flatMap((name) => readdirSync(join(path, name)))

const texts = (rows: readonly unknown[]): readonly string[] =>
  rows.map((row) => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)))

describe.each([0, 2])('spilling with %i threads', (threads) => {
  const path = join(folder, String(threads))
  const limitMb = LIMITS_MB[threads]!
  const limited = { ...SCHEMA, session: { query_max_memory: `${limitMb}MB` } }
  let engine: Millrace
  let spilledBytes = 0

  beforeAll(async () => {
    engine = await create({ threads, callingThreadMillis: 0, spillPath: path })
  })
  afterAll(async () => {
    await engine.close()
    expect(readdirSync(path)).toEqual([])
  })

  for (const [name, sql] of Object.entries(QUERIES)) {
    test(`${name}: the rows of a query without a limit`, async () => {
      const free = texts(await engine.query(sql, [], SCHEMA).all())
      const query = engine.query(sql, [], limited)
      const rows = texts(await query.all())
      const stats = await query.stats()
      spilledBytes += stats.spilledBytes
      expect(stats.peakMemoryBytes).toBeLessThanOrEqual(limitMb * 2 ** 20)
      if (name === 'sorted') expect(rows).toEqual(free)
      else expect([...rows].sort()).toEqual([...free].sort())
      expect(queryFolders(path)).toEqual([])
    })
  }

  test(`any limit above the least gives all rows, seed ${SEED + threads}`, async () => {
    const random = createRandom(SEED + threads)
    for (let round = 0; round < 4; round++) {
      const sql = random.pick(Object.values(COUNTED))
      const memory = `${limitMb + random.below(24)}MB`
      const expected = await engine.query(sql, [], SCHEMA).all()
      const rows = await engine
        .query(sql, [], { ...SCHEMA, session: { query_max_memory: memory } })
        .all()
      expect(rows, `${memory}: ${sql}`).toEqual(expected)
    }
  })

  test('they did spill', () => {
    expect(spilledBytes).toBeGreaterThan(0)
  })

  test('without it, the limit is EXCEEDED_LOCAL_MEMORY_LIMIT', async () => {
    const session = { query_max_memory: '8MB', spill_enabled: 'false' }
    const query = engine.query(QUERIES['sorted']!, [], { ...SCHEMA, session })
    await expect(query.all()).rejects.toMatchObject({ code: 'EXCEEDED_LOCAL_MEMORY_LIMIT' })
  })

  test('a query that is left early, or cancelled, leaves nothing on disk', async () => {
    for await (const _ of engine.query(QUERIES['sorted']!, [], limited)) break
    expect(queryFolders(path)).toEqual([])
    const query = engine.query(QUERIES['sorted']!, [], limited)
    const rows = query.all()
    rows.catch(() => undefined)
    await expect.poll(() => queryFolders(path).length, { timeout: 20_000 }).toBe(1)
    await query.cancel()
    await expect(rows).rejects.toMatchObject({ code: 'USER_CANCELED' })
    await expect.poll(() => queryFolders(path)).toEqual([])
  })

  test('two dozen queries at once', async () => {
    const sql = (n: number) =>
      `SELECT orderkey, count(*), min(comment) FROM lineitem WHERE orderkey % 5 = ${n % 5} GROUP BY 1`
    const expected = await Promise.all(
      [0, 1, 2, 3, 4].map(async (n) => texts(await engine.query(sql(n), [], SCHEMA).all()).length),
    )
    const counts = await Promise.all(
      Array.from({ length: 24 }, async (_, n) => {
        const rows = await engine.query(sql(n), [], limited).all()
        return new Set(texts(rows)).size
      }),
    )
    expect(counts).toEqual(counts.map((_, n) => expected[n % 5]))
  })
})

describe('limits of disk', () => {
  test('a query beyond them is EXCEEDED_SPILL_LIMIT', async () => {
    const path = join(folder, 'limited')
    const engine = await create({ threads: 0, spillPath: path, queryMaxSpillBytes: 1e6 })
    const options = { ...SCHEMA, session: { query_max_memory: '20MB' } }
    const rows = engine.query(QUERIES['sorted']!, [], options).all()
    await expect(rows).rejects.toMatchObject({
      code: 'EXCEEDED_SPILL_LIMIT',
      message: expect.stringContaining('per-query local spill limit'),
    })
    expect(queryFolders(path)).toEqual([])
    await engine.close()
  })

  test('spill_enabled needs a path', async () => {
    const engine = await create({ threads: 0 })
    const query = engine.query('SELECT 1', [], { session: { spill_enabled: 'true' } })
    await expect(query.all()).rejects.toMatchObject({ code: 'INVALID_SESSION_PROPERTY' })
    await engine.close()
  })

  test('a path that is no folder is refused', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    await expect(create({ spillPath: file })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    })
  })

  test('what dead processes left is swept; what living ones and other hosts have stays', async () => {
    const path = join(folder, 'swept')
    const named = (host: string, id: number) => `millrace-spill-${host}-${id}-a`
    // No process has the largest id.
    const dead = named(hostname(), 2 ** 22)
    const kept = [named(hostname(), process.ppid), named('another', 2 ** 22), 'other']
    for (const name of [dead, ...kept]) mkdirSync(join(path, name), { recursive: true })
    const engine = await create({ threads: 0, spillPath: path })
    expect(readdirSync(path).sort()).toEqual([...kept].sort())
    await engine.close()
  })
})
