import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { THREADS, text } from '../commands/options.mjs'
import { addMeasures, runPart } from '../parts/run-part.mjs'
import { Report } from '../report/report.mjs'
import { median } from '../report/statistics.mjs'
import { parquetTables } from '../tpch/data.mjs'

export const summary =
  'import and create, less bare Node; SELECT 1; point lookup in 6 M rows; size of an installation'
export const options = {
  sf: text('scale factor of lineitem for the lookups', '1'),
  threads: THREADS,
  processes: text('fresh processes of each kind', '20'),
  install: {
    type: 'boolean',
    default: false,
    about: 'install the packed package in an empty folder and weigh it',
  },
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export async function run(values) {
  const threads = Number(values.threads)
  const report = new Report({
    suite: 'start-up',
    title: `Start-up and small statements, lineitem SF${values.sf}, ${threads} threads`,
    settings: { scaleFactor: values.sf, threads, processes: Number(values.processes) },
  })
  report.subject('millrace')
  processes(report, threads, Number(values.processes))
  const settings = { scaleFactor: values.sf, threads, parquet: await parquetTables(values.sf) }
  addMeasures(report, [
    ...(await runPart('point-millrace', settings)),
    ...(await runPart('point-duckdb', settings)),
  ])
  if (values.install) {
    report.add(
      'production install',
      { millrace: [installedBytes() / 1e6] },
      { group: 'size', unit: 'MB' },
    )
  }
  report.finish(values)
  return 0
}

/** Programs run in turn, so that a busy moment meets all of them; bare Node's median is taken off. */
function processes(report, threads, count) {
  const index = pathToFileURL(join(root, 'dist', 'index.js')).href
  const load = `const { Millrace } = await import('${index}')`
  const duckdb = pathToFileURL(join(root, 'bench', 'package.json')).href
  const require = `(await import('node:module')).createRequire('${duckdb}')`
  const programs = {
    bare: '',
    import: load,
    create: `${load}; await Millrace.create({ threads: ${threads} }); process.exit()`,
    first: `${load}; const e = await Millrace.create({ threads: ${threads} }); await e.query('SELECT 1').all(); process.exit()`,
    duckdb: `const { DuckDBInstance } = ${require}('@duckdb/node-api'); await (await DuckDBInstance.create(':memory:')).connect(); process.exit()`,
  }
  const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]))
  for (let i = 0; i < count; i++) {
    for (const [name, code] of Object.entries(programs)) {
      const startedAt = performance.now()
      execFileSync(process.execPath, ['--input-type=module', '-e', code])
      times[name].push(performance.now() - startedAt)
    }
  }
  const bare = median(times.bare)
  const less = (name) => times[name].map((time) => time - bare)
  const options = { group: 'process, less bare Node' }
  report.add('import', { millrace: less('import') }, options)
  report.add('import and create', { millrace: less('create'), duckdb: less('duckdb') }, options)
  report.add('import, create, SELECT 1', { millrace: less('first') }, options)
  report.add('bare Node', { millrace: times.bare }, { group: 'process' })
}

/** What `npm i --omit=dev --omit=optional` of the packed package leaves on disk. */
function installedBytes() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-install-'))
  try {
    const npm = (cwd, ...args) =>
      execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 2] })
    const [{ filename }] = JSON.parse(npm(root, 'pack', '--json', '--pack-destination', folder))
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    npm(
      folder,
      'install',
      '--omit=dev',
      '--omit=optional',
      '--no-audit',
      '--no-fund',
      join(folder, filename),
    )
    return readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
