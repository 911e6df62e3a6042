// Measures engines side by side: each in a process of its own, their runs of one query interleaved, their answers compared.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { sameRows } from './answers.mjs'
import { startPeer } from './peer-process.mjs'
import { geometricMean, median, spread } from './statistics.mjs'
import { SUITES } from './suites.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const HELP = `usage: npm run bench -- [tpch | tpcds] [--sf N] [--threads N] [--peers duckdb] [--runs N] [--queries 1,6] [--parquet DIR]
The suite tpch runs the 22 queries of TPC-H on memory tables (DECIMAL, standard names) of every engine.
With --parquet they read the files DIR/lineitem.parquet and so on instead, which any engine may have written.
The suite tpcds runs the 99 queries of TPC-DS on memory tables filled from the Parquet files of --parquet, or of
bench/data/tpcds-sfN; tpcgen-cli of PyPI writes them.
The engines get the same rows; their answers are compared; a ratio below 1 means that Millrace is faster.
`
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sf: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    peers: { type: 'string', default: 'duckdb' },
    runs: { type: 'string', default: '7' },
    queries: { type: 'string' },
    parquet: { type: 'string' },
    help: { type: 'boolean' },
  },
})
const suite = positionals[0] ?? 'tpch'
if (values.help || !Object.hasOwn(SUITES, suite)) {
  process.stdout.write(HELP)
  process.exit(values.help ? 0 : 2)
}
const scaleFactor = values.sf
const threads = Number(values.threads)
const runs = Number(values.runs)
const names = ['millrace', ...values.peers.split(',').filter(Boolean)]
const { queries, source } = await SUITES[suite]({ scaleFactor, parquet: values.parquet })
const chosen = values.queries?.split(',').map(Number) ?? queries.map((_, i) => i + 1)

const peers = []
for (const name of names) {
  const peer = await startPeer(name, { suite, scaleFactor, threads, ...source })
  process.stderr.write(
    `${name} ${peer.version}: loaded in ${(peer.loadMillis / 1000).toFixed(1)} s, ` +
      `${Math.round(peer.residentBytes / 1e6)} MB resident\n`,
  )
  peers.push(peer)
}

const results = []
let wrong = 0
for (const number of chosen) {
  const sql = queries[number - 1]
  const millis = peers.map(() => [])
  const answers = []
  for (let run = 0; run <= runs; run++) {
    for (const [i, peer] of peers.entries()) {
      const { rows, elapsedMillis } = await peer.query(sql)
      // The first run warms the engine up.
      if (run === 0) answers[i] = rows
      else millis[i].push(elapsedMillis)
    }
  }
  const differs = answers.findIndex((rows) => !sameRows(rows, answers[0]))
  if (differs > 0) wrong += 1
  const medians = millis.map(median)
  const ratios = medians.map((m) => medians[0] / m)
  results.push({ query: number, millis, medians, ratios, agrees: differs < 0 })
  process.stdout.write(
    `Q${String(number).padEnd(3)}${peers
      .map((p, i) => `${p.name} ${medians[i].toFixed(1).padStart(8)} ms ±${spread(millis[i])}%`)
      .join('   ')}   ratio ${ratios
      .slice(1)
      .map((r) => r.toFixed(2))
      .join(' ')}${differs < 0 ? '' : '   ANSWERS DIFFER'}\n`,
  )
}
const totals = peers.map((_, i) => results.reduce((sum, r) => sum + r.medians[i], 0))
process.stdout.write(
  `sum of medians: ${peers.map((p, i) => `${p.name} ${totals[i].toFixed(0)} ms`).join('   ')}   ratio ${totals
    .slice(1)
    .map((t) => (totals[0] / t).toFixed(3))
    .join(' ')}\n`,
)
const means = peers.map((_, i) => geometricMean(results.map((r) => r.medians[i])))
process.stdout.write(
  `geometric mean: ${peers
    .map((p, i) => `${p.name} ${means[i].toFixed(1)} ms`)
    .join('   ')}   ratio ${means
    .slice(1)
    .map((m) => (means[0] / m).toFixed(3))
    .join(' ')}\n`,
)
mkdirSync(join(here, 'results'), { recursive: true })
const file = join(here, 'results', `${suite}-sf${scaleFactor}-${threads}-threads.json`)
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem() }
writeFileSync(
  file,
  JSON.stringify(
    {
      suite,
      scaleFactor,
      threads,
      runs,
      machine,
      node: process.version,
      engines: peers.map((p) => ({ name: p.name, version: p.version, loadMillis: p.loadMillis })),
      results,
      totals,
      geometricMeans: means,
    },
    null,
    1,
  ),
)
process.stderr.write(`written: ${file}\n`)
for (const peer of peers) await peer.close()
process.exit(wrong === 0 ? 0 : 1)
