import { CHOSEN_QUERIES, SCALE_FACTOR, text } from '../commands/options.mjs'
import { addMeasures, runPart } from '../parts/run-part.mjs'
import { Report } from '../report/report.mjs'
import { QUERIES } from '../tpch/queries.mjs'

export const summary =
  "delay of the host's event loop while TPC-H runs, with worker threads and without"
export const details =
  'By monitorEventLoopDelay({ resolution: 1 }), whose own period of 1 ms is in every figure: compare with "nothing to do".'
export const options = {
  sf: SCALE_FACTOR,
  threads: text('numbers of threads, separated by commas', '2,0'),
  runs: text('runs of each query, after one that warms up', '3'),
  queries: CHOSEN_QUERIES,
}

export async function run(values) {
  const report = new Report({
    suite: 'event-loop',
    title: `Event-loop delay of the host during TPC-H SF${values.sf}, memory tables`,
    settings: { scaleFactor: values.sf, threads: values.threads, runs: Number(values.runs) },
  })
  const queries = values.queries?.split(',').map(Number) ?? QUERIES.map((_, i) => i + 1)
  const messages = []
  for (const threads of values.threads.split(',').map(Number)) {
    const settings = { scaleFactor: values.sf, threads, queries, runs: Number(values.runs) }
    messages.push(...(await runPart('event-loop', settings)))
  }
  addMeasures(report, messages)
  report.finish(values)
  return 0
}
