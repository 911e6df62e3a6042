import { describe, expect, test } from 'vitest'
import type { Statement } from '../../../../src/planner/parser/ast/index.js'
import {
  formatName,
  formatStatement,
  formatStringLiteral,
} from '../../../../src/planner/parser/format/format.js'
import { parseStatement } from '../../../../src/planner/parser/parser.js'
import { recordedStatements } from './recorded.js'
import { STATEMENTS } from './statements.js'

/** A node without what its text alone decides: locations, spans, how numbers are written. */
function withoutLayout(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutLayout)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'location' || key === 'span') return []
    if (key === 'text' && 'kind' in node && node.kind === 'longLiteral') return []
    if (key === 'text' && 'kind' in node && node.kind === 'doubleLiteral')
      return [[key, Number(value)]]
    return [[key, withoutLayout(value)]]
  })
  return Object.fromEntries(entries)
}

function expectRoundTrip(statement: Statement, sql: string): void {
  const text = formatStatement(statement)
  const again = parseStatement(text)
  expect(withoutLayout(again), `${sql}\n${text}`).toEqual(withoutLayout(statement))
  expect(formatStatement(again)).toBe(text)
}

describe('parse, format, parse gives the same statement', () => {
  test.each(STATEMENTS)('%s', (sql) => {
    expectRoundTrip(parseStatement(sql), sql)
  })

  test.skipIf(recordedStatements.length === 0)('for every statement recorded from Trino', () => {
    for (const sql of recordedStatements) expectRoundTrip(parseStatement(sql), sql)
  })
})

describe('the layout is that of Trino', () => {
  test('queries', () => {
    const sql = `create view v security definer as select date '2020-01-01' as d, interval '1' day i,
      array[1] a, cast(1 as decimal(5,2)) x, x'00' b, 1e0 e, 1.50 n, "a b" q, t.r.f
      from (values (1, cast(row(1) as row(f integer)))) t("a b", r) where a=1 order by 1`
    expect(formatStatement(parseStatement(sql))).toBe(
      [
        'CREATE VIEW v SECURITY DEFINER AS',
        'SELECT',
        "  date '2020-01-01' d",
        ", INTERVAL '1' DAY i",
        ', ARRAY[1] a',
        ', CAST(1 AS decimal(5, 2)) x',
        ", X'00' b",
        ', 1E0 e',
        ", DECIMAL '1.50' n",
        ', "a b" q',
        ', t.r.f',
        'FROM',
        '  (',
        ' VALUES ',
        '     ROW (1, CAST(ROW (1) AS row(f integer)))'.replace('row(f', 'ROW(f'),
        ')  t ("a b", r)',
        'WHERE (a = 1)',
        'ORDER BY 1 ASC',
      ].join('\n'),
    )
  })

  test('functions', () => {
    const sql = "create function f(x integer) returns integer comment 'adds' return x + 1"
    expect(formatStatement(parseStatement(sql))).toBe(
      "CREATE FUNCTION f(x integer)\nRETURNS integer\nCOMMENT 'adds'\nRETURN (x + 1)",
    )
  })

  test.each([
    ['a + b * -c', '(a + (b * -(c)))'],
    ['a and b or not c', '((a AND b) OR (NOT c))'],
    ['a not in (1, 2)', '(NOT (a IN (1, 2)))'],
    ['case a when 1 then 2 else 3 end', '(CASE a WHEN 1 THEN 2 ELSE 3 END)'],
    ["x || 'a'", "concat(x, 'a')"],
    ['count(*) filter (where x) over w', 'count(*) FILTER (WHERE x) OVER w'],
    ['1.5e300', '1.5E300'],
    ['-0e0', '-0E0'],
    ['1e999', '1e999'],
    ['x -> x + 1', '(x) -> (x + 1)'],
  ])('%s', (sql, expected) => {
    expect(formatStatement(parseStatement(`SELECT ${sql}`))).toBe(`SELECT ${expected}`)
  })
})

test('names are quoted where they must be', () => {
  expect(['a', 'A1_', 'limit', 'select', 'a b', '1a', 'a"b', ''].map(formatName)).toEqual([
    'a',
    'A1_',
    'limit',
    '"select"',
    '"a b"',
    '"1a"',
    '"a""b"',
    '""',
  ])
})

test('characters of strings but the quote stand for themselves', () => {
  expect(formatStringLiteral("it's")).toBe("'it''s'")
  expect(formatStringLiteral('a\\b')).toBe("'a\\b'")
  expect(formatStringLiteral('é\\\n😀')).toBe("'é\\\n😀'")
})

test('chains of thousands of operators round-trip', () => {
  const terms = Array.from({ length: 5000 }, (_, i) => `x${i}`)
  const statements = [' + ', ' || ', ' * ', ' OR '].map(
    (operator) => `SELECT ${terms.join(operator)}`,
  )
  statements.push(terms.map((term) => `SELECT ${term}`).join(' UNION ALL '))
  statements.push(`SELECT 1 FROM ${terms.join(' CROSS JOIN ')}`)
  statements.push(`SELECT 1 FROM ${terms.join(', ')}`)
  statements.push(`SELECT ${terms.join('.')}`)
  for (const sql of statements) {
    const text = formatStatement(parseStatement(sql))
    expect(formatStatement(parseStatement(text))).toBe(text)
  }
})
