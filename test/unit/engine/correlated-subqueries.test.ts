import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Millrace, MillraceError } from '../../../src/index.js'

let engine: Millrace

beforeAll(async () => {
  engine = await Millrace.create({ threads: 0, timeZone: 'UTC' })
})
afterAll(() => engine.close())

const T = '(VALUES 1, 2) t(x)'
const U = '(VALUES 1, 2) u(y)'
const V = '(VALUES (1, 2), (2, 3)) v(y, z)'
const UNNEST = 'UNNEST(sequence(1, x)) u(y)'

/** What a statement answers: where it is refused, else nothing. */
async function refusal(
  sql: string,
  session: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  try {
    await engine.query(sql, [], { session }).all()
    return undefined
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'NOT_SUPPORTED') throw error
    return `${error.location?.line}:${error.location?.column}`
  }
}

const scalar = (query: string) => `SELECT (${query}) FROM (VALUES 1) t(x)`

/** Recorded of Trino 476. */
const REFUSED: readonly (readonly [sql: string, place: string])[] = [
  // LATERAL
  [`SELECT * FROM ${T} LEFT JOIN LATERAL (SELECT x AS y WHERE x > 1) u ON true`, '1:53'],
  [`SELECT * FROM ${T} INNER JOIN LATERAL (SELECT x AS y) u ON x = y`, '1:54'],
  [`SELECT * FROM ${T} LEFT JOIN LATERAL (SELECT x AS y) u ON x = 1`, '1:53'],
  [
    `SELECT * FROM ${T} LEFT JOIN LATERAL (SELECT y FROM ${U} WHERE y < x ORDER BY y LIMIT 1) ON true`,
    '1:53',
  ],
  [`SELECT * FROM ${T} CROSS JOIN LATERAL (SELECT * FROM ${UNNEST} WHERE y > 1)`, '1:54'],
  // IN and comparisons with ANY and ALL
  [`SELECT * FROM ${T} WHERE x IN (SELECT DISTINCT y FROM ${U} WHERE y < x + 1)`, '1:42'],
  [`SELECT * FROM ${T} WHERE 2 IN (SELECT y FROM ${UNNEST})`, '1:42'],
  // EXISTS
  [`SELECT * FROM ${T} WHERE EXISTS (SELECT 1 FROM ${U} WHERE y < x LIMIT 1)`, '1:40'],
  [
    `SELECT * FROM ${T} WHERE EXISTS (SELECT y + x FROM ${U} UNION ALL SELECT x WHERE x > 1)`,
    '1:40',
  ],
  // scalar
  [scalar(`SELECT z FROM ${V} WHERE y = x LIMIT 1`), '1:9'],
  [scalar(`SELECT z FROM ${V} WHERE y < x ORDER BY z LIMIT 1`), '1:9'],
  [scalar(`SELECT max(y + x) FROM ${U} WHERE y = x`), '1:9'],
  [scalar(`SELECT max(y) FROM ${U} WHERE y = x HAVING count(*) > 0`), '1:9'],
  [scalar(`SELECT y FROM ${U} WHERE y IN (SELECT x)`), '1:9'],
]

/** Without an answer either way. */
const NEVER: typeof REFUSED = [
  [`SELECT * FROM ${T} CROSS JOIN LATERAL (VALUES x, x + 1) u(y)`, '1:54'],
  [`SELECT * FROM ${T} WHERE x IN (SELECT y + x FROM ${U})`, '1:42'],
  [`SELECT * FROM ${T} WHERE x = ANY (SELECT y + x FROM ${U})`, '1:42'],
  [`SELECT * FROM ${T} WHERE x > ALL (SELECT y + x FROM ${U})`, '1:49'],
]

const ANSWERED: readonly string[] = [
  `SELECT * FROM ${T} LEFT JOIN LATERAL (SELECT y, count(*) FROM ${U} WHERE y < x GROUP BY y) ON true`,
  scalar(`SELECT y FROM ${U} JOIN (VALUES 1, 2) w(z) ON z = y AND y = x`),
  `SELECT * FROM ${T} CROSS JOIN LATERAL (SELECT x AS y)`,
  `SELECT * FROM ${T} JOIN LATERAL (SELECT y FROM ${U} WHERE y < x) ON y = x - 1`,
  `SELECT * FROM ${T} LEFT JOIN LATERAL (SELECT DISTINCT y FROM ${U} WHERE y < x) ON true`,
  `SELECT * FROM ${T} CROSS JOIN LATERAL (SELECT y FROM ${UNNEST} ORDER BY y DESC LIMIT 1)`,
  `SELECT * FROM ${T} CROSS JOIN LATERAL (SELECT max(y) FROM ${UNNEST} LIMIT 1)`,
  `SELECT * FROM ${T} LEFT JOIN LATERAL (SELECT count(*) FROM ${UNNEST} ORDER BY 1 LIMIT 3) ON true`,
  `SELECT * FROM ${T} WHERE x IN (SELECT y FROM ${U} WHERE y < x + 1)`,
  `SELECT * FROM ${T} WHERE EXISTS (SELECT y FROM ${U} WHERE y < x GROUP BY y)`,
  `SELECT * FROM ${T} WHERE x > ALL (SELECT y FROM ${U} WHERE y < x)`,
  scalar(`SELECT max(y) + x FROM ${U} WHERE y < x`),
  scalar(`SELECT z FROM ${V} WHERE y = x ORDER BY z LIMIT 1`),
  scalar(`SELECT y FROM ${U} WHERE y = x LIMIT 1`),
  scalar(`SELECT array_agg(y) FROM (SELECT DISTINCT y FROM ${UNNEST})`),
  scalar(`SELECT (SELECT x + y) FROM (VALUES 1) u(y)`),
]

describe('correlated subqueries', () => {
  test.each([...REFUSED, ...NEVER])('%s is refused at %s, as by Trino', async (sql, place) => {
    expect(await refusal(sql)).toBe(place)
  })
  test.each(REFUSED)('%s has an answer where the session allows it', async (sql) => {
    expect(await refusal(sql, { extended_decorrelation: 'true' })).toBeUndefined()
  })
  test.each(ANSWERED)('%s has an answer', async (sql) => {
    expect(await refusal(sql)).toBeUndefined()
  })
})
