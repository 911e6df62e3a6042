import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Millrace } from '../../dist/index.js'
import { CHOSEN_QUERIES, SCALE_FACTOR, text } from '../commands/options.mjs'
import { sameRows } from '../engine/answers.mjs'
import { Report } from '../report/report.mjs'
import { TPCH_CATALOG } from '../tpch/data.mjs'
import { QUERIES } from '../tpch/queries.mjs'
import { chosenQueries } from './tpch.mjs'

export const summary =
  'TPC-H under a memory limit, by spilling, against the same without one: answers, time, memory, disk'
export const options = {
  sf: SCALE_FACTOR,
  limit: text('memory of all queries in MB', '64'),
  threads: text('numbers of threads, separated by commas', '0,2'),
  queries: CHOSEN_QUERIES,
}

const MEGABYTE = 2 ** 20

export async function run(values) {
  const report = new Report({
    suite: 'spill',
    title: `TPC-H SF${values.sf}, generated tables, in ${values.limit} MB`,
    settings: { scaleFactor: values.sf, limitMegabytes: Number(values.limit) },
  })
  for (const name of ['limited', 'free']) report.subject(name)
  const spillPath = mkdtempSync(join(tmpdir(), 'millrace-bench-spill-'))
  try {
    for (const threads of values.threads.split(',').map(Number)) {
      await withThreads(threads, values, spillPath, report)
      const left = readdirSync(spillPath)
      if (left.length > 0) report.fail(`left on disk: ${left.join(', ')}`)
    }
  } finally {
    rmSync(spillPath, { recursive: true, force: true })
  }
  report.finish(values)
  return report.failures === 0 ? 0 : 1
}

async function withThreads(threads, { sf, limit, queries }, spillPath, report) {
  const catalogs = { tpch: TPCH_CATALOG }
  const free = await Millrace.create({ threads, catalogs })
  const memoryLimitBytes = Number(limit) * MEGABYTE
  const limited = await Millrace.create({ threads, catalogs, memoryLimitBytes, spillPath })
  for (const { name, sql } of chosenQueries(QUERIES, queries)) {
    try {
      const expected = await timed(free, sf, sql)
      const actual = await timed(limited, sf, sql)
      if (!sameRows(expected.rows, actual.rows))
        report.fail(`${name}, ${threads} threads: wrong answer`)
      addFigures(report, `${name}, ${threads} threads`, actual, expected)
    } catch (error) {
      report.fail(
        `${name}, ${threads} threads: ${error.code ?? ''} ${error.message} ${error.detail ?? ''}`,
      )
    }
  }
  await free.close()
  await limited.close()
}

async function timed(engine, scaleFactor, sql) {
  const query = engine.query(sql, [], {
    catalog: 'tpch',
    schema: `sf${scaleFactor}`,
    rowMode: 'array',
  })
  const startedAt = performance.now()
  const rows = await query.all()
  return { rows, millis: performance.now() - startedAt, stats: await query.stats() }
}

function addFigures(report, name, limited, free) {
  const both = (figure) => ({ limited: [figure(limited)], free: [figure(free)] })
  report.add(
    name,
    both((f) => f.millis),
    { group: 'time' },
  )
  report.add(
    name,
    both((f) => f.stats.peakMemoryBytes / 1e6),
    { group: 'peak memory', unit: 'MB' },
  )
  report.add(
    name,
    both((f) => f.stats.spilledBytes / 1e6),
    { group: 'written to disk', unit: 'MB' },
  )
}
