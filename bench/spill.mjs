#!/usr/bin/env node
/**
 * The 22 queries of TPC-H under a small memory limit, against the same queries without one: answers, time, peak memory and
 * bytes on disk. `node bench/spill.mjs [--sf 1] [--limit 64] [--threads 0,2] [--queries 1,9,18]`
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Millrace } from '../dist/index.js'
import { sameRows } from './answers.mjs'
import { QUERIES } from './tpch/queries.mjs'

const { values } = parseArgs({
  options: {
    sf: { type: 'string', default: '1' },
    limit: { type: 'string', default: '64' },
    threads: { type: 'string', default: '0,2' },
    queries: { type: 'string' },
  },
})
const MEGABYTE = 2 ** 20
const numbers = (text) => text.split(',').map(Number)
const selected = values.queries === undefined ? undefined : new Set(numbers(values.queries))
const limitBytes = Number(values.limit) * MEGABYTE
const schema = `sf${values.sf}`
const spillPath = mkdtempSync(join(tmpdir(), 'millrace-bench-spill-'))
let failures = 0

async function timed(engine, sql) {
  const query = engine.query(sql, [], { catalog: 'tpch', schema, rowMode: 'array' })
  const startedAt = performance.now()
  const rows = await query.all()
  return { rows, millis: performance.now() - startedAt, stats: await query.stats() }
}

const catalogs = { tpch: { 'connector.name': 'tpch', 'tpch.column-naming': 'STANDARD' } }
try {
  for (const threads of numbers(values.threads)) {
    const free = await Millrace.create({ threads, catalogs })
    const limited = await Millrace.create({
      threads,
      catalogs,
      memoryLimitBytes: limitBytes,
      spillPath,
    })
    console.log(`threads ${threads}, limit ${values.limit} MB, ${schema}`)
    console.log('query  free ms  limited ms  peak MB free/limited  spilled MB')
    for (const [i, sql] of QUERIES.entries()) {
      if (selected !== undefined && !selected.has(i + 1)) continue
      const name = `Q${i + 1}`.padEnd(5)
      try {
        const expected = await timed(free, sql)
        const actual = await timed(limited, sql)
        const isSame = sameRows(expected.rows, actual.rows)
        if (!isSame) failures += 1
        const mb = (bytes) => (bytes / MEGABYTE).toFixed(0)
        console.log(
          `${name} ${expected.millis.toFixed(0).padStart(8)} ${actual.millis.toFixed(0).padStart(11)} ` +
            `${mb(expected.stats.peakMemoryBytes).padStart(12)}/${mb(actual.stats.peakMemoryBytes).padEnd(7)} ` +
            `${mb(actual.stats.spilledBytes).padStart(11)}${isSame ? '' : '  WRONG ANSWER'}`,
        )
      } catch (error) {
        failures += 1
        console.log(`${name} ${error.code ?? ''} ${error.message} ${error.detail ?? ''}`)
      }
    }
    await free.close()
    await limited.close()
    const left = readdirSync(spillPath)
    if (left.length > 0) throw new Error(`left on disk: ${left.join(', ')}`)
  }
} finally {
  rmSync(spillPath, { recursive: true, force: true })
}
console.log(failures === 0 ? 'all answers agree' : `${failures} failures`)
process.exitCode = failures === 0 ? 0 : 1
