import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hotFunctions, trimProfile } from '../profile/hot-functions.mjs'
import { QUERIES } from '../tpch/queries.mjs'
import { SCALE_FACTOR, text } from './options.mjs'

export const summary =
  "clinic's flame graph and doctor of a query, and V8's profiles of the main thread and of workers"
export const positionals = 'QUERY'
export const details =
  'QUERY is a number of TPC-H (6 or Q6) or a SQL text over its tables. Clinic sees no worker threads: it gets the query inline\n' +
  '(threads: 0). The .cpuprofile files open in Chromium or VS Code; generated code is in them as millrace-kernel-N.js (JavaScript)\n' +
  'and wasm://wasm/… with names of functions (WebAssembly).'
export const hasReport = false
export const options = {
  sf: SCALE_FACTOR,
  threads: text('threads of the run with worker profiles', '2'),
  seconds: text('how long the query is repeated', '5'),
  out: text('folder for reports and profiles', '.clinic'),
  only: text('which of the three', 'flame,doctor,v8'),
}

const TARGET = fileURLToPath(new URL('../profile/target.mjs', import.meta.url))

export async function run(values, positionals) {
  if (positionals.length !== 1)
    throw new Error('profile takes one query: a number of TPC-H or a SQL text')
  const [query] = positionals
  const number = /^q?(\d+)$/i.exec(query)?.[1]
  const sql = number === undefined ? query : QUERIES[Number(number) - 1]
  if (sql === undefined) throw new Error(`TPC-H has no query ${number}`)
  const out = resolve(values.out)
  mkdirSync(out, { recursive: true })
  const target = (threads) => [
    TARGET,
    JSON.stringify({ sql, scaleFactor: values.sf, threads, seconds: Number(values.seconds) }),
  ]
  const chosen = values.only.split(',')
  for (const tool of ['flame', 'doctor'].filter((name) => chosen.includes(name))) {
    clinic(tool, out, target(0))
  }
  if (chosen.includes('v8')) profileThreads(out, target(Number(values.threads)))
  return 0
}

function clinic(tool, out, target) {
  const require = createRequire(import.meta.url)
  const program = require.resolve('clinic/bin.js')
  execFileSync(
    process.execPath,
    [program, tool, '--open=false', '--dest', out, '--', process.execPath, ...target],
    { stdio: ['ignore', 2, 2], env: { ...process.env, NO_INSIGHT: '1' } },
  )
  const html = readdirSync(out).filter(
    (name) => name.endsWith(`-${tool}.html`) || name.endsWith(`.clinic-${tool}.html`),
  )
  if (html.length === 0) throw new Error(`clinic ${tool} wrote no report into ${out}`)
  for (const name of html) process.stdout.write(`${join(out, name)}\n`)
}

/** `--cpu-prof` profiles workers too: a file a thread, of which the time of the queries is kept. */
function profileThreads(out, target) {
  const folder = join(out, `cpu-${Date.now()}`)
  mkdirSync(folder)
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`]
  const startedAt = execFileSync(process.execPath, [...flags, ...target], {
    stdio: ['ignore', 'pipe', 2],
    encoding: 'utf8',
  })
  if (!existsSync(folder) || readdirSync(folder).length === 0)
    throw new Error('V8 wrote no profile')
  for (const name of readdirSync(folder).sort()) {
    const file = join(folder, name)
    trimProfile(file, Number(startedAt))
    process.stdout.write(`${file}\n${hotFunctions(file, 12)}\n`)
  }
}
