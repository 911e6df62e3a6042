import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Millrace, MillraceError } from '../../../src/index.js'

let engine: Millrace

beforeAll(async () => {
  engine = await Millrace.create({ threads: 0, timeZone: 'UTC' })
})
afterAll(() => engine.close())

const rows = (sql: string): Promise<readonly (readonly unknown[])[]> =>
  engine.query(sql, [], { rowMode: 'array' }).all() as Promise<readonly (readonly unknown[])[]>

const codeOf = async (sql: string): Promise<string | undefined> => {
  try {
    await rows(sql)
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
  return undefined
}

const PRICES = '(VALUES (1, 5), (2, 4), (3, 6), (4, 7), (5, 2), (6, 1), (7, 9)) t(id, v)'
const FALL_AND_RISE = 'PATTERN (A B+ C+) DEFINE B AS v < PREV(v), C AS v > PREV(v)'

const over = (select: string, window: string, input = PRICES): string =>
  `SELECT id, ${select} FROM ${input} WINDOW w AS (${window}) ORDER BY id`

describe('row patterns in windows', () => {
  test('functions are over the match that is found at a row, and over nothing at rows it skips', async () => {
    const sql = over(
      'count(*) OVER w, array_agg(v) OVER w, last_value(v) OVER w, nth_value(v, 2) OVER w, c OVER w',
      `ORDER BY id MEASURES CLASSIFIER() AS c ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING ${FALL_AND_RISE}`,
    )
    const none = [0n, null, null, null, null]
    expect(await rows(sql)).toEqual([
      [1, 4n, [5, 4, 6, 7], 7, 4, 'C'],
      [2, ...none],
      [3, ...none],
      [4, ...none],
      [5, 3n, [2, 1, 9], 9, 1, 'C'],
      [6, ...none],
      [7, ...none],
    ])
  })

  test('AFTER MATCH SKIP TO NEXT ROW finds matches that overlap', async () => {
    const sql = over(
      'array_agg(v) OVER w, m OVER w',
      `ORDER BY id MEASURES FIRST(B.v) AS m ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
       AFTER MATCH SKIP TO NEXT ROW ${FALL_AND_RISE}`,
    )
    expect(await rows(sql)).toEqual([
      [1, [5, 4, 6, 7], 4],
      [2, null, null],
      [3, null, null],
      [4, [7, 2, 1, 9], 2],
      [5, [2, 1, 9], 1],
      [6, null, null],
      [7, null, null],
    ])
  })

  test('SEEK finds the first match of the frame, and the frame bounds it', async () => {
    const window = (end: string, mode: string) =>
      `ORDER BY id MEASURES FIRST(id) AS f ROWS BETWEEN CURRENT ROW AND ${end}
       AFTER MATCH SKIP TO NEXT ROW ${mode} PATTERN (A B) DEFINE B AS v < PREV(v)`
    const found = async (end: string, mode: string) =>
      (await rows(over('f OVER w', window(end, mode)))).map((row) => row[1])
    expect(await found('UNBOUNDED FOLLOWING', 'SEEK')).toEqual([1, 4, 4, 4, 5, null, null])
    expect(await found('2 FOLLOWING', 'SEEK')).toEqual([1, null, 4, 4, 5, null, null])
    expect(await found('2 FOLLOWING', 'INITIAL')).toEqual([1, null, null, 4, 5, null, null])
    expect(await found('CURRENT ROW', 'SEEK')).toEqual(Array(7).fill(null))
  })

  test('navigation ends where the frame does', async () => {
    const sql = over(
      'n OVER w, p OVER w',
      `ORDER BY id MEASURES NEXT(v) AS n, PREV(v) AS p ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
       AFTER MATCH SKIP TO NEXT ROW PATTERN (A B?) DEFINE B AS v > PREV(v)`,
      '(VALUES (1, 5), (2, 4), (3, 6)) t(id, v)',
    )
    expect(await rows(sql)).toEqual([
      [1, 4, null],
      [2, null, 4],
      [3, null, null],
    ])
  })

  test('an empty match has measures and an empty frame', async () => {
    const sql = over(
      'c OVER w, sum(v) OVER w',
      `ORDER BY id MEASURES count(*) AS c ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
       PATTERN (A*) DEFINE A AS v > 5`,
      '(VALUES (1, 5), (2, 6), (3, 7)) t(id, v)',
    )
    expect(await rows(sql)).toEqual([
      [1, 0n, null],
      [2, 2n, 13n],
      [3, null, null],
    ])
  })

  test('rows that the order does not tell apart keep their places for functions', async () => {
    const sql = `SELECT k, count(*) OVER w AS n, c OVER w AS c, sum(v) OVER w AS s, m OVER w AS m
      FROM (SELECT x % 10 AS k, x AS v FROM UNNEST(sequence(1, 5000)) s(x))
      WINDOW w AS (PARTITION BY k ORDER BY k MEASURES count(*) AS c, sum(v) AS m
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING PATTERN (A{7}) DEFINE A AS true)`
    const [row] = await rows(
      `SELECT count(*), count_if(n > 0), bool_and(n = coalesce(c, 0)), bool_and(s IS NOT DISTINCT FROM m) FROM (${sql})`,
    )
    expect(row).toEqual([5000n, 710n, true, true])
  })

  test('looking for a match that is nowhere reads each row once', async () => {
    const sql = `SELECT count(f), count(*) FROM (SELECT f OVER (ORDER BY x MEASURES x AS f
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING SEEK PATTERN (A) DEFINE A AS x < 0) AS f
      FROM (SELECT x * 10000 + y AS x FROM UNNEST(sequence(1, 10)) s(x), UNNEST(sequence(1, 10000)) u(y)))`
    expect(await rows(sql)).toEqual([[0n, 100_000n]])
  })

  test('starts where MATCH_RECOGNIZE does', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    let state = seed
    const random = (n: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return Math.floor((state / 0x80000000) * n)
    }
    const patterns = ['A B+ C', 'A | B C*', '(A B){2}', 'A*? C', 'PERMUTE(A, B, C)', 'A B? C??']
    for (let i = 0; i < 30; i++) {
      const values = Array.from({ length: 1 + random(40) }, (_, id) => `(${id}, ${random(3)})`)
      const input = `(VALUES ${values.join(', ')}) t(id, v)`
      const pattern = patterns[random(patterns.length)]!
      const labels = ['A', 'B', 'C'].filter((label) => pattern.includes(label))
      const clauses = `PATTERN (${pattern}) DEFINE ${labels.map((l) => `${l} AS v = ${'ABC'.indexOf(l)}`).join(', ')}`
      const skip = random(2) === 0 ? 'PAST LAST ROW' : 'TO NEXT ROW'
      const measures = 'FIRST(id) AS f, LAST(id) AS l, LAST(CLASSIFIER()) AS c'
      const expected = await rows(
        `SELECT f, l, c FROM ${input} MATCH_RECOGNIZE (ORDER BY id MEASURES ${measures}
         AFTER MATCH SKIP ${skip} ${clauses}) WHERE f IS NOT NULL ORDER BY 1`,
      )
      const found = await rows(
        `SELECT id, m, c FROM (SELECT id, max(id) OVER w AS m, c OVER w AS c FROM ${input}
         WINDOW w AS (ORDER BY id MEASURES ${measures} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
         AFTER MATCH SKIP ${skip} ${clauses})) WHERE m IS NOT NULL ORDER BY 1`,
      )
      expect(found, `seed ${seed}, ${pattern}, ${skip}, ${input}`).toEqual(expected)
    }
  })

  test('measures are values like others: in ORDER BY, over groups, of subqueries', async () => {
    expect(
      await rows(`SELECT k, n, 2 * m OVER w FROM (SELECT k, count(*) AS n FROM
        (VALUES 1, 2, 2, 3) t(k) GROUP BY k) WINDOW w AS (ORDER BY k MEASURES LAST(n) + (SELECT 10) AS m
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING AFTER MATCH SKIP TO NEXT ROW
        PATTERN (A B) DEFINE B AS k IN (SELECT 2)) ORDER BY m OVER w DESC NULLS FIRST, k`),
    ).toEqual([
      [2, 2n, null],
      [3, 1n, null],
      [1, 1n, 24n],
    ])
  })

  const FRAME = 'ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING'
  test.each([
    ['m OVER ()', 'INVALID_WINDOW_MEASURE'],
    [`x OVER (MEASURES 1 AS m ${FRAME} PATTERN (A) DEFINE A AS true)`, 'INVALID_WINDOW_MEASURE'],
    [`m OVER (MEASURES 1 AS m, 2 AS m ${FRAME} PATTERN (A) DEFINE A AS true)`, 'AMBIGUOUS_NAME'],
    [`count(*) OVER (MEASURES 1 AS m ${FRAME})`, 'MISSING_ROW_PATTERN'],
    [`count(*) OVER (${FRAME} SEEK)`, 'MISSING_ROW_PATTERN'],
    [`count(*) OVER (${FRAME} PATTERN (A))`, 'MISSING_VARIABLE_DEFINITIONS'],
    [`count(*) OVER (${FRAME} PATTERN (^ A) DEFINE A AS true)`, 'INVALID_ROW_PATTERN'],
    ['count(*) OVER (ROWS CURRENT ROW PATTERN (A) DEFINE A AS true)', 'INVALID_WINDOW_FRAME'],
    [
      'count(*) OVER (ROWS BETWEEN CURRENT ROW AND -1 FOLLOWING PATTERN (A) DEFINE A AS true)',
      'INVALID_WINDOW_FRAME',
    ],
    [
      `count(*) OVER (${FRAME} PATTERN (A) DEFINE A AS MATCH_NUMBER() > 1)`,
      'INVALID_PATTERN_RECOGNITION_FUNCTION',
    ],
    [`count(*) OVER (${FRAME} PATTERN (A) DEFINE A AS t.id > 1)`, 'COLUMN_NOT_FOUND'],
    [`count(*) OVER (${FRAME} PATTERN (A) DEFINE A AS (SELECT id) > 1)`, 'NOT_SUPPORTED'],
    [`lag(id) OVER (ORDER BY id ${FRAME} PATTERN (A) DEFINE A AS true)`, 'INVALID_WINDOW_FRAME'],
  ])('%s is refused', async (call, code) => {
    expect(await codeOf(`SELECT ${call} FROM ${PRICES}`)).toBe(code)
  })
})
