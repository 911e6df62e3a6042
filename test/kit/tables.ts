/** Statements that make tables with rows of every kind that random queries are made over. */
export const TABLES: readonly string[] = [
  `CREATE TABLE t AS SELECT n, n % 7 AS k, CASE WHEN n % 5 = 0 THEN NULL ELSE 'name ' || CAST(n % 13 AS varchar) END AS name,
     CAST(n AS double) / 4 AS x, DATE '2024-01-01' + INTERVAL '1' DAY * n AS day, CAST(n AS decimal(12,2)) / 3 AS price,
     ARRAY[n, NULL] AS list, CAST(ROW(n, 'f') AS row(a bigint, b varchar)) AS r
   FROM UNNEST(sequence(1, 200)) s (n)`,
  "INSERT INTO t SELECT n + 200, 0, 'late', NULL, NULL, NULL, NULL, NULL FROM UNNEST(sequence(1, 20)) s (n)",
  'CREATE TABLE u AS SELECT k, count(*) AS c FROM t GROUP BY k',
  'CREATE TABLE empty (a bigint, b varchar)',
]

/** Random queries of a kind and table: enough to find what is wrong at all, few enough to be run often. */
export const ROUNDS = 5
