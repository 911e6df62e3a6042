// What is profiled: one query over memory tables, again and again.
import { Millrace } from '../../dist/index.js'
import { TPCH_CATALOG } from '../tpch/data.mjs'
import { TABLES } from '../tpch/tables.mjs'

const { sql, scaleFactor, threads, seconds } = JSON.parse(process.argv[2])
const engine = await Millrace.create({ threads, catalogs: { tpch: TPCH_CATALOG } })
for (const table of Object.keys(TABLES)) {
  // What the query does not name would only be time of loading in the profile.
  if (!new RegExp(`\\b${table}\\b`, 'i').test(sql)) continue
  await engine.execute(`CREATE TABLE ${table} AS SELECT * FROM tpch."sf${scaleFactor}".${table}`)
}
let runs = 0
// What comes before is loading, which V8's profiles leave out.
process.stdout.write(`${process.hrtime.bigint() / 1000n}\n`)
const startedAt = performance.now()
while (runs === 0 || performance.now() - startedAt < seconds * 1000) {
  await engine.query(sql).all()
  runs++
}
process.stderr.write(
  `${runs} runs, ${((performance.now() - startedAt) / runs).toFixed(1)} ms each\n`,
)
await engine.close()
