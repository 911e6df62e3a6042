import { connect } from '../../dist/client/index.js'
import { nextMessage } from './next-message.mjs'

const LINEITEM = 'memory.default.lineitem'

/** Statements of each kind; clients take them in turn. */
const KINDS = {
  stream: [`SELECT * FROM ${LINEITEM} WHERE orderkey % 4 = 0`],
  compute: [
    `SELECT a.suppkey, count(*), sum(a.extendedprice) FROM ${LINEITEM} a JOIN ${LINEITEM} b ON a.orderkey = b.orderkey AND b.quantity > 45 GROUP BY 1`,
    `SELECT count(*) FROM (SELECT DISTINCT orderkey, suppkey FROM ${LINEITEM} WHERE discount > 0.07)`,
    `SELECT shipdate, shipmode, count(*), avg(discount) FROM ${LINEITEM} GROUP BY 1, 2`,
  ],
}

/** Clients that ask large queries of a kind until the time is over, and take their last to its end. */
export async function run({ url, largeCount, kind, seconds }, emit) {
  const clients = Array.from({ length: largeCount }, () =>
    connect(url.replace('http', 'ws'), { user: 'large' }),
  )
  await Promise.all(clients.map((client) => client.query('SELECT 1').all()))
  emit({ ready: true })
  await nextMessage()
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1000
  const rowCounts = new Map()
  const wrong = []
  const firstPages = []
  const firstResults = []
  let rows = 0
  let results = 0
  await Promise.all(
    clients.map(async (client, i) => {
      const sql = KINDS[kind][i % KINDS[kind].length]
      for (let run = 0; run === 0 || elapsed() < seconds; run++) {
        let rowCount = 0
        for await (const page of client.query(sql).pages()) {
          if (run === 0 && rowCount === 0) firstPages.push(elapsed())
          rowCount += page.rowCount
        }
        if (run === 0) firstResults.push(elapsed())
        rows += rowCount
        results++
        const expected = rowCounts.get(sql) ?? rowCount
        rowCounts.set(sql, expected)
        if (rowCount !== expected) wrong.push(`client ${i}: ${rowCount} rows, not ${expected}`)
      }
    }),
  )
  emit({ wrong, rows, results, seconds: elapsed(), firstPages, firstResults })
  await Promise.all(clients.map((client) => client.close()))
}
