import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'

/** A statement in which something stands `n` deep or in a chain of `n`. */
const STATEMENTS: Readonly<Record<string, (n: number) => string>> = {
  parentheses: (n) => `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`,
  'a chain of +': (n) => `SELECT 1${' + 1'.repeat(n)}`,
  'a chain of ||': (n) => `SELECT 'a'${" || 'b'".repeat(n)}`,
  NOT: (n) => `SELECT ${'NOT '.repeat(n)}true`,
  calls: (n) => `SELECT ${'abs('.repeat(n)}-1${')'.repeat(n)}`,
  CASE: (n) => `SELECT ${'CASE WHEN true THEN '.repeat(n)}1${' END'.repeat(n)}`,
  arrays: (n) => `SELECT ${'ARRAY['.repeat(n)}1${']'.repeat(n)}`,
  lambdas: (n) => `SELECT ${'transform(ARRAY[1], x -> '.repeat(n)}1${')'.repeat(n)}`,
  'tables in parentheses': (n) =>
    `SELECT * FROM ${'(SELECT * FROM '.repeat(n)}(VALUES 1)${')'.repeat(n)}`,
  'scalar subqueries': (n) => `SELECT ${'(SELECT '.repeat(n)}1${')'.repeat(n)}`,
  EXISTS: (n) => `SELECT 1 WHERE ${'EXISTS (SELECT 1 WHERE '.repeat(n)}true${')'.repeat(n)}`,
  UNION: (n) => `SELECT 1${' UNION SELECT 1'.repeat(n)}`,
  WITH: (n) =>
    `WITH t0 AS (SELECT 1 AS x)${Array.from({ length: n }, (_, i) => `, t${i + 1} AS (SELECT x FROM t${i})`).join('')} SELECT * FROM t${n}`,
}

describe('deep statements', () => {
  let engine: Millrace
  beforeAll(async () => {
    engine = await Millrace.create({ threads: 0 })
  })
  afterAll(() => engine.close())

  for (const [name, statement] of Object.entries(STATEMENTS)) {
    test(`${name}, 100 deep, give an answer`, async () => {
      const rows = await engine.query(statement(100)).all()
      expect(rows).toHaveLength(1)
    })
    test(`${name}, 5,000 deep, end in an answer or a coded error`, async () => {
      const code = await engine
        .query(statement(5000))
        .all()
        .then(
          () => 'an answer',
          (error: { code?: string }) => error.code,
        )
      expect(['an answer', 'SYNTAX_ERROR', 'STACK_OVERFLOW']).toContain(code)
    })
  }

  test('a conjunction of thousands of inequalities is planned in a moment', async () => {
    const where = Array.from({ length: 3000 }, (_, i) => `x <> ${i + 10}`).join(' AND ')
    const rows = await engine.query(`SELECT * FROM (VALUES 1, 12) t(x) WHERE ${where}`).all()
    expect(rows).toEqual([{ x: 1 }])
  })
})
