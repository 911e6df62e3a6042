import { join, resolve } from 'node:path'
import { CHOSEN_QUERIES, ENGINE_OPTIONS, text } from '../commands/options.mjs'
import { engineNames } from '../engine/engines.mjs'
import { measureQueries } from '../engine/side-by-side.mjs'
import { Report } from '../report/report.mjs'
import { tableFiles } from '../tpcds/data.mjs'
import { QUERIES } from '../tpcds/queries.mjs'
import { DATA_FOLDER } from '../tpch/data.mjs'
import { chosenQueries } from './tpch.mjs'

export const summary = 'the 99 queries of TPC-DS, on memory tables'
export const details =
  'The tables come from Parquet files that tpcgen-cli of PyPI writes: it says how where they are missing.'
export const options = {
  ...ENGINE_OPTIONS,
  runs: { ...ENGINE_OPTIONS.runs, default: '3' },
  parquet: text('folder of the Parquet files, in place of bench/data/tpcds-sfN'),
  queries: CHOSEN_QUERIES,
}

export async function run(values, _positionals, engines = engineNames(values.peers)) {
  const { sf } = values
  const threads = Number(values.threads)
  const report = new Report({
    hasSummary: true,
    suite: 'tpcds',
    title: `TPC-DS SF${sf}, memory tables, ${threads} thread${threads === 1 ? '' : 's'}`,
    settings: { scaleFactor: sf, threads, source: 'memory', runs: Number(values.runs) },
  })
  const folder = resolve(values.parquet ?? join(DATA_FOLDER, `tpcds-sf${sf}`))
  const parquet = tableFiles(folder, sf)
  await measureQueries(
    engines,
    { suite: 'tpcds', scaleFactor: sf, threads, source: 'memory', parquet },
    { queries: chosenQueries(QUERIES, values.queries), values, report },
  )
  report.finish(values)
  return report.failures === 0 ? 0 : 1
}
