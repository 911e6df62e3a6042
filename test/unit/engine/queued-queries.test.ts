import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { QUERIES } from '../../../bench/tpch/queries.mjs'
import type { EngineOptions, Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'

const OPTIONS = { catalog: 'tpch', schema: 'sf0.1', rowMode: 'array' } as const
const LARGE = 'SELECT l_orderkey, l_comment FROM lineitem'
const folder = mkdtempSync(join(tmpdir(), 'millrace-queued-test-'))

let create: (options: EngineOptions) => Promise<Millrace>

beforeAll(async () => {
  requireBuild()
  const url = pathToFileURL(join(DIST, 'index.js')).href
  const module = (await import(url)) as typeof import('../../../src/index.js')
  const catalogs = { tpch: { 'connector.name': 'tpch', 'tpch.column-naming': 'standard' } }
  create = (options) => module.Millrace.create({ catalogs, ...options })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Rows without their order, which ties and threads decide; doubles to ten digits, whose last ones the order of adding decides. */
const texts = (rows: readonly unknown[]): readonly string[] =>
  rows
    .map((row) =>
      JSON.stringify(row, (_, v) =>
        typeof v === 'bigint' ? `${v}n` : typeof v === 'number' ? v.toPrecision(10) : v,
      ),
    )
    .sort()

/** Twenty-four TPC-H queries, all at once. @returns how many had to wait, seen once all have begun */
async function twoDozen(engine: Millrace, seed: number, expected: readonly (readonly string[])[]) {
  const random = createRandom(seed)
  const numbers = Array.from({ length: 24 }, () => random.below(QUERIES.length))
  const queries = numbers.map((number) => engine.query(QUERIES[number]!, [], OPTIONS))
  let queued = 0
  await Promise.all(
    queries.map(async (query, i) => {
      const rows = query.all()
      const states = async () => Promise.all(queries.map(async (q) => (await q.stats()).state))
      rows.then(
        async () => {
          queued = Math.max(queued, (await states()).filter((state) => state === 'QUEUED').length)
        },
        () => undefined,
      )
      expect(texts(await rows), `seed ${seed}, query ${numbers[i]! + 1}`).toEqual(
        expected[numbers[i]!],
      )
    }),
  )
  return queued
}

describe.each([
  [32, 0],
  [32, 2],
  [64, 2],
])('two dozen queries of TPC-H at once in %i MB, %i threads', (megabytes, threads) => {
  test(`all are right, seeds ${SEED} to ${SEED + 2}`, async () => {
    const free = await create({ threads, callingThreadMillis: 0 })
    const expected: (readonly string[])[] = []
    for (const sql of QUERIES) expected.push(texts(await free.query(sql, [], OPTIONS).all()))
    await free.close()
    const spillPath = join(folder, `dozens-${megabytes}-${threads}`)
    const engine = await create({
      threads,
      callingThreadMillis: 0,
      memoryLimitBytes: megabytes * 2 ** 20,
      spillPath,
    })
    for (let seed = SEED; seed < SEED + 3; seed++) {
      expect(await twoDozen(engine, seed, expected)).toBeGreaterThan(0)
    }
    await engine.close()
  }, 120_000)
})

describe('a queue of queries', () => {
  test('one that waits can be cancelled, and small ones pass it', async () => {
    const engine = await create({
      threads: 0,
      memoryLimitBytes: 16 * 2 ** 20,
      spillPath: join(folder, 'cancelled'),
    })
    const first = engine.query(LARGE, [], OPTIONS)
    const rows = first[Symbol.asyncIterator]()
    await rows.next()
    const second = engine.query(LARGE, [], OPTIONS)
    const waiting = second.all()
    waiting.catch(() => undefined)
    await expect.poll(async () => (await second.stats()).state).toBe('QUEUED')
    expect(await engine.query('SELECT 1 AS x').all()).toEqual([{ x: 1 }])
    await second.cancel()
    await expect(waiting).rejects.toMatchObject({ code: 'USER_CANCELED' })
    await rows.return?.()
    await engine.close()
  })

  test('queries that are read inside of each other come to their end', async () => {
    const engine = await create({
      threads: 0,
      memoryLimitBytes: 16 * 2 ** 20,
      spillPath: join(folder, 'nested'),
    })
    let depth = 0
    const nested = async (): Promise<void> => {
      for await (const _ of engine.query(LARGE, [], OPTIONS)) {
        depth += 1
        if (depth < 4) await nested()
        return
      }
    }
    await nested()
    expect(depth).toBe(4)
    await engine.close()
  })

  test('a full queue is QUERY_QUEUE_FULL', async () => {
    const engine = await create({ threads: 0, maxConcurrentQueries: 1, maxQueuedQueries: 0 })
    const rows = engine.query(LARGE, [], OPTIONS)[Symbol.asyncIterator]()
    await rows.next()
    await expect(engine.query('SELECT 1').all()).rejects.toMatchObject({ code: 'QUERY_QUEUE_FULL' })
    await rows.return?.()
    expect(await engine.query('SELECT 1 AS x').all()).toEqual([{ x: 1 }])
    await engine.close()
  })

  test('EXPLAIN ANALYZE waits as the query does that it runs', async () => {
    const engine = await create({ threads: 0, maxConcurrentQueries: 1 })
    const rows = engine.query(LARGE, [], OPTIONS)[Symbol.asyncIterator]()
    await rows.next()
    const explain = engine.query(`EXPLAIN ANALYZE ${LARGE}`, [], OPTIONS)
    const text = explain.all()
    await expect.poll(async () => (await explain.stats()).state).toBe('QUEUED')
    await rows.return?.()
    expect(String((await text)[0])).toContain('600572 rows')
    await engine.close()
  })

  test.each([
    { maxConcurrentQueries: 0 },
    { maxQueuedQueries: -1 },
  ])('%o is refused', async (options) => {
    await expect(create(options)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
  })
})
