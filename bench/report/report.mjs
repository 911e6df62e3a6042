import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plot } from './plot.mjs'
import { geometricMean, median } from './statistics.mjs'
import { measureLine, table } from './table.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * What a suite measured, in the one shape that tables, plots, JSON files and `compare` read:
 *
 *   { suite, title, settings, environment, subjects: [{ name, version?, … }], measures: [measure] }
 *   measure: { name, group, unit, better: 'lower' | 'higher', values: { subject: { samples } | { missing: 'why' } }, note? }
 *
 * A subject is an engine, a revision or a way to do the same; the first is what others are compared with.
 */
export class Report {
  #result
  #isQuiet
  #hasSummary
  #failures = 0

  constructor({ suite, title, settings, isQuiet = false, hasSummary = false }) {
    this.#isQuiet = isQuiet
    this.#hasSummary = hasSummary
    this.#result = {
      suite,
      title,
      settings,
      environment: environment(),
      subjects: [],
      measures: [],
    }
  }

  get result() {
    return this.#result
  }

  /** Wrong answers and failed runs: the command's exit status tells of them. */
  get failures() {
    return this.#failures
  }

  subject(name, facts = {}) {
    const known = this.#result.subjects.find((subject) => subject.name === name)
    if (known === undefined) this.#result.subjects.push({ name, ...facts })
    else Object.assign(known, facts)
  }

  /** @param values samples by subject, or `{ missing }` with the reason */
  add(name, values, { group = '', unit = 'ms', better = 'lower', note } = {}) {
    const byName = Object.entries(values).map(([subject, value]) => [
      subject,
      Array.isArray(value) ? { samples: value } : value,
    ])
    for (const [subject] of byName) this.subject(subject)
    const measure = { name, group, unit, better, values: Object.fromEntries(byName) }
    if (note !== undefined) measure.note = note
    this.#result.measures.push(measure)
    this.log(measureLine(measure, this.#result.subjects))
  }

  fail(text) {
    this.#failures++
    process.stderr.write(`FAILED: ${text}\n`)
  }

  log(text) {
    if (!this.#isQuiet) process.stderr.write(`${text}\n`)
  }

  /** Prints the table and writes what was asked for. */
  finish({ json, plot: svg } = {}) {
    this.#result.environment.loadAverageAfter = loadavg()[0]
    if (this.#hasSummary) this.#result.summary = summary(this.#result)
    process.stdout.write(`${table(this.#result)}\n`)
    if (json !== undefined) write(json, `${JSON.stringify(this.#result, null, 1)}\n`)
    if (svg !== undefined) write(svg, plot(this.#result))
  }
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  process.stderr.write(`written: ${file}\n`)
}

/**
 * Of each subject with a time for a measure that the first has too: geometric means over those and their ratio.
 * @returns by subject: over how many measures, the two means, the ratio (below 1: the first is faster), the worst ratio
 */
export function summary({ subjects, measures }) {
  const first = subjects[0]?.name
  const timed = measures.filter((m) => m.unit === 'ms' && m.values[first]?.samples !== undefined)
  if (timed.length < 2) return []
  return subjects.slice(1).flatMap(({ name }) => {
    const both = timed.filter((m) => m.values[name]?.samples !== undefined)
    if (both.length === 0) return []
    const own = both.map((m) => median(m.values[first].samples))
    const other = both.map((m) => median(m.values[name].samples))
    const ratios = own.map((value, i) => value / other[i])
    const worst = ratios.indexOf(Math.max(...ratios))
    return {
      subject: name,
      count: both.length,
      geometricMeans: [geometricMean(own), geometricMean(other)],
      sums: [own, other].map((values) => values.reduce((a, b) => a + b, 0)),
      ratio: geometricMean(ratios),
      worst: { name: both[worst].name, ratio: ratios[worst] },
      aboveOne: ratios.filter((ratio) => ratio > 1).length,
    }
  })
}

function environment() {
  return {
    startedAt: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    loadAverage: loadavg()[0],
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    commit: revision(),
  }
}

function revision() {
  const git = (...args) =>
    execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    const isDirty = git('status', '--porcelain', '--untracked-files=no', '--', 'src') !== ''
    return `${git('rev-parse', '--short', 'HEAD')}${isDirty ? ' with changes' : ''}`
  } catch {
    // A package without its repository.
    return 'unknown'
  }
}
