// A stream of a program, joined in SQL with tables: rows reach the consumer as their events happen.
//   npm start            (or: node examples/live-orders.mjs, after npm run build)
import { Millrace } from 'millrace'

const EVENTS = 24
const PAUSE_MILLIS = 60

/** What a warehouse might emit: an order has been scanned at a place. Any async iterable is a table. */
async function* scans() {
  const places = ['dock 1', 'dock 2', 'belt', 'gate']
  for (let i = 0; i < EVENTS; i++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS))
    yield {
      orderkey: BigInt(((i * 37) % 1800) * 32 + (i % 7) + 1),
      place: places[i % places.length],
      scanned_at: new Date(),
    }
  }
}

const engine = await Millrace.create({ catalogs: { tpch: { 'connector.name': 'tpch' } } })
engine.register('scans', scans, [
  { name: 'orderkey', type: 'bigint' },
  { name: 'place', type: 'varchar' },
  { name: 'scanned_at', type: 'timestamp(3)' },
])

const SQL = `SELECT s.orderkey, s.place, c.name AS customer, n.name AS nation, o.orderpriority,
       o.totalprice, l.lines
FROM scans s
JOIN tpch.tiny.orders o ON o.orderkey = s.orderkey
JOIN tpch.tiny.customer c ON c.custkey = o.custkey
JOIN tpch.tiny.nation n ON n.nationkey = c.nationkey
JOIN (SELECT orderkey, count(*) AS lines FROM tpch.tiny.lineitem GROUP BY orderkey) l
  ON l.orderkey = o.orderkey`

process.stderr.write(`${SQL}\n\n`)
const startedAt = performance.now()
const columns = ['orderkey', 'place', 'customer', 'nation', 'orderpriority', 'totalprice', 'lines']
const widths = [9, 7, 19, 15, 16, 11, 5]
const line = (cells) => `${cells.map((cell, i) => String(cell).padEnd(widths[i])).join(' ')}\n`
process.stdout.write(line(columns))
let rows = 0
for await (const row of engine.query(SQL)) {
  process.stdout.write(line(columns.map((name) => row[name])))
  rows += 1
  const elapsedMillis = Math.round(performance.now() - startedAt)
  process.stderr.write(`  row ${rows} of ${EVENTS} after ${elapsedMillis} ms\n`)
}

process.stderr.write('\nThe same engine over tables alone: query 5 of TPC-H at scale factor 0.1\n')
const revenue = engine.query(`
  SELECT n.name AS nation, sum(l.extendedprice * (1 - l.discount)) AS revenue
  FROM tpch."sf0.1".customer c
  JOIN tpch."sf0.1".orders o ON c.custkey = o.custkey
  JOIN tpch."sf0.1".lineitem l ON l.orderkey = o.orderkey
  JOIN tpch."sf0.1".supplier s ON l.suppkey = s.suppkey AND c.nationkey = s.nationkey
  JOIN tpch."sf0.1".nation n ON s.nationkey = n.nationkey
  JOIN tpch."sf0.1".region r ON n.regionkey = r.regionkey
  WHERE r.name = 'ASIA' AND o.orderdate >= DATE '1994-01-01' AND o.orderdate < DATE '1995-01-01'
  GROUP BY n.name ORDER BY revenue DESC`)
for await (const { nation, revenue: sum } of revenue) {
  process.stdout.write(`${nation.padEnd(12)} ${sum.toFixed(2)}\n`)
}
await engine.close()
