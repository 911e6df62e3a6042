import { CHOSEN_QUERIES, ENGINE_OPTIONS, text } from '../commands/options.mjs'
import { engineNames } from '../engine/engines.mjs'
import { measureQueries } from '../engine/side-by-side.mjs'
import { Report } from '../report/report.mjs'
import { parquetTables } from '../tpch/data.mjs'
import { QUERIES } from '../tpch/queries.mjs'

export const summary = 'the 22 queries of TPC-H, on memory tables or Parquet files'
export const options = {
  ...ENGINE_OPTIONS,
  source: text("where the tables are: 'memory' or 'parquet'", 'memory'),
  parquet: text('folder of the Parquet files, in place of bench/data/tpch-sfN'),
  queries: CHOSEN_QUERIES,
}

/** `Q1` … of some numbers, or of all. */
export function chosenQueries(texts, numbers) {
  const all = texts.map((sql, i) => ({ name: `Q${i + 1}`, sql }))
  if (numbers === undefined) return all
  return numbers.split(',').map((number) => {
    const query = all[Number(number) - 1]
    if (query === undefined) throw new Error(`there is no query ${number}`)
    return query
  })
}

export async function run(values, _positionals, engines = engineNames(values.peers)) {
  if (!['memory', 'parquet'].includes(values.source)) {
    throw new Error(`--source is memory or parquet, not ${values.source}`)
  }
  const { sf, source } = values
  const threads = Number(values.threads)
  const report = new Report({
    hasSummary: true,
    suite: 'tpch',
    title: `TPC-H SF${sf}, ${source === 'memory' ? 'memory tables' : 'Parquet files'}, ${threads} thread${threads === 1 ? '' : 's'}`,
    settings: { scaleFactor: sf, threads, source, runs: Number(values.runs) },
  })
  const parquet = await parquetTables(sf, values.parquet)
  await measureQueries(
    engines,
    { suite: 'tpch', scaleFactor: sf, threads, source, parquet },
    { queries: chosenQueries(QUERIES, values.queries), values, report },
  )
  report.finish(values)
  return report.failures === 0 ? 0 : 1
}
