import { join } from 'node:path'
import pl from 'nodejs-polars'
import { TABLES } from '../tpch/tables.mjs'
import { packageVersion } from './plain-tables.mjs'
import { servePeer, Unsupported } from './serve.mjs'

/** Its SQL has no list of tables in FROM: the same joins in words that it has, for queries that it runs then. */
const JOINED = {
  Q3: `SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority
FROM customer JOIN orders ON c_custkey = o_custkey JOIN lineitem ON l_orderkey = o_orderkey
WHERE c_mktsegment = 'BUILDING' AND o_orderdate < date '1995-03-15' AND l_shipdate > date '1995-03-15'
GROUP BY l_orderkey, o_orderdate, o_shippriority ORDER BY revenue DESC, o_orderdate LIMIT 10`,
  Q5: `SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM customer JOIN orders ON c_custkey = o_custkey JOIN lineitem ON l_orderkey = o_orderkey
  JOIN supplier ON l_suppkey = s_suppkey AND c_nationkey = s_nationkey
  JOIN nation ON s_nationkey = n_nationkey JOIN region ON n_regionkey = r_regionkey
WHERE r_name = 'ASIA' AND o_orderdate >= date '1994-01-01' AND o_orderdate < date '1995-01-01'
GROUP BY n_name ORDER BY revenue DESC`,
  Q10: `SELECT c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) AS revenue, c_acctbal, n_name, c_address, c_phone, c_comment
FROM customer JOIN orders ON c_custkey = o_custkey JOIN lineitem ON l_orderkey = o_orderkey JOIN nation ON c_nationkey = n_nationkey
WHERE o_orderdate >= date '1993-10-01' AND o_orderdate < date '1994-01-01' AND l_returnflag = 'R'
GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment ORDER BY revenue DESC LIMIT 20`,
  Q12: `SELECT l_shipmode,
  sum(CASE WHEN o_orderpriority = '1-URGENT' OR o_orderpriority = '2-HIGH' THEN 1 ELSE 0 END) AS high_line_count,
  sum(CASE WHEN o_orderpriority <> '1-URGENT' AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END) AS low_line_count
FROM orders JOIN lineitem ON o_orderkey = l_orderkey
WHERE l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate
  AND l_receiptdate >= date '1994-01-01' AND l_receiptdate < date '1995-01-01'
GROUP BY l_shipmode ORDER BY l_shipmode`,
  Q14: `SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END) / sum(l_extendedprice * (1 - l_discount)) AS promo_revenue
FROM lineitem JOIN part ON l_partkey = p_partkey
WHERE l_shipdate >= date '1995-09-01' AND l_shipdate < date '1995-10-01'`,
}

/** @throws what it answers in place of a plan */
function planned(sql) {
  const plan = context.execute(sql)
  if (plan._ldf instanceof Error) throw plan._ldf
  return plan
}

let context
servePeer({
  load({ source, parquet }) {
    const frames = Object.keys(TABLES).map((table) => {
      const file = join(parquet, `${table}.parquet`)
      return [table, source === 'parquet' ? pl.scanParquet(file) : pl.readParquet(file)]
    })
    context = pl.SQLContext(Object.fromEntries(frames))
    return packageVersion('nodejs-polars')
  },
  query(sql, { name }) {
    try {
      const text = JOINED[name] ?? sql.replaceAll(/cast\('([\d-]+)' AS date\)/gi, "date '$1'")
      const frame = planned(text).collectSync()
      // It has no JavaScript value for a DECIMAL.
      const decimals = frame.columns.filter((_, c) => /Decimal/.test(String(frame.dtypes[c])))
      const cast = decimals.map((name) => pl.col(name).cast(pl.Float64))
      return (cast.length === 0 ? frame : frame.withColumns(...cast)).rows()
    } catch (error) {
      throw new Unsupported(error.message)
    }
  },
})
