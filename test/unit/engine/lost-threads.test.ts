import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'

const folder = mkdtempSync(join(tmpdir(), 'millrace-lost-threads-'))
const spillPath = join(folder, 'spill')
/** The worker thread that sees it first takes it away and dies. */
const order = join(folder, 'die')

const PLUGIN = `
import { existsSync, rmSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
if (!isMainThread) {
  setInterval(() => {
    if (!existsSync(${JSON.stringify(order)})) return
    rmSync(${JSON.stringify(order)})
    process.exit(1)
  }, 2).unref()
}
export default { getConnectorFactories: () => [] }
`

const SPILLING = {
  catalog: 'tpch',
  schema: 'sf0.1',
  rowMode: 'array',
  session: { query_max_memory: '26MB' },
} as const
/** A row of what is divided on disk, and of what is joined. */
const DISTINCT = 'SELECT count(*) FROM (SELECT DISTINCT partkey, suppkey, quantity FROM lineitem)'
const JOINED =
  'SELECT max(l.comment), max(orderstatus) FROM lineitem l JOIN orders USING (orderkey)'

describe('two worker threads', () => {
  let engine: Millrace

  beforeAll(async () => {
    requireBuild()
    const plugin = join(folder, 'plugin.mjs')
    writeFileSync(plugin, PLUGIN)
    const url = pathToFileURL(join(DIST, 'index.js')).href
    const { Millrace } = (await import(url)) as typeof import('../../../src/index.js')
    engine = await Millrace.create({
      threads: 2,
      callingThreadMillis: 0,
      plugins: [pathToFileURL(plugin)],
      catalogs: { tpch: { 'connector.name': 'tpch' }, jmx: { 'connector.name': 'jmx' } },
      spillPath,
    })
  })
  afterAll(async () => {
    await engine?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const spilledQueries = () =>
    readdirSync(spillPath).flatMap((name) => readdirSync(join(spillPath, name)))
  const usedBytes = async () => {
    const sql = `SELECT sum(used) AS used FROM jmx.current.pools WHERE unit = 'bytes'`
    const [row] = await engine.query(sql).all()
    return row!['used']
  }

  test('one that dies ends its query with an error, gives everything back, and is replaced', async () => {
    const expected = await engine.query(DISTINCT, [], SPILLING).all()
    const atRest = await usedBytes()
    for (let round = 0; round < 2; round++) {
      const rows = engine.query(DISTINCT, [], SPILLING).all()
      rows.catch(() => undefined)
      await expect.poll(() => spilledQueries().length, { timeout: 20_000 }).toBe(1)
      writeFileSync(order, '')
      await expect(rows).rejects.toMatchObject({
        code: 'GENERIC_INTERNAL_ERROR',
        message: expect.stringMatching(/^A worker thread died: worker-[12]$/),
      })
      expect(existsSync(order)).toBe(false)
      expect(spilledQueries()).toEqual([])
      expect(await usedBytes()).toEqual(atRest)
    }
    const query = engine.query(DISTINCT, [], SPILLING)
    expect(await query.all()).toEqual(expected)
    const ran = JSON.stringify(await query.info())
    for (const thread of ['worker-1', 'worker-2']) expect(ran).toContain(thread)
  })

  test(`what is cancelled at any moment leaves nothing, seed ${SEED}`, async () => {
    const random = createRandom(SEED)
    // Connectors keep dictionaries of the tables that were read.
    await engine.query(JOINED, [], SPILLING).all()
    const atRest = await usedBytes()
    for (let i = 0; i < 24; i++) {
      const query = engine.query(random.pick([DISTINCT, JOINED]), [], SPILLING)
      const end = query.all().then(
        () => 'FINISHED',
        (error) => error.code,
      )
      await delay(random.below(250))
      await query.cancel()
      expect(['FINISHED', 'USER_CANCELED']).toContain(await end)
      expect(spilledQueries()).toEqual([])
      expect(await usedBytes()).toEqual(atRest)
    }
  })
})
