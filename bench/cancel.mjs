#!/usr/bin/env node
/**
 * Cancels queries at random moments and measures how long it takes until the consumer has its error and memory and files
 * are given back. Then runs many short queries and prints resident memory, which should stay level.
 * `node bench/cancel.mjs [--threads 2] [--cancels 40] [--queries 10000]`
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Millrace } from '../dist/index.js'
import { QUERIES } from './tpch/queries.mjs'

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    cancels: { type: 'string', default: '40' },
    queries: { type: 'string', default: '10000' },
  },
})
const MEGABYTE = 2 ** 20
const spillPath = mkdtempSync(join(tmpdir(), 'millrace-bench-cancel-'))
const engine = await Millrace.create({
  threads: Number(values.threads),
  catalogs: { tpch: { 'connector.name': 'tpch', 'tpch.column-naming': 'STANDARD' } },
  memoryLimitBytes: 64 * MEGABYTE,
  spillPath,
})
const options = { catalog: 'tpch', schema: 'sf1', rowMode: 'array' }
const folders = () => readdirSync(spillPath).flatMap((name) => readdirSync(join(spillPath, name)))
const heavy = [9, 13, 18].map((number) => QUERIES[number - 1])

try {
  const millis = []
  for (let i = 0; i < Number(values.cancels); i++) {
    const query = engine.query(heavy[i % heavy.length], [], options)
    const rows = query.all().catch((error) => error)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 1500))
    const startedAt = performance.now()
    await query.cancel()
    await rows
    millis.push(performance.now() - startedAt)
    if (folders().length > 0) throw new Error(`left on disk: ${folders().join(', ')}`)
  }
  millis.sort((a, b) => a - b)
  const at = (share) => millis[Math.min(millis.length - 1, Math.floor(millis.length * share))]
  console.log(
    `cancelled and freed: median ${at(0.5).toFixed(1)} ms, 95% ${at(0.95).toFixed(1)} ms, ` +
      `longest ${millis.at(-1).toFixed(1)} ms of ${millis.length}`,
  )
  const count = Number(values.queries)
  for (let i = 0; i <= count; i++) {
    const sql = `SELECT n_regionkey, count(*), max(n_name) FROM nation WHERE n_nationkey <> ${i % 25} GROUP BY 1 ORDER BY 1`
    await engine.query(sql, [], options).all()
    if (i % Math.max(1, count / 10) === 0) {
      console.log(`${i} queries: resident ${(process.memoryUsage().rss / MEGABYTE).toFixed(0)} MB`)
    }
  }
} finally {
  await engine.close()
  rmSync(spillPath, { recursive: true, force: true })
}
