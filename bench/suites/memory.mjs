import { ENGINE_OPTIONS, text } from '../commands/options.mjs'
import { engineNames } from '../engine/engines.mjs'
import { Peer } from '../engine/peer-process.mjs'
import { Report } from '../report/report.mjs'
import { parquetTables } from '../tpch/data.mjs'
import { QUERIES } from '../tpch/queries.mjs'
import { chosenQueries } from './tpch.mjs'

export const summary =
  'peak resident memory by query and size of data, sampled every 50 ms from outside'
export const details =
  'Each query runs in a fresh process over Parquet files; then all tables are loaded into memory tables. The whole process counts.'
export const options = {
  sf: text('scale factors, separated by commas', '0.1,1'),
  threads: ENGINE_OPTIONS.threads,
  peers: ENGINE_OPTIONS.peers,
  deadline: ENGINE_OPTIONS.deadline,
  queries: text('numbers of queries', '1,3,6,9,13,18,21'),
}

export async function run(values) {
  const threads = Number(values.threads)
  const names = engineNames(values.peers)
  const report = new Report({
    suite: 'memory',
    title: `Peak resident memory, TPC-H, ${threads} threads`,
    settings: { scaleFactors: values.sf, threads },
  })
  for (const name of names) report.subject(name)
  for (const scaleFactor of values.sf.split(',')) {
    const parquet = await parquetTables(scaleFactor)
    const options = { suite: 'tpch', scaleFactor, threads, parquet }
    for (const query of chosenQueries(QUERIES, values.queries)) {
      const peaks = {}
      for (const name of names) {
        peaks[name] = await peakOf(
          name,
          { ...options, source: 'parquet' },
          query.sql,
          values,
          report,
        )
      }
      report.add(query.name, peaks, { group: `Parquet files, SF${scaleFactor}`, unit: 'MB' })
    }
    const loaded = {}
    for (const name of names) {
      loaded[name] = await peakOf(
        name,
        { ...options, source: 'memory' },
        'SELECT count(*) FROM region',
        values,
        report,
      )
    }
    report.add('all tables loaded', loaded, {
      group: `memory tables, SF${scaleFactor}`,
      unit: 'MB',
    })
  }
  report.finish(values)
  return report.failures === 0 ? 0 : 1
}

async function peakOf(name, options, sql, values, report) {
  const peer = await Peer.start(name, options)
  const stop = peer.sampleResident()
  try {
    await peer.query(sql, { deadlineMillis: Number(values.deadline) * 1000 })
    return [stop() / 1e6]
  } catch (error) {
    stop()
    if (name === 'millrace')
      report.fail(`${options.source} SF${options.scaleFactor}: ${error.message}`)
    return { missing: error.kind ?? 'fails' }
  } finally {
    await peer.close()
  }
}
