import { beforeAll, expect, it } from 'vitest'
import { planText } from '../../../../src/planner/explain/text.js'
import { type Catalogs, planQuery, tpchCatalogs } from './planning.js'

/** Groupings of the orders by several sets at once: plain, distinct, filtered, ordered, and below and above of joins. */
const QUERIES = [
  'SELECT orderstatus, orderpriority, sum(totalprice) FROM orders GROUP BY ROLLUP (orderstatus, orderpriority)',
  'SELECT orderstatus, orderpriority, count(*), grouping(orderstatus, orderpriority) FROM orders GROUP BY CUBE (orderstatus, orderpriority)',
  'SELECT orderstatus, count(DISTINCT custkey) FROM orders GROUP BY GROUPING SETS ((orderstatus), ())',
  'SELECT orderstatus, count(DISTINCT custkey), sum(DISTINCT shippriority), avg(totalprice) FROM orders GROUP BY ROLLUP (orderstatus)',
  `SELECT orderstatus, clerk, count(*) FILTER (WHERE totalprice > 1000), count(DISTINCT custkey) FILTER (WHERE orderkey > 9)
   FROM orders GROUP BY GROUPING SETS ((orderstatus, clerk), (clerk), ())`,
  'SELECT orderstatus, array_agg(clerk ORDER BY totalprice) FROM orders GROUP BY CUBE (orderstatus)',
  'SELECT orderstatus, clerk, max(orderkey) FROM orders GROUP BY orderstatus, ROLLUP (clerk, orderpriority), CUBE (shippriority)',
  'SELECT DISTINCT orderstatus, count(*) FROM orders WHERE orderkey > 5 GROUP BY ROLLUP (orderstatus, clerk) HAVING count(*) > 2 ORDER BY 2 LIMIT 3',
  `SELECT name, orderstatus, sum(totalprice) FROM orders o JOIN customer c ON o.custkey = c.custkey
   GROUP BY GROUPING SETS ((name), (orderstatus), (name, orderstatus))`,
]

let catalogs: Catalogs
beforeAll(async () => {
  catalogs = await tpchCatalogs()
})

it.each(QUERIES)('grouping sets have one scan: %s', async (sql) => {
  const { plan } = await planQuery(sql, catalogs, { catalog: 'tpch', schema: 'tiny' })
  const text = planText(plan, { types: false })
  expect(text.match(/TableScan\[.*orders/g)).toHaveLength(1)
  expect(text.match(/GroupId/g)).toHaveLength(1)
})
