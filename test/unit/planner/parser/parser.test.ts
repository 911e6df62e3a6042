import { describe, expect, test } from 'vitest'
import type {
  Expression,
  Query,
  QuerySpecification,
} from '../../../../src/planner/parser/ast/index.js'
import {
  parseDataType,
  parseExpression,
  parseStatement,
} from '../../../../src/planner/parser/parser.js'
import { MillraceError } from '../../../../src/spi/error.js'

function query(sql: string): Query {
  const statement = parseStatement(sql)
  if (statement.kind !== 'query') throw new Error(`not a query: ${statement.kind}`)
  return statement
}

function specification(sql: string): QuerySpecification {
  const body = query(sql).queryBody
  if (body.kind !== 'querySpecification') throw new Error(`not a SELECT: ${body.kind}`)
  return body
}

function syntaxError(sql: string): MillraceError {
  try {
    parseStatement(sql)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'SYNTAX_ERROR') return error
    throw error
  }
  throw new Error(`parsed: ${sql}`)
}

/** The shape of an expression, without locations, as nested lists. */
function shape(expression: Expression): unknown {
  switch (expression.kind) {
    case 'arithmeticBinaryExpression':
      return [expression.operator, shape(expression.left), shape(expression.right)]
    case 'arithmeticUnaryExpression':
      return [expression.sign, shape(expression.value)]
    case 'comparisonExpression':
      return [expression.operator, shape(expression.left), shape(expression.right)]
    case 'logicalExpression':
      return [expression.operator, ...expression.terms.map(shape)]
    case 'notExpression':
      return ['NOT', shape(expression.value)]
    case 'functionCall':
      return [
        expression.name.parts.map((p) => p.value).join('.'),
        ...expression.arguments.map(shape),
      ]
    case 'lambdaExpression':
      return ['->', shape(expression.body)]
    case 'longLiteral':
      return expression.value
    case 'identifier':
      return expression.value
    case 'atTimeZone':
      return ['AT', shape(expression.value)]
    default:
      return expression.kind
  }
}

describe('precedence', () => {
  test.each([
    ['1 + 2 * 3 - 4', ['-', ['+', '1', ['*', '2', '3']], '4']],
    ['a || b + c || d', ['concat', ['concat', 'a', ['+', 'b', 'c']], 'd']],
    ['-a * b', ['*', ['-', 'a'], 'b']],
    ['-1', '-1'],
    ['- -1', ['-', '-1']],
    ['2 -1', ['-', '2', '1']],
    ["-x AT TIME ZONE 'UTC'", ['-', ['AT', 'x']]],
    ['a OR b AND NOT c = d OR e', ['OR', 'a', ['AND', 'b', ['NOT', ['=', 'c', 'd']]], 'e']],
    ['NOT a AND b', ['AND', ['NOT', 'a'], 'b']],
    ['1 + x -> x + 1 = 2', ['+', '1', ['->', ['=', ['+', 'x', '1'], '2']]]],
  ])('%s', (sql, expected) => {
    expect(shape(parseExpression(sql))).toEqual(expected)
  })
})

describe('locations', () => {
  test('binary operators and predicates are where they stand, other nodes where they begin', () => {
    const select = specification('SELECT (a) + 1, x IS NULL,\n  b NOT IN (1), c.d, e AND f FROM t')
    const locations = select.select.selectItems.map((item) =>
      item.kind === 'singleColumn' ? item.expression.location : item.location,
    )
    expect(locations).toEqual([
      { line: 1, column: 12 },
      { line: 1, column: 19 },
      { line: 2, column: 5 },
      { line: 2, column: 17 },
      { line: 2, column: 22 },
    ])
  })

  test('columns count code points, lines end at line feeds', () => {
    const items = specification("SELECT '😀', a\r\n, b").select.selectItems
    expect(items.map((item) => item.location)).toEqual([
      { line: 1, column: 8 },
      { line: 1, column: 13 },
      { line: 2, column: 3 },
    ])
  })
})

describe('words that are names or not', () => {
  test('EXECUTE is a name', () => {
    expect(shape(parseExpression('execute + 1'))).toEqual(['+', 'execute', '1'])
    expect(parseStatement('EXECUTE execute').kind).toBe('execute')
  })

  test('ALL before brackets quantifies an array', () => {
    expect(specification('SELECT ALL [1]').select.selectItems).toMatchObject([
      { expression: { kind: 'array' } },
    ])
    expect(shape(parseExpression('count(ALL [1][1])'))).toEqual(['count', 'subscriptExpression'])
  })

  test('a text after FROM that can be no path is an error there', () => {
    expect(syntaxError("SELECT x FROM ('8', NULL) t(x)").location).toEqual({ line: 1, column: 16 })
    expect(syntaxError("SELECT x FROM 'a.csv' t(x").location).toEqual({ line: 1, column: 26 })
  })

  test('LIMIT, OFFSET, FETCH and WINDOW may be aliases', () => {
    expect(specification('SELECT x limit FROM t offset').select.selectItems[0]).toMatchObject({
      alias: { value: 'limit' },
    })
    expect(specification('SELECT x FROM t offset LIMIT 5')).toMatchObject({
      from: { kind: 'aliasedRelation', alias: { value: 'offset' } },
      limit: { rowCount: { value: '5' } },
    })
    expect(specification('SELECT x FROM t FETCH FIRST ROW WITH TIES')).toMatchObject({
      from: { kind: 'table' },
      limit: { kind: 'fetchFirst', withTies: true },
    })
  })

  test('ALL quantifies what follows', () => {
    expect(specification('SELECT ALL x').select.selectItems[0]).toMatchObject({
      expression: { value: 'x' },
    })
    expect(specification('SELECT all FROM t').select.selectItems[0]).toMatchObject({
      expression: { value: 'all' },
    })
  })

  test('special forms may be functions', () => {
    expect(parseExpression('position(a IN b)')).toMatchObject({
      name: { parts: [{ value: 'strpos' }] },
    })
    expect(parseExpression('position(a, b)')).toMatchObject({
      name: { parts: [{ value: 'position' }] },
    })
    expect(parseExpression('row(1, 2)').kind).toBe('row')
    expect(parseExpression('row(1) OVER ()').kind).toBe('functionCall')
    expect(parseExpression('try_cast(1 AS bigint)').kind).toBe('cast')
    expect(parseExpression('try_cast(1)').kind).toBe('functionCall')
  })
})

describe('parentheses', () => {
  test.each([
    ['((SELECT 1))', 'subqueryExpression'],
    ['((SELECT 1) + 1)', 'arithmeticBinaryExpression'],
    ['((SELECT 1) UNION (SELECT 2))', 'subqueryExpression'],
    ['((WITH t AS (SELECT 1) SELECT * FROM t))', 'subqueryExpression'],
    ['((SELECT 1), 2)', 'row'],
    ['(x) -> x', 'lambdaExpression'],
    ['() -> 1', 'lambdaExpression'],
    ['((a))', 'identifier'],
  ])('%s is %s', (sql, kind) => {
    expect(parseExpression(sql).kind).toBe(kind)
  })

  test('in FROM they hold a query or a relation', () => {
    expect(specification('SELECT * FROM ((SELECT 1) UNION SELECT 2)').from?.kind).toBe(
      'tableSubquery',
    )
    expect(specification('SELECT * FROM ((SELECT 1) t CROSS JOIN u)').from?.kind).toBe('join')
    expect(specification('SELECT * FROM ((SELECT 1) limit)').from?.kind).toBe('aliasedRelation')
    expect(specification('SELECT * FROM (TABLE(f()) t)').from?.kind).toBe('aliasedRelation')
  })

  test('after IN they hold a query or a list', () => {
    expect(parseExpression('1 IN (SELECT 1)')).toMatchObject({
      valueList: { kind: 'subqueryExpression' },
    })
    expect(parseExpression('1 IN ((SELECT 1))')).toMatchObject({
      valueList: { kind: 'inListExpression' },
    })
    expect(parseExpression('1 IN ((SELECT 1) UNION SELECT 2)')).toMatchObject({
      valueList: { kind: 'subqueryExpression' },
    })
  })
})

test('types written in other ways are generic types', () => {
  expect(parseDataType('MAP<bigint, double precision array>')).toMatchObject({
    name: { value: 'MAP' },
    parameters: [{ type: { name: { value: 'bigint' } } }, { type: { name: { value: 'array' } } }],
  })
  expect(parseDataType('row(double precision, x array, a array(bigint))')).toMatchObject({
    fields: [
      { type: { name: { value: 'double' } } },
      { type: { name: { value: 'array' } } },
      { name: { value: 'a' } },
    ],
  })
})

describe('errors of literals', () => {
  test.each([
    ["SELECT X'0'", 8, 'Binary literal must contain an even number of digits'],
    ["SELECT X'0G'", 8, 'Binary literal can only contain hexadecimal digits'],
    ["SELECT U&'\\00'", 8, 'Incomplete escape sequence: 00'],
    ["SELECT U&'\\zz'", 8, 'Invalid hexadecimal digit: z'],
    ["SELECT U&'x' UESCAPE '+'", 8, 'Invalid Unicode escape character: +'],
    ['SELECT 9223372036854775808', 8, 'Invalid numeric literal: 9223372036854775808'],
    ['SELECT 1, try()', 11, "The 'try' function must have exactly one argument"],
    ['SELECT EXTRACT(MILLISECOND FROM x)', 8, 'Invalid EXTRACT field: MILLISECOND'],
  ])('%s', (sql, column, message) => {
    const error = syntaxError(sql)
    expect(error.message).toBe(message)
    expect(error.location).toEqual({ line: 1, column })
  })

  test('a syntax error anywhere comes before them', () => {
    expect(syntaxError("SELECT X'0' FROM").location).toEqual({ line: 1, column: 17 })
  })
})

describe('size', () => {
  test('chains of thousands of terms do not recurse', () => {
    const terms = Array.from({ length: 20_000 }, (_, i) => `x${i}`)
    for (const operator of [' + ', ' || ', ' AND ', ' OR ', ' * ']) {
      expect(parseExpression(terms.join(operator)).location.line).toBe(1)
    }
    expect(query(terms.map((term) => `SELECT ${term}`).join(' UNION ALL ')).kind).toBe('query')
    expect(specification(`SELECT 1 FROM ${terms.join(' CROSS JOIN ')}`).from?.kind).toBe('join')
  })

  test('200 nested parentheses, queries, calls and types parse', () => {
    const nest = (open: string, inner: string, close: string): string =>
      open.repeat(200) + inner + close.repeat(200)
    expect(parseStatement(`SELECT ${nest('(', '1', ')')}`).kind).toBe('query')
    expect(parseStatement(`SELECT ${nest('(SELECT ', '1', ')')}`).kind).toBe('query')
    expect(parseStatement(`SELECT * FROM ${nest('(SELECT * FROM ', 't', ')')}`).kind).toBe('query')
    expect(parseStatement(`SELECT ${nest('f(', '1', ')')}`).kind).toBe('query')
    expect(parseDataType(nest('array(', 'bigint', ')')).kind).toBe('genericDataType')
  })

  test.each([
    ['(', '1', ')'],
    ['NOT ', 'x', ''],
    ['- ', 'x', ''],
    ['f(', '1', ')'],
    ['a[', '1', ']'],
    ['(SELECT ', '1', ')'],
    ['CASE WHEN ', 'x', ' THEN 1 END'],
    ['CAST(', 'x', ' AS bigint)'],
    ['x -> ', 'x', ''],
    ['trim(', 'x', ')'],
    ['substring(', 'x', ' FROM 1)'],
    ['1 IN (', '1', ')'],
  ])('100,000 times %s is an error, not a crash', (open, inner, close) => {
    const sql = `SELECT ${open.repeat(100_000)}${inner}${close.repeat(100_000)}`
    const error = syntaxError(sql)
    expect(error.message).toBe('statement is too large (stack overflow while parsing)')
  })
})
