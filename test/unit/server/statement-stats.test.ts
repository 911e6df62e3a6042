import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../../src/engine/engine.js'
import { type RunningServer, startServer } from '../../../src/server/server.js'

interface Answer {
  readonly nextUri?: string
  readonly data?: readonly unknown[]
  readonly stats: Readonly<Record<string, number>>
}

let engine: Engine
let server: RunningServer

beforeAll(async () => {
  engine = await Engine.create({
    threads: 0,
    catalogs: {
      tpch: { 'connector.name': 'tpch' },
      memory: { 'connector.name': 'memory' },
    },
  })
  server = await startServer(engine, { port: 0 })
})
afterAll(async () => {
  await server.close()
  await engine.close()
})

/** The answers to a statement, until one is enough. */
async function answers(sql: string, isEnough: (answer: Answer) => boolean): Promise<Answer[]> {
  const headers = { 'x-trino-user': 'tester' }
  const posted = await fetch(`${server.url}/v1/statement`, { method: 'POST', headers, body: sql })
  const all = [(await posted.json()) as Answer]
  while (all.at(-1)!.nextUri !== undefined && !isEnough(all.at(-1)!)) {
    all.push((await (await fetch(all.at(-1)!.nextUri!)).json()) as Answer)
  }
  return all
}

test('the statistics of a write tell what was written and how long reading and finishing took', async () => {
  const sql = 'CREATE TABLE memory.default.copied AS SELECT * FROM tpch.tiny.lineitem'
  const { stats } = (await answers(sql, () => false)).at(-1)!
  expect(stats).toMatchObject({ state: 'FINISHED', queuedSplits: 0, runningSplits: 0 })
  expect(stats['completedSplits']).toBe(stats['totalSplits'])
  expect(stats['completedSplits']).toBeGreaterThan(0)
  expect(stats['physicalWrittenBytes']).toBeGreaterThan(60_175 * 8)
  expect(stats['physicalInputTimeMillis']).toBeGreaterThan(0)
  expect(stats['finishingTimeMillis']).toBeLessThanOrEqual(stats['elapsedTimeMillis']!)
  expect(stats['cpuTimeMillis']).toBeLessThanOrEqual(stats['wallTimeMillis']!)
  expect(stats['wallTimeMillis']).toBeGreaterThan(0)
})

test('splits of a statement that is read slowly are queued, running or completed', async () => {
  const sql = 'SELECT * FROM tpch.sf1.lineitem'
  const last = (await answers(sql, ({ data }) => data !== undefined)).at(-1)!
  const { queuedSplits, runningSplits, completedSplits, totalSplits } = last.stats
  expect(runningSplits).toBe(1)
  expect(queuedSplits).toBeGreaterThan(0)
  expect(queuedSplits! + runningSplits! + completedSplits!).toBe(totalSplits)
  expect(last.stats['runningPercentage']).toBeCloseTo(100 / totalSplits!)
  await fetch(last.nextUri!, { method: 'DELETE' })
})
