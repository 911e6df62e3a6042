import { CHOSEN_QUERIES, ENGINE_OPTIONS, text } from '../commands/options.mjs'
import { engineNames } from '../engine/engines.mjs'
import { measureQueries } from '../engine/side-by-side.mjs'
import { Report } from '../report/report.mjs'
import { geometricMean, median } from '../report/statistics.mjs'
import { parquetTables } from '../tpch/data.mjs'
import { QUERIES } from '../tpch/queries.mjs'
import { chosenQueries } from './tpch.mjs'

export const summary =
  'geometric mean and sum of TPC-H over Parquet files by scale factor and number of threads'
export const options = {
  ...ENGINE_OPTIONS,
  sf: text('scale factors, separated by commas', '0.1,1,10'),
  threads: text('numbers of threads, separated by commas', '1,2'),
  runs: { ...ENGINE_OPTIONS.runs, default: '2' },
  source: text("where the tables are: 'memory' or 'parquet'", 'parquet'),
  queries: CHOSEN_QUERIES,
}

export async function run(values) {
  const names = engineNames(values.peers)
  const report = new Report({
    suite: 'scaling',
    title: `TPC-H by scale factor and threads, ${values.source === 'memory' ? 'memory tables' : 'Parquet files'}`,
    settings: { scaleFactors: values.sf, threads: values.threads, source: values.source },
  })
  for (const scaleFactor of values.sf.split(',')) {
    const parquet = await parquetTables(scaleFactor)
    for (const threads of values.threads.split(',').map(Number)) {
      const part = new Report({ suite: 'tpch', title: '', settings: {} })
      const options = { suite: 'tpch', scaleFactor, threads, source: values.source, parquet }
      await measureQueries(names, options, {
        queries: chosenQueries(QUERIES, values.queries),
        values,
        report: part,
      })
      for (let i = 0; i < part.failures; i++)
        report.fail(`see SF${scaleFactor}, ${threads} threads`)
      addFigures(
        report,
        part.result,
        names,
        `SF${scaleFactor}, ${threads} thread${threads === 1 ? '' : 's'}`,
      )
    }
  }
  report.finish(values)
  return report.failures === 0 ? 0 : 1
}

/** Over the queries that every engine answered. */
function addFigures(report, { measures }, names, name) {
  const common = measures.filter((m) => names.every((n) => m.values[n].samples !== undefined))
  if (common.length === 0) return
  const medians = (of) => common.map((m) => median(m.values[of].samples))
  const figures = {
    'geometric mean': geometricMean,
    sum: (values) => values.reduce((a, b) => a + b, 0),
  }
  for (const [group, figure] of Object.entries(figures)) {
    const values = Object.fromEntries(names.map((n) => [n, [figure(medians(n))]]))
    report.add(name, values, {
      group,
      ...(common.length === measures.length ? {} : { note: `${common.length} queries` }),
    })
  }
}
