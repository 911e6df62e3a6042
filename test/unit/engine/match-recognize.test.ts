import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Millrace, type MillraceError } from '../../../src/index.js'

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
    return (error as MillraceError).code
  }
  return undefined
}

const PRICES = `(VALUES ('a', 1, 90), ('a', 2, 80), ('a', 3, 70), ('a', 4, 80), ('a', 5, 75), ('a', 6, 85),
  ('b', 1, 10), ('b', 2, 5), ('b', 3, 20)) t(k, id, v)`

const match = (clauses: string, input = PRICES): string =>
  `SELECT * FROM ${input} MATCH_RECOGNIZE (${clauses})`

describe('MATCH_RECOGNIZE', () => {
  test('finds falls and rises in each partition', async () => {
    const sql = match(`PARTITION BY k ORDER BY id
      MEASURES MATCH_NUMBER() AS n, A.v AS top, LAST(D.v) AS low, LAST(U.v) AS high, count(D.*) AS falls
      PATTERN (A D+ U+) DEFINE D AS v < PREV(v), U AS v > PREV(v)`)
    expect(await rows(`${sql} ORDER BY k, n`)).toEqual([
      ['a', 1n, 90, 70, 80, 2n],
      ['b', 1n, 10, 5, 20, 1n],
    ])
  })

  test('all rows: running and final values, nothing of excluded rows', async () => {
    const sql = match(`PARTITION BY k ORDER BY id
      MEASURES CLASSIFIER() AS c, sum(v) AS running, FINAL sum(v) AS total, FINAL LAST(D.id) AS d
      ALL ROWS PER MATCH PATTERN (A {- D+ -} U) DEFINE D AS v < PREV(v), U AS v > PREV(v)`)
    expect(await rows(`SELECT k, id, c, running, total, d FROM (${sql}) ORDER BY k, id`)).toEqual([
      ['a', 1, 'A', 90n, 320n, 3],
      ['a', 4, 'U', 320n, 320n, 3],
      ['b', 1, 'A', 10n, 35n, 2],
      ['b', 3, 'U', 35n, 35n, 2],
    ])
  })

  test('rows that no match takes are given on demand, without measures', async () => {
    const sql = match(
      `ORDER BY id MEASURES CLASSIFIER() AS c, MATCH_NUMBER() AS n
      ALL ROWS PER MATCH WITH UNMATCHED ROWS PATTERN (A B) DEFINE A AS v = 2, B AS v = 3`,
      '(VALUES (1, 1), (2, 2), (3, 3), (4, 4)) t(id, v)',
    )
    expect(await rows(`SELECT id, c, n FROM (${sql}) ORDER BY id`)).toEqual([
      [1, null, null],
      [2, 'A', 1n],
      [3, 'B', 1n],
      [4, null, null],
    ])
  })

  test('conditions on aggregates and other labels are tried anew after going back', async () => {
    const sql = match(
      `ORDER BY id MEASURES count(A.*) AS a, sum(B.v) AS b
      PATTERN (A+ B+ C) DEFINE A AS sum(A.v) <= 6, B AS v > A.v, C AS v > sum(B.v)`,
      '(VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 10)) t(id, v)',
    )
    expect(await rows(sql)).toEqual([[3n, 9n]])
  })

  test('union variables, reluctant quantifiers, skipping to a variable', async () => {
    const input = '(SELECT id, chr(96 + id) v FROM UNNEST(sequence(1, 5)) t(id)) t'
    const first = 'ORDER BY id MEASURES FIRST(U.id) AS f, LAST(U.id) AS l, CLASSIFIER(U) AS c'
    const sql = match(
      `${first} AFTER MATCH SKIP TO LAST B PATTERN (A B+? C) SUBSET U = (B, C) DEFINE A AS true`,
      input,
    )
    expect(await rows(sql)).toEqual([
      [2n, 3n, 'C'],
      [3n, 4n, 'C'],
      [4n, 5n, 'C'],
    ])
  })

  test('partitions by keys that are equal or not, without an order', async () => {
    const input = `(SELECT MAP(ARRAY[id % 2], ARRAY['x']) AS k, id FROM UNNEST(sequence(1, 7)) t(id)) t`
    const sql = match(
      'PARTITION BY k ORDER BY id DESC MEASURES FIRST(id) AS f, count(*) AS n PATTERN (A+) DEFINE A AS true',
      input,
    )
    expect(await rows(`SELECT f, n FROM (${sql}) ORDER BY f`)).toEqual([
      [6n, 3n],
      [7n, 4n],
    ])
  })

  test('loops over what may be empty end', async () => {
    const input = '(VALUES 1, 2, 3) t(id)'
    const sql = match(
      'ORDER BY id MEASURES count(*) AS n PATTERN ((A* B?)* C) DEFINE B AS false',
      input,
    )
    expect(await rows(sql)).toEqual([[3n]])
  })

  test('nested loops over a long partition take no exponential time', async () => {
    const input = '(SELECT id FROM UNNEST(sequence(1, 400)) t(id)) t'
    const sql = match(
      'ORDER BY id MEASURES count(*) AS n PATTERN ((A+)+ B) DEFINE B AS id < 0',
      input,
    )
    expect(await rows(sql)).toEqual([])
  })

  test('random sequences: the matches of a pattern are those of the regular expression', async () => {
    const seed = 20_261_122
    let state = seed
    const random = (n: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return (state >>> 16) % n
    }
    const patterns = ['A B* C', '(A | B) C?', 'A+? B', '(A B | C){1,2}', 'PERMUTE(A, B, C)', 'A* B']
    const expressions = [
      /ab*c/g,
      /[ab]c?/g,
      /a+?b/g,
      /(?:ab|c){1,2}/g,
      /abc|acb|bac|bca|cab|cba/g,
      /a*b/g,
    ]
    for (const [i, pattern] of patterns.entries()) {
      const text = Array.from({ length: 60 }, () => 'abc'[random(3)]).join('')
      const values = [...text].map((letter, at) => `(${at}, '${letter}')`).join(', ')
      const sql = match(
        `ORDER BY id MEASURES FIRST(id) AS f, LAST(id) + 1 AS l PATTERN (${pattern})
        DEFINE A AS v = 'a', B AS v = 'b', C AS v = 'c'`,
        `(VALUES ${values}) t(id, v)`,
      ).replace(/, C AS v = 'c'/, (c) => (pattern.includes('C') ? c : ''))
      const expected = [...text.matchAll(expressions[i]!)].map((m) => [
        m.index,
        m.index + m[0].length,
      ])
      expect(await rows(sql), `seed ${seed}, ${pattern} in ${text}`).toEqual(expected)
    }
  })

  test.each([
    ['ORDER BY id MEASURES 1 AS x PATTERN (A) DEFINE B AS true', 'INVALID_LABEL'],
    [
      'ORDER BY id MEASURES 1 AS x PATTERN (A) DEFINE A AS FINAL LAST(id) > 1',
      'INVALID_PROCESSING_MODE',
    ],
    ['ORDER BY id MEASURES 1 AS x PATTERN (A) DEFINE A AS 1', 'TYPE_MISMATCH'],
    [
      'ORDER BY id MEASURES PREV(PREV(id)) AS x PATTERN (A) DEFINE A AS true',
      'INVALID_NAVIGATION_NESTING',
    ],
    [
      'ORDER BY id MEASURES LAST(A.id + B.id) AS x PATTERN (A B) DEFINE A AS true',
      'INVALID_ARGUMENTS',
    ],
    ['ORDER BY id + 1 MEASURES 1 AS x PATTERN (A) DEFINE A AS true', 'INVALID_COLUMN_REFERENCE'],
    ['MEASURES 1 AS x AFTER MATCH SKIP TO A PATTERN (A) DEFINE A AS true', 'GENERIC_USER_ERROR'],
  ])('%s is refused', async (clauses, code) => {
    expect(await codeOf(match(clauses))).toBe(code)
  })
})
