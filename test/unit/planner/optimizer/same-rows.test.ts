import { beforeAll, describe, expect, it } from 'vitest'
import { valueKey } from '../../../../src/expressions/ir-walk.js'
import type { PlanNode } from '../../../../src/planner/plan/node.js'
import type { Value } from '../../../../src/spi/index.js'
import { toMillraceError } from '../../../../src/spi/index.js'
import { planQuery } from './planning.js'
import { execute } from './reference-executor.js'

/** Rows as a multiset, or the code of the error. */
function outcome(plan: PlanNode): readonly string[] | string {
  let rows: Value[][]
  try {
    rows = execute(plan)
  } catch (error) {
    const { code, message } = toMillraceError(error)
    if (code === 'GENERIC_INTERNAL_ERROR') throw new Error(message, { cause: error })
    return code
  }
  return rows.map((row) => valueKey(row)).sort()
}

async function checkSame(sql: string): Promise<readonly string[] | string> {
  const { logical, plan } = await planQuery(sql, new Map(), { catalog: 'none', schema: 'none' })
  const expected = outcome(logical)
  expect(outcome(plan), sql).toEqual(expected)
  return expected
}

const T = '(VALUES (1, 10), (2, 20), (3, NULL), (NULL, 40), (2, 21)) t(a, b)'
const U = '(VALUES (1, 10), (2, 5), (2, 20), (NULL, 7), (4, NULL)) u(c, d)'

/** Subqueries, each put into the SELECT list and into WHERE, plain and negated. */
const PREDICATES = [
  `EXISTS (SELECT 1 FROM ${U} WHERE c = a)`,
  `EXISTS (SELECT 1 FROM ${U} WHERE c = a AND d < b)`,
  `EXISTS (SELECT 1 FROM ${U} WHERE d < b)`,
  `EXISTS (SELECT 1 FROM ${U} WHERE c = a LIMIT 1)`,
  `EXISTS (SELECT 1 FROM ${U} WHERE c = a ORDER BY d OFFSET 1 LIMIT 1)`,
  `EXISTS (SELECT 1 FROM ${U})`,
  `EXISTS (SELECT 1 FROM ${U} WHERE false)`,
  `EXISTS (SELECT c FROM ${U} WHERE c = a GROUP BY c HAVING count(*) > 1)`,
  `EXISTS (SELECT count(*) FROM ${U} WHERE c = a)`,
  `EXISTS (SELECT count(*) FROM ${U} WHERE c = a HAVING count(*) > 1)`,
  `EXISTS (SELECT * FROM (SELECT d FROM ${U} WHERE c = a UNION ALL SELECT 99 WHERE a = 3) x WHERE d > 9)`,
  `a IN (SELECT c FROM ${U})`,
  `a IN (SELECT c FROM ${U} WHERE c IS NOT NULL)`,
  `a IN (SELECT c FROM ${U} WHERE false)`,
  `b IN (SELECT d FROM ${U} WHERE c = a)`,
  `b IN (SELECT d FROM ${U} WHERE c <= a)`,
  `b IN (SELECT x FROM UNNEST(ARRAY[a, b, 20]) v(x))`,
  `b > ALL (SELECT d FROM ${U})`,
  `b > ANY (SELECT d FROM ${U})`,
  `b > ALL (SELECT d FROM ${U} WHERE c = a)`,
  `b <> ALL (SELECT d FROM ${U} WHERE c = a)`,
  `b = ALL (SELECT d FROM ${U} WHERE c = a)`,
  `b <> ANY (SELECT d FROM ${U} WHERE d IS NOT NULL)`,
  `b <= ALL (SELECT d FROM ${U} WHERE false)`,
  `b > (SELECT min(d) FROM ${U} WHERE c = a)`,
  `b > (SELECT avg(d) FROM ${U} WHERE c < a)`,
  `a = (SELECT count(*) FROM ${U} WHERE c = a)`,
]

const SCALARS = [
  `(SELECT count(*) FROM ${U} WHERE c = a)`,
  `(SELECT count(*) + coalesce(sum(d), -1) FROM ${U} WHERE c = a)`,
  `(SELECT count(d) FROM ${U} WHERE c < a)`,
  `(SELECT max(d) FROM ${U} WHERE c = a HAVING count(*) > 1)`,
  `(SELECT sum(d) FROM ${U} WHERE c <> a)`,
  `(SELECT d FROM ${U} WHERE c = a)`,
  `(SELECT d FROM ${U} WHERE c = a AND d < 20)`,
  `(SELECT d FROM ${U} WHERE c = a ORDER BY d DESC LIMIT 1)`,
  `(SELECT d FROM ${U} WHERE c <= a ORDER BY d DESC NULLS LAST LIMIT 1)`,
  `(SELECT a + b)`,
  `(SELECT (SELECT a))`,
  `(SELECT max(x) FROM UNNEST(ARRAY[a, b]) v(x))`,
  `(SELECT count(DISTINCT d) FROM ${U} WHERE c = a)`,
  `(SELECT sum(n) FROM (SELECT c, count(*) n FROM ${U} WHERE d <= b GROUP BY c) x WHERE c <> a)`,
  `(SELECT max(x.d) FROM ${U} JOIN ${U.replace('u(c, d)', 'x(c, d)')} ON u.c = x.c WHERE u.c = a)`,
  `(SELECT count(*) FROM ${U} LEFT JOIN (VALUES 1, 2) x(e) ON c = e WHERE c = a)`,
  `(SELECT max(rn) FROM (SELECT row_number() OVER (ORDER BY d) rn FROM ${U} WHERE c = a) x)`,
]

const QUERIES = [
  `SELECT * FROM ${T} LEFT JOIN LATERAL (SELECT c, d FROM ${U} WHERE c < a ORDER BY d LIMIT 2) x ON true`,
  `SELECT * FROM ${T} LEFT JOIN LATERAL (SELECT c, d FROM ${U} WHERE c = a) x ON d < b`,
  `SELECT * FROM ${T} CROSS JOIN LATERAL (SELECT c, sum(d) s FROM ${U} WHERE c <= a GROUP BY c) x`,
  `SELECT * FROM ${T} LEFT JOIN LATERAL (SELECT x FROM UNNEST(ARRAY[a, b]) v(x) WHERE x > 2) y ON true`,
  `SELECT * FROM ${T} LEFT JOIN ${U} ON a = c WHERE d > 5`,
  `SELECT * FROM ${T} LEFT JOIN ${U} ON a = c AND b > 10 WHERE coalesce(d, 0) < 10`,
  `SELECT * FROM ${T} RIGHT JOIN ${U} ON a = c AND a > 1 WHERE c < 4`,
  `SELECT * FROM ${T} FULL JOIN ${U} ON a = c WHERE b IS NOT NULL`,
  `SELECT * FROM ${T} FULL JOIN ${U} ON a = c WHERE b > 5 AND d > 5`,
  `SELECT * FROM ${T} JOIN ${U} ON a = c AND a = d / 10`,
  `SELECT * FROM ${T}, ${U}, (VALUES 1, 2) v(e) WHERE a = c AND c = e AND e = 2`,
  `SELECT * FROM ${T} JOIN ${U} ON (a = c AND b = 10) OR (a = c AND d = 20)`,
  `SELECT a, count(DISTINCT b), sum(DISTINCT b), count(*) FROM ${T} GROUP BY a`,
  `SELECT count(DISTINCT a), count(DISTINCT b) FILTER (WHERE a > 1) FROM ${T}`,
  `SELECT count(DISTINCT a) FROM ${T} WHERE false`,
  `SELECT a, b FROM ${T} INTERSECT SELECT c, d FROM ${U}`,
  `SELECT a FROM ${T} INTERSECT ALL SELECT c FROM ${U}`,
  `SELECT a FROM ${T} EXCEPT SELECT c FROM ${U}`,
  `SELECT a FROM ${T} EXCEPT ALL SELECT c FROM ${U}`,
  `SELECT * FROM (SELECT a FROM ${T} UNION SELECT c FROM ${U}) x WHERE a > 1`,
  `SELECT a, b, sum(b), grouping(a) FROM ${T} GROUP BY GROUPING SETS ((a), (b), ()) HAVING a > 1 OR a IS NULL`,
  `SELECT * FROM (SELECT a, sum(b) s FROM ${T} GROUP BY a) x WHERE a = 2`,
  `SELECT * FROM (SELECT a, b, rank() OVER (PARTITION BY a ORDER BY b DESC) r FROM ${T}) x WHERE r <= 1 AND a > 0`,
  `WITH r AS (SELECT a, sum(b) s FROM ${T} GROUP BY a) SELECT * FROM r WHERE s = (SELECT max(s) FROM r)`,
  `WITH r AS (SELECT a, CAST(b AS double) / (a - 1) s FROM ${T}) SELECT r.a, s, m FROM r JOIN (SELECT min(s) m FROM r) ON s = m`,
  `WITH r AS (SELECT a, sqrt(b - 15) s FROM ${T}) SELECT a, s FROM r WHERE s = (SELECT max(s) FROM r)`,
  `SELECT a FROM ${T} WHERE a > 1 AND 10 / (a - 1) > 4`,
  `SELECT * FROM ${T} WHERE NOT (a > 1 AND b > 20) OR (a = 1 AND b = 10)`,
  `SELECT * FROM ${T} WHERE a IN (1, 2, 2, NULL)`,
  `SELECT * FROM ${T} WHERE NOT a IN (1, NULL)`,
  `SELECT * FROM ${T} WHERE CAST(a AS bigint) = 2 AND CAST(a AS double) < 2.5`,
  `SELECT x.a FROM ${T.replace('t(', 'x(')} WHERE EXISTS (SELECT 1 FROM ${U} WHERE c = x.a AND EXISTS (SELECT 1 FROM ${T} WHERE t.a = c AND t.b > x.b))`,
]

describe('an optimised plan gives the rows of the logical plan', () => {
  beforeAll(() => {
    process.env['MILLRACE_VERIFY'] = '1'
  })
  for (const predicate of PREDICATES) {
    it(predicate, async () => {
      await checkSame(`SELECT a, b, ${predicate} FROM ${T}`)
      await checkSame(`SELECT a, b FROM ${T} WHERE ${predicate}`)
      await checkSame(`SELECT a, b FROM ${T} WHERE NOT (${predicate})`)
      await checkSame(`SELECT a, b FROM ${T} WHERE (${predicate}) OR b = 40`)
      await checkSame(`SELECT a, count_if(${predicate}) FROM ${T} GROUP BY a`)
    })
  }
  for (const scalar of SCALARS) {
    it(scalar, async () => {
      await checkSame(`SELECT a, b, ${scalar} FROM ${T}`)
      await checkSame(`SELECT a, b FROM ${T} WHERE ${scalar} > 1`)
      await checkSame(`SELECT a, b FROM ${T} WHERE coalesce(${scalar}, 100) > 10`)
    })
  }
  for (const query of QUERIES) it(query, async () => void (await checkSame(query)))
})
