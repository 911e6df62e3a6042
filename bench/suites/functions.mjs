import { text } from '../commands/options.mjs'
import { addMeasures, runPart } from '../parts/run-part.mjs'
import { Report } from '../report/report.mjs'

export const summary =
  'functions of each family over pages of 8,192 rows, against loops by hand over the same arrays'
export const options = {
  millis: text('milliseconds of each of 7 rounds', '50'),
  only: text('families, separated by commas'),
}

export async function run(values) {
  const report = new Report({
    suite: 'functions',
    title:
      'Functions over a page of 8,192 rows, in one thread, against JavaScript loops over the same arrays',
    settings: { rowCount: 8192, millis: Number(values.millis) },
  })
  report.subject('millrace')
  const settings = { millis: Number(values.millis), only: values.only?.split(',') }
  addMeasures(report, await runPart('functions', settings))
  report.finish(values)
  return 0
}
