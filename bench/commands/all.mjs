import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bandwidthTable } from '../report/bandwidth.mjs'
import { fillMarkers } from '../report/markers.mjs'
import { markdownTable } from '../report/table.mjs'
import { text } from './options.mjs'

export const summary =
  'every figure of docs/performance.md: JSON, plots and tables, in under 20 minutes'
export const details =
  'Writes OUT/NAME.json, OUT/NAME.svg and OUT/NAME.md for each run, puts the tables between the markers of docs/performance.md and\n' +
  'the plots into docs/performance. A run that fails is told at the end, with status 1, and the others go on.'
export const hasReport = false
export const options = {
  out: text('folder for JSON, SVG and Markdown', 'bench/results/all'),
  quick: {
    type: 'boolean',
    default: false,
    about: 'small data and few runs, to see that all of it works; no documentation is written',
  },
  only: text('names of runs, separated by commas; see --list'),
  list: { type: 'boolean', default: false, about: 'print the runs and their commands' },
  'docs-only': {
    type: 'boolean',
    default: false,
    about: 'write the documentation anew from the JSON files of OUT',
  },
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const RUN_DEADLINE_MILLIS = 900_000

/** Runs by name: a suite with its arguments, and those of `--quick` after them. */
const RUNS = {
  'tpch-memory-2': 'tpch --threads 2 --runs 5 --peers duckdb,polars',
  'tpch-memory-1': 'tpch --threads 1 --runs 5 --peers duckdb',
  'tpch-parquet-2': 'tpch --source parquet --threads 2 --runs 3 --peers duckdb,polars',
  'tpch-javascript':
    'tpch --sf 0.1 --threads 2 --runs 5 --deadline 5 --queries 1,3,4,6,12,13,14,16 --peers duckdb-wasm,polars,arquero,alasql,squirreling',
  micro: 'micro --runs 5',
  functions: 'functions',
  streaming: 'streaming --runs 2',
  'start-up': 'start-up --install',
  memory: 'memory --sf 0.1,1',
  scaling: 'scaling --sf 0.1,1 --threads 1,2 --runs 2',
  'scaling-10': 'scaling --sf 10 --threads 2 --runs 1 --deadline 60',
  'event-loop': 'event-loop',
  tpcds: 'tpcds --runs 3 --deadline 60',
}
const QUICK = {
  'tpch-memory-2': '--sf 0.01 --runs 2 --deadline 10',
  'tpch-memory-1': '--sf 0.01 --runs 2',
  'tpch-parquet-2': '--sf 0.01 --runs 2',
  'tpch-javascript': '--sf 0.01 --runs 1 --deadline 2 --queries 1,6',
  micro: '--sf 0.01 --runs 1',
  functions: '--millis 5',
  streaming: '--sf 0.01 --runs 1',
  'start-up': '--sf 0.01 --processes 2',
  memory: '--sf 0.01 --queries 6',
  scaling: '--sf 0.01 --runs 1',
  'scaling-10': '--sf 0.01 --runs 1',
  'event-loop': '--sf 0.01 --runs 1',
}

export async function run(values) {
  const out = resolve(values.out)
  const names = values.only?.split(',') ?? Object.keys(RUNS)
  const unknown = names.find((name) => !Object.hasOwn(RUNS, name))
  if (unknown !== undefined) throw new Error(`--only: there is ${Object.keys(RUNS).join(', ')}`)
  const commands = names.map((name) => [name, commandOf(name, values.quick)])
  if (values.list) {
    for (const [name, command] of commands) process.stdout.write(`${name.padEnd(16)} ${command}\n`)
    return 0
  }
  mkdirSync(out, { recursive: true })
  const failed = values['docs-only'] ? [] : runAll(commands, out, values.quick)
  for (const name of names) writeTables(name, out, values.quick)
  for (const text of failed) process.stderr.write(`FAILED: ${text}\n`)
  return failed.length === 0 ? 0 : 1
}

const commandOf = (name, isQuick) =>
  isQuick ? `${RUNS[name]} ${QUICK[name] ?? ''}`.trim() : RUNS[name]

function runAll(commands, out, isQuick) {
  const startedAt = performance.now()
  const failed = []
  for (const [name, command] of commands) {
    if (name === 'tpcds' && (isQuick || !hasTpcds())) {
      process.stderr.write('tpcds: left out, without its Parquet files in bench/data/tpcds-sf1\n')
      continue
    }
    const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1)
    process.stderr.write(`\n== ${name} (at ${minutes} min): npm run bench -- ${command}\n`)
    const args = [join(repository, 'bench', 'run.mjs'), ...command.split(' ')]
    args.push('--json', join(out, `${name}.json`), '--plot', join(out, `${name}.svg`))
    const { status, signal } = spawnSync(process.execPath, args, {
      cwd: repository,
      stdio: 'inherit',
      timeout: RUN_DEADLINE_MILLIS,
      killSignal: 'SIGKILL',
    })
    if (status !== 0)
      failed.push(`${name}: ${signal ?? `status ${status}`}: npm run bench -- ${command}`)
  }
  return failed
}

const hasTpcds = () =>
  existsSync(join(repository, 'bench', 'data', 'tpcds-sf1', 'store_sales.parquet'))

function writeTables(name, out, isQuick) {
  const json = join(out, `${name}.json`)
  if (!existsSync(json)) return
  const result = JSON.parse(readFileSync(json, 'utf8'))
  const command = `\`npm run bench -- ${RUNS[name]}\``
  const markdown = `${markdownTable(result)}\n\n${command}`
  writeFileSync(join(out, `${name}.md`), `${markdown}\n`)
  const tables = { [name]: `![${result.title}](performance/${name}.svg)\n\n${markdown}` }
  if (name === 'tpch-memory-2') tables.bandwidth = bandwidthTable(result)
  if (isQuick) return
  const docs = join(repository, 'docs', 'performance.md')
  for (const [marker, text] of Object.entries(tables)) {
    if (!fillMarkers(docs, marker, text))
      process.stderr.write(`docs/performance.md has no markers for ${marker}\n`)
  }
  mkdirSync(join(repository, 'docs', 'performance'), { recursive: true })
  copyFileSync(join(out, `${name}.svg`), join(repository, 'docs', 'performance', `${name}.svg`))
}
