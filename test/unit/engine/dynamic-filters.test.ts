import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Millrace } from '../../../dist/index.js'
import { SEED } from '../../support/seed.js'
import { createRandom, type Random } from '../kernel-support/cells.js'

/** Rows of `big`: clustered by k, spread by s; one in ten keys is null. */
const TABLES = [
  `CREATE TABLE big AS SELECT n AS k, nullif(n % 97, n % 10) AS m, n * 1000003 AS s,
     CAST(n % 1000 AS varchar) AS t, CAST(n % 50 AS decimal(12, 2)) AS d
   FROM (SELECT a * 500 + c AS n FROM UNNEST(sequence(0, 299)) AS x(a), UNNEST(sequence(1, 500)) AS y(c)) AS r ORDER BY n`,
  `CREATE TABLE small AS SELECT n AS k, nullif(n % 31, 7) AS m, n * 1000003 AS s,
     CAST(n AS varchar) AS t, CAST(n AS decimal(12, 2)) AS d
   FROM UNNEST(sequence(1, 400)) AS r(n)`,
  'CREATE TABLE none AS SELECT * FROM small WHERE k < 0',
]

const KEYS = ['k', 'm', 's', 't', 'd'] as const

function randomQuery(random: Random): string {
  const key = random.pick(KEYS)
  const second = random.chance(0.3) ? ` AND b.${random.pick(['m', 'd'])} = x.d` : ''
  const build = random.pick(['small', 'small', 'none'])
  const from = random.below(380)
  const x = `(SELECT * FROM ${build} WHERE k BETWEEN ${from} AND ${from + random.pick([0, 5, 300])}) AS x`
  const b = random.pick([
    'big AS b',
    '(SELECT * FROM big WHERE m > 20) AS b',
    '(SELECT k, m, s, t, max(d) AS d FROM big GROUP BY k, m, s, t) AS b',
    '(SELECT k, m, s, t, d FROM big UNION ALL SELECT k + 1, m, s, t, d FROM big WHERE k < 500) AS b',
    '(SELECT l.k, l.m, r.s, l.t, l.d FROM big AS l JOIN big AS r ON l.k = r.k) AS b',
  ])
  const on = `b.${key} = x.${key}${second}`
  return random.pick([
    `SELECT count(*), sum(b.k), max(x.k) FROM ${b} JOIN ${x} ON ${on}`,
    `SELECT count(*), sum(b.k), max(x.k) FROM ${b} LEFT JOIN ${x} ON ${on}`,
    `SELECT count(*), sum(b.k), max(x.k) FROM ${b} RIGHT JOIN ${x} ON ${on}`,
    `SELECT count(*), sum(b.k), max(x.k) FROM ${b} FULL JOIN ${x} ON ${on}`,
    `SELECT count(*), sum(b.k), sum(x.k) FROM ${x} LEFT JOIN ${b} ON ${on} AND b.k > x.m`,
    `SELECT count(*), sum(k) FROM ${b} WHERE b.${key} IN (SELECT ${key} FROM ${x})`,
    `SELECT count(*), sum(k) FROM ${b} WHERE b.${key} NOT IN (SELECT ${key} FROM ${x})`,
    `SELECT count(*), sum(k) FROM ${b} WHERE EXISTS (SELECT 1 FROM ${x} WHERE ${on} AND x.k <> b.m)`,
    `SELECT count(*), sum(k) FROM ${b} WHERE NOT EXISTS (SELECT 1 FROM ${x} WHERE ${on})`,
    `SELECT count(*), sum(x.k) FROM ${x} WHERE EXISTS (SELECT 1 FROM ${b} WHERE ${on})`,
    `SELECT count(*), sum(x.k) FROM ${x} WHERE NOT EXISTS (SELECT 1 FROM ${b} WHERE ${on} AND b.k > 20)`,
    `SELECT count(*), sum(x.k) FROM ${x} WHERE x.${key} NOT IN (SELECT ${key} FROM ${b})`,
    `SELECT count(*), count_if(f) FROM (SELECT x.${key} IN (SELECT ${key} FROM ${b}) AS f FROM ${x}) AS y`,
  ])
}

describe.each([0, 2])('dynamic filters, %i threads', (threads) => {
  let engine: Millrace
  beforeAll(async () => {
    engine = await Millrace.create({ threads, callingThreadMillis: 0 })
    for (const table of TABLES) await engine.execute(table)
  })
  afterAll(() => engine.close())

  const start = SEED
  test(`change no answer, from seed ${start}`, async () => {
    for (let seed = start; seed < start + 20; seed++) {
      const sql = randomQuery(createRandom(seed))
      const [filtered, plain] = await Promise.all(
        ['true', 'false'].map((enabled) =>
          engine.query(sql, undefined, { session: { enable_dynamic_filtering: enabled } }).all(),
        ),
      )
      expect(filtered, `seed ${seed}: ${sql}`).toEqual(plain)
    }
  }, 120_000)

  test('pages whose bounds no key meets are not read', async () => {
    const query = engine.query(
      'SELECT count(*) AS c FROM big JOIN small ON big.k = small.k WHERE small.m = 3',
    )
    expect(await query.all()).toEqual([{ c: 13n }])
    expect((await query.stats()).processedRows).toBeLessThan(70_000)
  })
})
