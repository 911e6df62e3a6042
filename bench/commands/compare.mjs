import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Report } from '../report/report.mjs'
import { geometricMean, median, ratioInterval } from '../report/statistics.mjs'
import { text } from './options.mjs'

export const summary =
  'tell a regression from noise: two JSON files, or two git revisions run interleaved'
export const positionals = 'BASE HEAD'
export const details =
  'Of each measure, the interval in which the ratio of medians HEAD / BASE lies with --confidence, by bootstrap. It is a regression\n' +
  'where the whole interval is above 1 by more than --threshold; then the status is 1. Files are two runs, and what the machine did\n' +
  'between them is in the ratio: revisions are built in work trees of their own and take turns, so prefer them.'
export const options = {
  suite: text('for revisions: tpch, tpcds or micro', 'tpch'),
  sf: text('for revisions: scale factor', '1'),
  threads: text('for revisions: threads', '2'),
  runs: text('for revisions: counted runs of each query', '9'),
  queries: text('for revisions: numbers of queries'),
  confidence: text('of each interval', '0.99'),
  threshold: text('what a change is worth telling', '0.03'),
}

const repository = fileURLToPath(new URL('../..', import.meta.url))

export async function run(values, positionals) {
  const [base, head] = positionals
  if (positionals.length !== 2) throw new Error('compare takes two JSON files or two git revisions')
  const areFiles = existsSync(base) && existsSync(head)
  const measures = areFiles ? ofFiles(base, head) : await ofRevisions(base, head, values)
  const names = areFiles ? ['base', 'head'] : [`base ${base}`, `head ${head}`]
  return verdicts(measures, names, values)
}

/** Measures that both files have of their first subject. */
function ofFiles(base, head) {
  const [before, after] = [base, head].map((file) => JSON.parse(readFileSync(file, 'utf8')))
  if (before.suite !== after.suite)
    throw new Error(`${before.suite} and ${after.suite} have nothing in common`)
  const samplesOf = (result, measure) => measure?.values[result.subjects[0].name]?.samples
  return before.measures.flatMap((measure) => {
    const other = after.measures.find((m) => m.name === measure.name && m.group === measure.group)
    const samples = [samplesOf(before, measure), samplesOf(after, other)]
    return samples.includes(undefined) ? [] : [{ ...measure, samples }]
  })
}

async function ofRevisions(base, head, values) {
  if (!['tpch', 'tpcds', 'micro'].includes(values.suite)) {
    throw new Error(`--suite is tpch, tpcds or micro, not ${values.suite}`)
  }
  const folder = mkdtempSync(join(tmpdir(), 'millrace-compare-'))
  const json = join(folder, 'result.json')
  const trees = { base: join(folder, 'base'), head: join(folder, 'head') }
  try {
    buildRevision(base, trees.base)
    buildRevision(head, trees.head)
    const engines = Object.entries(trees).map(([name, root]) => ({
      name,
      program: 'millrace',
      root,
    }))
    const suite = await import(`../suites/${values.suite}.mjs`)
    const defaults = Object.entries(suite.options).map(([name, { default: value }]) => [
      name,
      value,
    ])
    const { sf, threads, runs, queries } = values
    await suite.run(
      { ...Object.fromEntries(defaults), sf, threads, runs, queries, json },
      [],
      engines,
    )
    return JSON.parse(readFileSync(json, 'utf8')).measures.flatMap((measure) => {
      const samples = [measure.values.base?.samples, measure.values.head?.samples]
      return samples.includes(undefined) ? [] : [{ ...measure, samples }]
    })
  } finally {
    for (const tree of Object.values(trees)) {
      if (existsSync(tree)) git('worktree', 'remove', '--force', tree)
    }
    rmSync(folder, { recursive: true, force: true })
  }
}

const git = (...args) =>
  execFileSync('git', args, { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] })

/** A work tree of a revision, built with the dependencies that are installed here. */
function buildRevision(revision, folder) {
  process.stderr.write(`building ${revision}\n`)
  git('worktree', 'add', '--detach', folder, revision)
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'dir')
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: folder, stdio: ['ignore', 2, 2] })
}

function verdicts(measures, [base, head], values) {
  if (measures.length === 0) throw new Error('there is nothing that both measured')
  const confidence = Number(values.confidence)
  const threshold = Number(values.threshold)
  const report = new Report({
    suite: 'compare',
    title: `${head} against ${base}: ratios below 1 are faster, ${confidence * 100}% intervals`,
    settings: { confidence, threshold },
  })
  const ratios = []
  let regressions = 0
  for (const { name, group, unit, better, samples } of measures) {
    const [before, after] = better === 'lower' ? samples : [samples[1], samples[0]]
    const { low, high } = ratioInterval(before, after, confidence)
    ratios.push(median(after) / median(before))
    const isRegression = low > 1 + threshold
    if (isRegression) regressions++
    const isFew = Math.min(before.length, after.length) < 3
    const verdict = isFew
      ? 'too few runs'
      : isRegression
        ? 'REGRESSION'
        : high < 1 - threshold
          ? 'better'
          : 'noise'
    report.add(
      name,
      { [head]: samples[1], [base]: samples[0] },
      { group, unit, better, note: `${low.toFixed(2)} to ${high.toFixed(2)}: ${verdict}` },
    )
  }
  report.finish(values)
  process.stdout.write(
    `geometric mean of ratios ${geometricMean(ratios).toFixed(3)}; ${regressions} of ${measures.length} measures regressed\n`,
  )
  return regressions === 0 ? 0 : 1
}
