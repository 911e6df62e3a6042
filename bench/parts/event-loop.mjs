import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { Millrace } from '../../dist/index.js'
import { TPCH_CATALOG } from '../tpch/data.mjs'
import { QUERIES } from '../tpch/queries.mjs'
import { TABLES } from '../tpch/tables.mjs'

const NANOS_PER_MILLI = 1e6

/** The delay of the calling thread's event loop while TPC-H runs, by query, and with nothing to do. */
export async function run({ scaleFactor, threads, queries, runs }, emit) {
  const engine = await Millrace.create({ threads, catalogs: { tpch: TPCH_CATALOG } })
  for (const table of Object.keys(TABLES)) {
    await engine.execute(`CREATE TABLE ${table} AS SELECT * FROM tpch."sf${scaleFactor}".${table}`)
  }
  const subject = threads === 0 ? 'inline' : `${threads} threads`
  const send = (name, delay) => {
    for (const [group, nanos] of Object.entries({
      '99th percentile': delay.percentile(99),
      longest: delay.max,
    })) {
      // Without a sample (a query shorter than the period) it gives no number.
      const millis = delay.count === 0 ? 0 : nanos / NANOS_PER_MILLI
      emit({ group, name, subject, samples: [millis], unit: 'ms' })
    }
  }
  const measured = async (name, run) => {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await run()
    delay.disable()
    send(name, delay)
  }
  const repeated = async (number) => {
    for (let run = 0; run < runs; run++) await engine.query(QUERIES[number - 1]).all()
  }
  for (const number of queries) {
    // The first run compiles.
    await engine.query(QUERIES[number - 1]).all()
    await measured(`Q${number}`, () => repeated(number))
  }
  await measured('all of them', async () => {
    for (const number of queries) await repeated(number)
  })
  await measured('nothing to do', () => wait(1000))
  await engine.close()
}
