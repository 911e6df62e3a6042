import { describe, expect, test } from 'vitest'
import { builtinRegistry } from '../../../../src/expressions/functions/index.js'
import type { Value } from '../../../../src/spi/index.js'
import { runPlan } from '../../../support/reference-executor.js'
import { plan, planningOptions } from '../plan-query.js'

const registry = builtinRegistry()

const shown = (value: Value): string =>
  Array.isArray(value) ? `[${value.map(shown).join(',')}]` : String(value)

/** The rows of a query as its logical plan defines them, in order where the query orders them. */
async function answer(sql: string): Promise<string[]> {
  const { root } = await plan(sql, planningOptions())
  return runPlan(root, { registry }).map((row) => row.map(shown).join(' '))
}

const T = '(VALUES (1, 10), (1, 20), (2, 30), (3, NULL)) t(a, b)'
const U = "(VALUES (1, 'x'), (2, 'y'), (4, 'z')) u(a, c)"

const CASES: Readonly<
  Record<string, readonly (readonly [sql: string, rows: readonly string[]])[]>
> = {
  grouping: [
    [`SELECT a, sum(b) FROM ${T} GROUP BY a ORDER BY a`, ['1 30', '2 30', '3 null']],
    [`SELECT a + 1, count(*) FROM ${T} GROUP BY 1 HAVING count(*) > 1`, ['2 2']],
    [
      `SELECT a, grouping(a), count(*) FROM ${T} GROUP BY ROLLUP (a) ORDER BY a NULLS FIRST`,
      ['null 1 4', '1 0 2', '2 0 1', '3 0 1'],
    ],
    ['SELECT count(*), max(x) FROM (SELECT 1 AS x WHERE false)', ['0 null']],
    [
      'SELECT x, count(*) FROM (SELECT 1 AS x WHERE false) GROUP BY GROUPING SETS ((x), ())',
      ['null 0'],
    ],
    [`SELECT count(DISTINCT a), sum(b) FILTER (WHERE a = 1) FROM ${T}`, ['3 30']],
    [`SELECT sum(b) FILTER (WHERE false) FROM ${T}`, ['null']],
    [`SELECT DISTINCT a > 1 FROM ${T} ORDER BY 1`, ['false', 'true']],
    [
      `SELECT a, (SELECT count(*) FROM ${U} WHERE u.a <= t.a) FROM ${T} GROUP BY a ORDER BY a`,
      ['1 1', '2 2', '3 2'],
    ],
  ],
  joins: [
    [
      `SELECT t.a, c FROM ${T} LEFT JOIN ${U} ON t.a = u.a AND b < 30 ORDER BY t.a, b`,
      ['1 x', '1 x', '2 null', '3 null'],
    ],
    [
      `SELECT a, b, c FROM ${T} FULL JOIN ${U} USING (a) ORDER BY a, b`,
      ['1 10 x', '1 20 x', '2 30 y', '3 null null', '4 null z'],
    ],
    [
      `SELECT t.a, x FROM ${T} CROSS JOIN LATERAL (SELECT t.b + 1 AS x WHERE t.b > 10) ORDER BY 1`,
      ['1 21', '2 31'],
    ],
    [
      `SELECT t.a, u.a FROM ${T} JOIN ${U} ON t.a = u.a AND b > (SELECT min(b) FROM ${T}) ORDER BY b`,
      ['1 1', '2 2'],
    ],
    [
      'SELECT k, e, n FROM (VALUES (1, ARRAY[7, 8]), (2, NULL)) t(k, x) LEFT JOIN UNNEST(x) WITH ORDINALITY u(e, n) ON true ORDER BY 1, 3',
      ['1 7 1', '1 8 2', '2 null null'],
    ],
  ],
  subqueries: [
    [`SELECT a FROM ${U} WHERE a IN (SELECT a FROM ${T}) ORDER BY 1`, ['1', '2']],
    [`SELECT a FROM ${U} WHERE a NOT IN (SELECT b FROM ${T})`, []],
    [`SELECT a FROM ${U} WHERE NOT EXISTS (SELECT 1 FROM ${T} WHERE t.a = u.a)`, ['4']],
    [
      `SELECT a, a >= ALL (SELECT a FROM ${T}) FROM ${U} ORDER BY 1`,
      ['1 false', '2 false', '4 true'],
    ],
    ['SELECT (SELECT 1, 2)', ['[1,2]']],
    ['SELECT COALESCE(1, (VALUES 1, 2)), IF(false, (VALUES 1, 2))', ['1 null']],
    ['SELECT (SELECT 1 WHERE false) IS NULL', ['true']],
    ['VALUES (SELECT 3), 4', ['3', '4']],
    [
      `SELECT a FROM ${U} ORDER BY (SELECT count(*) FROM ${T} WHERE t.a = u.a), a DESC`,
      ['4', '2', '1'],
    ],
  ],
  'set operations and WITH': [
    ['SELECT 1 UNION SELECT 1 UNION ALL SELECT 1 ORDER BY 1', ['1', '1']],
    ['SELECT * FROM (VALUES 1, 1, 2) EXCEPT ALL VALUES 1', ['1', '2']],
    ['SELECT * FROM (VALUES 1, 1, 2) INTERSECT VALUES 1, 3', ['1']],
    [
      'WITH x(n) AS (VALUES 1, 2), y AS (SELECT n + 1 AS m FROM x) SELECT n, m FROM x, y WHERE n = m',
      ['2 2'],
    ],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n * 2 FROM t WHERE n < 50) SELECT n FROM t ORDER BY n DESC LIMIT 2',
      ['64', '32'],
    ],
  ],
  windows: [
    [
      `SELECT a, b, sum(b) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM ${T} ORDER BY a, b`,
      ['1 10 10', '1 20 30', '2 30 30', '3 null null'],
    ],
    [
      `SELECT a, sum(count(*)) OVER (ORDER BY a) FROM ${T} GROUP BY a ORDER BY a`,
      ['1 2', '2 3', '3 4'],
    ],
    [
      'SELECT x, count(*) OVER (ORDER BY x RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM (VALUES 1, 2, 4) t(x) ORDER BY x',
      ['1 2', '2 2', '4 1'],
    ],
  ],
  'table functions': [
    ['SELECT * FROM TABLE(sequence(5, 1, -2)) ORDER BY 1', ['1', '3', '5']],
    [
      'SELECT count(*), min(n), max(n), count(DISTINCT n) FROM TABLE(sequence(-3, 75000, 2)) s(n)',
      ['37502 -3 74999 37502'],
    ],
    ['SELECT * FROM TABLE(exclude_columns(TABLE(SELECT 1 AS a, 2 AS b), DESCRIPTOR(A)))', ['2']],
  ],
  'SQL/JSON': [
    [`SELECT json_value('{"a": [1, 2.5]}', 'lax $.a[1]' RETURNING double)`, ['2.5']],
    [`SELECT json_value('{"a": "x"}', 'lax $.a' RETURNING bigint DEFAULT -1 ON ERROR)`, ['-1']],
    [`SELECT json_value('{}', 'lax $.a' DEFAULT 'none' ON EMPTY)`, ['none']],
    [`SELECT json_exists('[1, 2]', 'lax $[*] ? (@ > $x)' PASSING 1 AS "x")`, ['true']],
    [`SELECT json_query('[1, "a"]', 'lax $[*]' WITH WRAPPER)`, ['[1,"a"]']],
    [
      `SELECT json_object('a' : 1.50, 'b' : '[1]' FORMAT JSON, 'c' : DATE '2020-01-02')`,
      ['{"a":1.50,"b":[1],"c":"2020-01-02"}'],
    ],
    [`SELECT json_array(x, NULL, true) FROM (VALUES 'q') t(x)`, ['["q",true]']],
  ],
  JSON_TABLE: [
    [
      `SELECT * FROM JSON_TABLE('[{"a": 1, "k": [7, 8]}, {"a": 2}]', 'lax $[*]' COLUMNS (n FOR ORDINALITY, a integer PATH 'lax $.a', NESTED PATH 'lax $.k[*]' COLUMNS (k integer PATH 'lax $'))) ORDER BY 1, 3`,
      ['1 1 7', '1 1 8', '2 2 null'],
    ],
    [
      `SELECT t.x, j.v FROM (VALUES '{"v": "q"}', '{}', NULL) t(x) LEFT JOIN JSON_TABLE(t.x, 'lax $' COLUMNS (v varchar PATH 'lax $.v' DEFAULT 'none' ON EMPTY)) j ON true ORDER BY 1`,
      ['{"v": "q"} q', '{} none', 'null null'],
    ],
    [
      `SELECT * FROM JSON_TABLE('{"x": [1], "y": [2, 3]}', 'lax $' AS "r" COLUMNS (NESTED PATH 'lax $.x[*]' AS "p" COLUMNS (x integer PATH 'lax $'), NESTED PATH 'lax $.y[*]' AS "q" COLUMNS (y integer PATH 'lax $')) PLAN ("r" INNER ("p" CROSS "q"))) ORDER BY 2`,
      ['1 2', '1 3'],
    ],
  ],
  'evaluated once': [
    [
      'SELECT count(*) FROM TABLE(sequence(1, 300)) WHERE CASE random(3) WHEN 0 THEN 1 WHEN 1 THEN 1 WHEN 2 THEN 1 END IS NULL',
      ['0'],
    ],
  ],
  order: [
    [`SELECT a AS b FROM ${T} ORDER BY b DESC, t.b DESC LIMIT 2`, ['3', '2']],
    [`SELECT a FROM ${T} ORDER BY a FETCH FIRST 1 ROW WITH TIES`, ['1', '1']],
    ['SELECT x FROM (VALUES 3, 1, 2) t(x) ORDER BY -x OFFSET 1', ['2', '1']],
  ],
}

describe('plans mean what the query says', () => {
  for (const [area, cases] of Object.entries(CASES)) {
    describe(area, () => {
      test.each(cases)('%s', async (sql, rows) => {
        const actual = await answer(sql)
        expect(sql.includes('ORDER BY') ? actual : actual.sort()).toEqual(rows)
      })
    })
  }

  test('a recursion that does not end fails', async () => {
    const query = 'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t'
    await expect(answer(query)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message:
        "Recursion depth limit exceeded (10). Use 'max_recursion_depth' session property to modify the limit.",
    })
  })

  test('a scalar subquery of two rows fails', async () => {
    await expect(answer('SELECT (VALUES 1, 2)')).rejects.toMatchObject({
      code: 'SUBQUERY_MULTIPLE_ROWS',
    })
  })
})
