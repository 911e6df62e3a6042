// Runs many statements on one engine and prints what memory it holds, to show that it comes to rest.
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Millrace } from '../dist/index.js'
import { QUERIES } from './tpch/queries.mjs'
import { TABLES } from './tpch/tables.mjs'

const HELP = `usage: node --expose-gc bench/soak.mjs [--queries 10000] [--threads 2] [--every 500]
TPC-H at scale factor 0.01 from memory tables, new texts, errors, cancellations, tables made and dropped, in turn. Ends with
status 1 where the process holds over 10% and 32 MB more at the end than after a quarter of the queries.
`
const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '10000' },
    threads: { type: 'string', default: '2' },
    every: { type: 'string', default: '500' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const total = Number(values.queries)
const every = Number(values.every)
const engine = await Millrace.create({
  threads: Number(values.threads),
  catalogs: {
    tpch: {
      'connector.name': 'tpch',
      'tpch.column-naming': 'STANDARD',
      'tpch.double-type-mapping': 'DECIMAL',
    },
    jmx: { 'connector.name': 'jmx' },
  },
})
for (const table of Object.keys(TABLES)) {
  await engine.execute(`CREATE TABLE ${table} AS SELECT * FROM tpch.tiny.${table}`)
}

const rowsOf = (sql, options) => engine.query(sql, undefined, options).all()
/** A statement that fails with a code, as it should. */
const failing = async (sql, code) => {
  const error = await rowsOf(sql).then(
    () => undefined,
    (failure) => failure,
  )
  if (error?.code !== code) throw new Error(`${code} expected of: ${sql}`, { cause: error })
}

/** One kind of work after another; `i` makes each text a new one. */
const WORK = [
  (i) => rowsOf(QUERIES[i % QUERIES.length]),
  (i) => rowsOf(`SELECT count(*) FROM orders WHERE o_orderkey > ${i}`),
  (i) => rowsOf(`SELECT o_orderpriority, sum(o_totalprice + ${i}) FROM orders GROUP BY 1`),
  (i) => rowsOf(`SELECT l_comment || '${i}' FROM lineitem ORDER BY 1 LIMIT 3`),
  // Both threads work on it.
  (i) => rowsOf(`SELECT max(o_orderkey + ${i}) FROM tpch."sf0.1".orders`),
  (i) => failing(`SELECT 1 / (o_orderkey - o_orderkey) + ${i} FROM orders`, 'DIVISION_BY_ZERO'),
  (i) => failing(`SELECT * FROM missing_${i}`, 'TABLE_NOT_FOUND'),
  async (i) => {
    for await (const _ of engine.query(`SELECT *, ${i} FROM lineitem`)) break
  },
  async (i) => {
    await engine.execute(
      `CREATE TABLE t_${i} AS SELECT * FROM orders WHERE o_orderkey % 7 = ${i % 7}`,
    )
    await engine.execute(`INSERT INTO t_${i} SELECT * FROM orders LIMIT 10`)
    await engine.execute(`DELETE FROM t_${i} WHERE o_orderkey % 2 = 0`)
    await engine.execute(`DROP TABLE t_${i}`)
  },
  async (i) => {
    engine.register('numbers', [{ n: i }, { n: i + 1 }])
    await rowsOf('SELECT sum(n) FROM numbers')
    engine.unregister('numbers')
  },
]

const POOL_SQL = `SELECT sum(used) AS used FROM jmx.current.pools WHERE unit = 'bytes'`
const collect = globalThis.gc ?? (() => {})
const mb = (bytes) => Math.round(bytes / 2 ** 20)
let atQuarter = 0
let residentBytes = 0
const startedAt = performance.now()
for (let i = 1; i <= total; i++) {
  await WORK[i % WORK.length](i)
  if (i % every !== 0) continue
  // A turn for what ends after its query, then what is left.
  await delay(50)
  collect()
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const [pool] = await rowsOf(POOL_SQL)
  residentBytes = rss
  if (atQuarter === 0 && i >= total / 4) atQuarter = rss
  process.stdout.write(
    `${String(i).padStart(7)} statements ${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s   ` +
      `rss ${mb(rss)} MB   heap ${mb(heapUsed)}   external ${mb(external)}   array buffers ${mb(arrayBuffers)}   ` +
      `shared memory ${mb(Number(pool.used))}\n`,
  )
}
await engine.close()
const grownBytes = residentBytes - atQuarter
process.stdout.write(`grown by ${mb(grownBytes)} MB since a quarter of the statements\n`)
process.exit(grownBytes > Math.max(32 * 2 ** 20, atQuarter / 10) ? 1 : 0)
