import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Millrace } from '../../dist/index.js'
import { SCALE_FACTOR, text } from '../commands/options.mjs'
import { Report } from '../report/report.mjs'
import { quantile, seededRandom } from '../report/statistics.mjs'
import { TPCH_CATALOG } from '../tpch/data.mjs'
import { QUERIES } from '../tpch/queries.mjs'

export const summary =
  'time from cancel() until the consumer has its error and memory and files are given back'
export const options = {
  sf: SCALE_FACTOR,
  threads: text('threads', '2'),
  cancels: text('cancelled runs of each query', '40'),
  seed: text('of the random moments', '1'),
}

const HEAVY = [9, 13, 18]
/** Cancels of which none or few fall into a query's run would say nothing. */
const TRIES_PER_CANCEL = 4

export async function run(values) {
  const report = new Report({
    suite: 'cancel',
    title: `Cancelling TPC-H SF${values.sf} in 64 MB, ${values.threads} threads`,
    settings: {
      scaleFactor: values.sf,
      threads: Number(values.threads),
      seed: Number(values.seed),
    },
  })
  const random = seededRandom(Number(values.seed))
  const spillPath = mkdtempSync(join(tmpdir(), 'millrace-bench-cancel-'))
  const engine = await Millrace.create({
    threads: Number(values.threads),
    catalogs: { tpch: TPCH_CATALOG },
    memoryLimitBytes: 64 * 2 ** 20,
    spillPath,
  })
  const files = () => readdirSync(spillPath).flatMap((name) => readdirSync(join(spillPath, name)))
  try {
    const cancels = Number(values.cancels)
    for (const number of HEAVY) {
      const sql = QUERIES[number - 1]
      await wholeRun(engine, values.sf, sql)
      const runMillis = await wholeRun(engine, values.sf, sql)
      const samples = []
      for (let i = 0; i < cancels * TRIES_PER_CANCEL && samples.length < cancels; i++) {
        const sample = await cancelled(engine, values.sf, sql, random() * runMillis)
        if (sample !== undefined) samples.push(sample)
        const left = files()
        if (left.length > 0) report.fail(`left on disk: ${left.join(', ')}`)
      }
      if (samples.length < cancels) report.fail(`Q${number}: ${samples.length} runs were cancelled`)
      const options = { group: 'cancelled and freed' }
      report.add(`Q${number}`, { millrace: samples }, options)
      report.add(`Q${number}, 95th percentile`, { millrace: [quantile(samples, 0.95)] }, options)
      report.add(`Q${number}, longest`, { millrace: [Math.max(...samples)] }, options)
    }
  } finally {
    await engine.close()
    rmSync(spillPath, { recursive: true, force: true })
  }
  report.finish(values)
  return report.failures === 0 ? 0 : 1
}

const start = (engine, scaleFactor, sql) =>
  engine.query(sql, [], { catalog: 'tpch', schema: `sf${scaleFactor}`, rowMode: 'array' })

async function wholeRun(engine, scaleFactor, sql) {
  const startedAt = performance.now()
  await start(engine, scaleFactor, sql).all()
  return performance.now() - startedAt
}

/** @returns milliseconds until all is over; undefined: it was, before the query was cancelled */
async function cancelled(engine, scaleFactor, sql, afterMillis) {
  const query = start(engine, scaleFactor, sql)
  let isOver = false
  const rows = query.all().then(
    () => {
      isOver = true
    },
    // The error is what is asked for.
    (error) => error,
  )
  await delay(afterMillis)
  if (isOver) return undefined
  const startedAt = performance.now()
  await query.cancel()
  await rows
  return performance.now() - startedAt
}
