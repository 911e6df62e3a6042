import { ENGINE_OPTIONS, text } from '../commands/options.mjs'
import { engineNames } from '../engine/engines.mjs'
import { measureQueries } from '../engine/side-by-side.mjs'
import { MICRO_QUERIES, MICRO_TABLES } from '../micro/queries.mjs'
import { Report } from '../report/report.mjs'
import { parquetTables } from '../tpch/data.mjs'

export const summary =
  'one kind of work a query: filters, group-bys, joins, sorts, windows, text, decimals, JSON'
export const options = {
  ...ENGINE_OPTIONS,
  only: text('groups of queries, separated by commas'),
}

export async function run(values, _positionals, engines = engineNames(values.peers)) {
  const { sf } = values
  const threads = Number(values.threads)
  const report = new Report({
    hasSummary: true,
    suite: 'micro',
    title: `Micro benchmarks, memory tables of TPC-H SF${sf}, ${threads} thread${threads === 1 ? '' : 's'}`,
    settings: { scaleFactor: sf, threads, source: 'memory', runs: Number(values.runs) },
  })
  const groups = values.only?.split(',')
  const queries = MICRO_QUERIES.filter(
    ({ group }) => groups === undefined || groups.includes(group),
  )
  if (queries.length === 0) {
    throw new Error(
      `--only: there is ${[...new Set(MICRO_QUERIES.map((q) => q.group))].join(', ')}`,
    )
  }
  const parquet = await parquetTables(sf)
  await measureQueries(
    engines,
    { suite: 'micro', scaleFactor: sf, threads, source: 'memory', parquet, setUp: MICRO_TABLES },
    { queries, values, report },
  )
  report.finish(values)
  return report.failures === 0 ? 0 : 1
}
