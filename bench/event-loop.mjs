// Measures how long the host's event loop gets no turn while each of the 22 queries of TPC-H runs.
import { parseArgs } from 'node:util'
import { Millrace } from '../dist/index.js'
import { QUERIES } from './tpch/queries.mjs'
import { TABLES } from './tpch/tables.mjs'

const HELP = `usage: node bench/event-loop.mjs [--sf 1] [--threads 0,2] [--runs 3] [--queries 1,18] [--limit 10]
Memory tables. Prints the longest gap between two turns of the calling thread's event loop a query: milliseconds that passed, and the
most processor time of the process in any, which says what gaps are on a busy machine (with threads, theirs is in it).
Ends with status 1 where, without threads, the processor time of a gap is above --limit milliseconds in every run.
`
const { values } = parseArgs({
  options: {
    sf: { type: 'string', default: '1' },
    threads: { type: 'string', default: '0,2' },
    runs: { type: 'string', default: '3' },
    queries: { type: 'string' },
    limit: { type: 'string', default: '10' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

/** The longest gaps between turns while something runs, by the clock and by processor time. */
async function longestGap(run) {
  const longest = { elapsedMillis: 0, cpuMillis: 0 }
  let last = performance.now()
  let cpu = process.cpuUsage()
  let isOver = false
  const look = () => {
    const now = performance.now()
    const { user, system } = process.cpuUsage(cpu)
    longest.elapsedMillis = Math.max(longest.elapsedMillis, now - last)
    longest.cpuMillis = Math.max(longest.cpuMillis, (user + system) / 1000)
    last = now
    cpu = process.cpuUsage()
    if (!isOver) setTimeout(look, 0)
  }
  look()
  await run()
  isOver = true
  look()
  return longest
}

const chosen = values.queries?.split(',').map(Number) ?? QUERIES.map((_, i) => i + 1)
let tooLong = 0
for (const threads of values.threads.split(',').map(Number)) {
  const engine = await Millrace.create({
    threads,
    catalogs: {
      tpch: {
        'connector.name': 'tpch',
        'tpch.column-naming': 'STANDARD',
        'tpch.double-type-mapping': 'DECIMAL',
      },
    },
  })
  for (const table of Object.keys(TABLES)) {
    await engine.execute(`CREATE TABLE ${table} AS SELECT * FROM tpch."sf${values.sf}".${table}`)
  }
  for (const number of chosen) {
    const gaps = []
    for (let run = 0; run < Number(values.runs); run++) {
      gaps.push(await longestGap(() => engine.query(QUERIES[number - 1]).all()))
    }
    // The first run has new code to compile; it counts, but the shortest is what the engine can be blamed for.
    const best = gaps.reduce((a, b) => (b.elapsedMillis < a.elapsedMillis ? b : a))
    const isTooLong = threads === 0 && gaps.every((g) => g.cpuMillis > Number(values.limit))
    if (isTooLong) tooLong += 1
    process.stdout.write(
      `${threads} threads  Q${String(number).padEnd(3)} ${gaps
        .map((g) => `${g.elapsedMillis.toFixed(1).padStart(7)} ms (${g.cpuMillis.toFixed(1)} cpu)`)
        .join(' ')}   best ${best.elapsedMillis.toFixed(1)} ms${isTooLong ? '   TOO LONG' : ''}\n`,
    )
  }
  await engine.close()
}
process.exit(tooLong === 0 ? 0 : 1)
