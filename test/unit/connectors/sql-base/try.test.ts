import { expect, test } from 'vitest'
import { KINDS, openDatabase } from './databases.js'

test.each(KINDS)('%s reads', async (kind) => {
  await using db = await openDatabase(kind, [
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a BIGINT, s VARCHAR, d DOUBLE, "we""ird X" DATE)',
    "INSERT INTO t VALUES (1, 10, 'x', 1.5, '2020-01-01'), (2, NULL, 'it''s', NULL, NULL), (3, 30, NULL, -0.5, '1969-12-31')",
  ])
  console.log(await db.rows('SHOW TABLES'), await db.rows('DESCRIBE t'))
  console.log(await db.rows('SELECT * FROM t'))
  for (const q of [
    "SELECT id FROM t WHERE a > 5 AND s LIKE 'x%'",
    'SELECT a, count(*), sum(id), min(s) FROM t GROUP BY a',
    'SELECT id FROM t ORDER BY a DESC NULLS LAST LIMIT 2',
    'SELECT l.s, r.a FROM t l JOIN t r ON l.id = r.id WHERE r.a + 1 > 5',
    'SELECT id FROM t WHERE "we""ird x" < DATE \'2000-01-01\'',
    'SELECT count(*) FROM t',
    "SELECT * FROM TABLE(db.system.query(query => 'SELECT count(*) AS n, 1.5 AS x FROM t'))",
    'SELECT id FROM t WHERE s <> upper(s) LIMIT 1',
  ]) {
    console.log(q, await db.rows(q), await db.unpushed(q))
    console.log(await db.plan(q))
  }
  console.log(
    await db.rows("CREATE TABLE u AS SELECT id, a, s, d, DECIMAL '1.25' AS dec, true AS b FROM t"),
    await db.rows('SELECT * FROM u'),
    await db.rows("INSERT INTO u (id, s) VALUES (7, 'new')"),
    await db.rows('DELETE FROM u WHERE id < 3'),
    await db.rows('SELECT * FROM u'),
  )
})
