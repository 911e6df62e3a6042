import { SCALE_FACTOR, THREADS, text } from '../commands/options.mjs'
import { addMeasures, runPart } from '../parts/run-part.mjs'
import { Report } from '../report/report.mjs'
import { parquetTables } from '../tpch/data.mjs'

export const summary =
  'rows and bytes a second to a consumer by pages, rows, Arrow, HTTP; first row; slow consumer'
export const details =
  "SELECT * of TPC-H's lineitem (16 columns) from a memory table. First row is from query() to the first next(), warm."
export const options = {
  sf: SCALE_FACTOR,
  threads: THREADS,
  runs: text('counted runs of each, after one that warms up', '5'),
  parts: text('millrace and duckdb in the process, http from a server', 'millrace,duckdb,http'),
}

export async function run(values) {
  const { sf } = values
  const threads = Number(values.threads)
  const report = new Report({
    suite: 'streaming',
    title: `Streaming lineitem SF${sf} to a consumer, ${threads} threads`,
    settings: { scaleFactor: sf, threads, runs: Number(values.runs) },
  })
  const parts = values.parts.split(',')
  const settings = { scaleFactor: sf, threads, runs: Number(values.runs) }
  report.subject('millrace')
  const messages = []
  if (parts.includes('millrace')) messages.push(...(await runPart('streaming-millrace', settings)))
  if (parts.includes('duckdb')) {
    const parquet = await parquetTables(sf)
    messages.push(...(await runPart('streaming-duckdb', { ...settings, parquet })))
  }
  if (parts.includes('http')) messages.push(...(await runPart('streaming-http', settings)))
  addMeasures(report, messages)
  report.finish(values)
  return 0
}
