import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Millrace } from '../../../src/index.js'
import { DIST, requireBuild } from '../../support/build.js'

let engine: Millrace

beforeAll(async () => {
  requireBuild()
  const url = pathToFileURL(`${DIST}/index.js`).href
  const module = (await import(url)) as typeof import('../../../src/index.js')
  engine = await module.Millrace.create({
    threads: 3,
    callingThreadMillis: 0,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
})
afterAll(() => engine?.close())

const STATEMENTS = [
  'SELECT partkey, count(*), sum(linenumber) FROM lineitem GROUP BY partkey',
  'SELECT l.orderkey, p.name FROM lineitem l JOIN part p ON l.partkey = p.partkey WHERE p.size < 9',
  'SELECT orderkey, linenumber FROM lineitem WHERE quantity < 9 ORDER BY partkey, orderkey, linenumber',
]

const RUNS_MAX = 20

/** The rows, and how many drivers the pipelines of the statement had. */
async function run(sql: string, concurrency: string | undefined) {
  const query = engine.query(sql, undefined, {
    catalog: 'tpch',
    schema: 'sf0.1',
    session: concurrency === undefined ? {} : { task_concurrency: concurrency },
    rowMode: 'array',
  })
  const rows = await query.all()
  const { stages } = await query.info()
  const pipelines = stages.flatMap(({ tasks }) => tasks).flatMap((task) => task.pipelines)
  const text = (row: unknown) => (row as unknown[]).join(' | ')
  return { rows: rows.map(text), drivers: pipelines.map(({ drivers }) => drivers.length) }
}

test.each(STATEMENTS)('task_concurrency is the most drivers of a pipeline: %s', async (sql) => {
  const ordered = (rows: readonly string[]) => (sql.includes('ORDER BY') ? rows : rows.toSorted())
  const all = await run(sql, undefined)
  // On a busy machine others may have done all work before a driver begins, which then is none.
  let most = Math.max(...all.drivers)
  for (let i = 0; i < RUNS_MAX && most < 3; i++) {
    most = Math.max(...(await run(sql, undefined)).drivers)
  }
  expect(most).toBe(3)
  for (const [concurrency, driversMax] of [
    ['1', 1],
    ['2', 2],
    ['8', 3],
  ] as const) {
    const { rows, drivers } = await run(sql, concurrency)
    expect(Math.max(...drivers)).toBeLessThanOrEqual(driversMax)
    expect(ordered(rows)).toEqual(ordered(all.rows))
  }
})
