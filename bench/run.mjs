// Measures engines side by side: each in a process of its own, their runs of one query interleaved, their answers compared.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { sameRows } from './answers.mjs'
import { startPeer } from './peer-process.mjs'
import { geometricMean, median, spread } from './statistics.mjs'
import { exportTables } from './tpch/data.mjs'
import { QUERIES } from './tpch/queries.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const HELP = `usage: npm run bench -- [tpch] [--sf N] [--threads N] [--peers duckdb] [--runs N] [--queries 1,6] [--parquet DIR]
The suite tpch runs the 22 queries of TPC-H on memory tables (DECIMAL, standard names) of every engine.
With --parquet they read the files DIR/lineitem.parquet and so on instead, which any engine may have written.
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
if (values.help || (positionals[0] ?? 'tpch') !== 'tpch') {
  process.stdout.write(HELP)
  process.exit(values.help ? 0 : 2)
}
const scaleFactor = values.sf
const threads = Number(values.threads)
const runs = Number(values.runs)
const names = ['millrace', ...values.peers.split(',').filter(Boolean)]
const chosen = values.queries?.split(',').map(Number) ?? QUERIES.map((_, i) => i + 1)

const parquet = values.parquet === undefined ? undefined : resolve(values.parquet)
const data =
  parquet === undefined
    ? await exportTables(scaleFactor, join(here, 'data', `sf${scaleFactor}`))
    : undefined
const peers = []
for (const name of names) {
  const peer = await startPeer(name, { scaleFactor, threads, data, parquet })
  process.stderr.write(
    `${name} ${peer.version}: loaded in ${(peer.loadMillis / 1000).toFixed(1)} s, ` +
      `${Math.round(peer.residentBytes / 1e6)} MB resident\n`,
  )
  peers.push(peer)
}

const results = []
let wrong = 0
for (const number of chosen) {
  const sql = QUERIES[number - 1]
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
const file = join(here, 'results', `tpch-sf${scaleFactor}-${threads}-threads.json`)
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem() }
writeFileSync(
  file,
  JSON.stringify(
    {
      suite: 'tpch',
      scaleFactor,
      threads,
      runs,
      machine,
      node: process.version,
      engines: peers.map((p) => ({ name: p.name, version: p.version, loadMillis: p.loadMillis })),
      results,
      geometricMeans: means,
    },
    null,
    1,
  ),
)
process.stderr.write(`written: ${file}\n`)
for (const peer of peers) await peer.close()
process.exit(wrong === 0 ? 0 : 1)
