import { text } from '../commands/options.mjs'
import { addMeasures, runPart } from '../parts/run-part.mjs'
import { Report } from '../report/report.mjs'

export const summary = 'megabytes of SQL parsed a second, by statements of one and of two megabytes'
export const options = {
  bytes: text('length of a long statement; another is twice as long', '1000000'),
  runs: text('counted runs, after one that warms up', '10'),
}

export async function run(values) {
  const settings = { bytes: Number(values.bytes), runs: Number(values.runs) }
  const report = new Report({ suite: 'parser', title: 'Parsing SQL, in one thread', settings })
  addMeasures(report, await runPart('parser', settings))
  report.finish(values)
  return 0
}
