import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Millrace } from '../../dist/index.js'
import { text } from '../commands/options.mjs'
import { Report } from '../report/report.mjs'
import { TPCH_CATALOG } from '../tpch/data.mjs'
import { QUERIES } from '../tpch/queries.mjs'
import { TABLES } from '../tpch/tables.mjs'

export const summary =
  'thousands of statements on one engine, and what memory it holds: it has to come to rest'
export const details =
  'TPC-H SF0.01 from memory tables, new texts, errors, cancellations, tables made and dropped, in turn. Fails where the process\n' +
  'holds over 10% and 32 MB more at the end than after a quarter of the statements, or has more files open than in the beginning.'
export const options = {
  queries: text('statements', '10000'),
  threads: text('threads', '2'),
  every: text('statements between two looks at the memory', '500'),
}

const rowsOf = (engine, sql, options) => engine.query(sql, undefined, options).all()
/** A statement that fails with a code, as it should. */
const failing = async (engine, sql, code) => {
  const error = await rowsOf(engine, sql).then(
    () => undefined,
    (failure) => failure,
  )
  if (error?.code !== code) throw new Error(`${code} expected of: ${sql}`, { cause: error })
}

/** One kind of work after another; `i` makes each text a new one. */
const WORK = [
  (engine, i) => rowsOf(engine, QUERIES[i % QUERIES.length]),
  (engine, i) => rowsOf(engine, `SELECT count(*) FROM orders WHERE o_orderkey > ${i}`),
  (engine, i) =>
    rowsOf(engine, `SELECT o_orderpriority, sum(o_totalprice + ${i}) FROM orders GROUP BY 1`),
  (engine, i) => rowsOf(engine, `SELECT l_comment || '${i}' FROM lineitem ORDER BY 1 LIMIT 3`),
  // Both threads work on it.
  (engine, i) => rowsOf(engine, `SELECT max(o_orderkey + ${i}) FROM tpch."sf0.1".orders`),
  (engine, i) =>
    failing(engine, `SELECT 1 / (o_orderkey - o_orderkey) + ${i} FROM orders`, 'DIVISION_BY_ZERO'),
  (engine, i) => failing(engine, `SELECT * FROM missing_${i}`, 'TABLE_NOT_FOUND'),
  async (engine, i) => {
    for await (const _ of engine.query(`SELECT *, ${i} FROM lineitem`)) break
  },
  async (engine, i) => {
    await engine.execute(
      `CREATE TABLE t_${i} AS SELECT * FROM orders WHERE o_orderkey % 7 = ${i % 7}`,
    )
    await engine.execute(`INSERT INTO t_${i} SELECT * FROM orders LIMIT 10`)
    await engine.execute(`DELETE FROM t_${i} WHERE o_orderkey % 2 = 0`)
    await engine.execute(`DROP TABLE t_${i}`)
  },
  async (engine, i) => {
    engine.register('numbers', [{ n: i }, { n: i + 1 }])
    await rowsOf(engine, 'SELECT sum(n) FROM numbers')
    engine.unregister('numbers')
  },
]

const POOL_SQL = `SELECT sum(used) AS used FROM jmx.current.pools WHERE unit = 'bytes'`

export async function run(values) {
  const total = Number(values.queries)
  const report = new Report({
    suite: 'soak',
    title: `${total} statements on one engine, ${values.threads} threads`,
    settings: { statements: total, threads: Number(values.threads) },
  })
  const engine = await Millrace.create({
    threads: Number(values.threads),
    catalogs: { tpch: TPCH_CATALOG, jmx: { 'connector.name': 'jmx' } },
  })
  for (const table of Object.keys(TABLES)) {
    await engine.execute(`CREATE TABLE ${table} AS SELECT * FROM tpch.tiny.${table}`)
  }
  let quarterBytes = 0
  let residentBytes = 0
  let firstFiles = 0
  let lastFiles = 0
  for (let i = 1; i <= total; i++) {
    await WORK[i % WORK.length](engine, i)
    if (i % Number(values.every) !== 0) continue
    residentBytes = await addMemory(report, engine, i)
    lastFiles = addFiles(report, i)
    if (firstFiles === 0) firstFiles = lastFiles
    if (quarterBytes === 0 && i >= total / 4) quarterBytes = residentBytes
  }
  await engine.close()
  const grownBytes = residentBytes - quarterBytes
  report.add(
    'grown since a quarter',
    { millrace: [grownBytes / 1e6] },
    { group: 'resident', unit: 'MB' },
  )
  if (grownBytes > Math.max(32 * 2 ** 20, quarterBytes / 10))
    report.fail('memory does not come to rest')
  if (lastFiles > firstFiles) report.fail('files stay open')
  report.finish(values)
  return report.failures === 0 ? 0 : 1
}

setFlagsFromString('--expose-gc')
/** What V8 has not collected yet says nothing of what stays. */
const collectGarbage = runInNewContext('gc')

/** @returns resident bytes, after a turn for what ends after its query */
async function addMemory(report, engine, count) {
  await delay(50)
  collectGarbage()
  const { rss, heapUsed } = process.memoryUsage()
  const [pool] = await rowsOf(engine, POOL_SQL)
  const figures = { resident: rss, heap: heapUsed, 'shared memory': Number(pool.used) }
  for (const [group, bytes] of Object.entries(figures)) {
    report.add(`after ${count}`, { millrace: [bytes / 1e6] }, { group, unit: 'MB' })
  }
  return rss
}

const DESCRIPTORS = '/proc/self/fd'

/** @returns how many files, sockets and the like the process has open; 0 where the system does not say */
function addFiles(report, count) {
  if (!existsSync(DESCRIPTORS)) return 0
  const { length } = readdirSync(DESCRIPTORS)
  report.add(`after ${count}`, { millrace: [length] }, { group: 'open files', unit: 'files' })
  return length
}
