import { memoryConnectorFactory } from '../../src/connectors/memory/connector.js'
import { tpchConnectorFactory } from '../../src/connectors/tpch/connector.js'
import { PUSHDOWN, WRITES } from '../../src/testing/index.js'
import { runChecks } from './run-checks.js'

runChecks('tpch', {
  factory: tpchConnectorFactory,
  open: () => ({ config: { 'tpch.splits-per-node': '3' } }),
  tables: [
    'tiny.nation',
    'tiny.region',
    { name: 'tiny.orders', where: 'orderkey < 400' },
    { name: 'tiny.lineitem', where: 'orderkey < 100' },
  ],
  rounds: 15,
  lacks: [...WRITES, ...PUSHDOWN.filter((p) => p !== 'filter pushdown')],
})

runChecks('memory', {
  factory: memoryConnectorFactory,
  setup: [
    `CREATE TABLE t AS SELECT n, n % 7 AS k, CASE WHEN n % 5 = 0 THEN NULL ELSE 'name ' || CAST(n % 13 AS varchar) END AS name,
       CAST(n AS double) / 4 AS x, DATE '2024-01-01' + INTERVAL '1' DAY * n AS day, CAST(n AS decimal(12,2)) / 3 AS price,
       ARRAY[n, NULL] AS list, CAST(ROW(n, 'f') AS row(a bigint, b varchar)) AS r
     FROM UNNEST(sequence(1, 200)) s (n)`,
    `CREATE TABLE u AS SELECT k, count(*) AS c FROM t GROUP BY k`,
    "INSERT INTO t SELECT n + 200, 0, 'late', NULL, NULL, NULL, NULL, NULL FROM UNNEST(sequence(1, 20)) s (n)",
    'CREATE TABLE empty (a bigint, b varchar)',
  ],
  tables: ['default.t', 'default.u', 'default.empty'],
  lacks: [...PUSHDOWN.filter((p) => p !== 'limit pushdown'), 'undo after finish'],
})
