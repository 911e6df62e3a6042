import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../../../src/planner/parser/diagnosis/diagnosis.js'
import { tokenize } from '../../../../../src/planner/parser/lexer.js'
import {
  parseDataType,
  parseExpression,
  parsePathSpecification,
  parseRowPattern,
  parseStatement,
} from '../../../../../src/planner/parser/parser.js'
import { MillraceError } from '../../../../../src/spi/error.js'
import { fuzzRuns, fuzzSeed, mutatedStatement, randomOf } from '../mutation.js'
import { STATEMENTS } from '../statements.js'

function messageOf(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    const { location, message } = error
    return `${location?.line}:${location?.column} ${message}`
  }
  throw new Error('parsed')
}

/** Messages of errors that Trino finds only in a text without syntax errors. */
const COMPLAINTS =
  /^(Binary literal|Invalid|The |Incomplete|Function body|May not|Empty Unicode|Explicit|'OR REPLACE'|OVER clause|DISTINCT not|Null treatment|Running or final|FILTER not)/

function parses(sql: string): boolean {
  try {
    parseStatement(sql)
    return true
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return COMPLAINTS.test(error.message)
  }
}

describe('the grammar and the parser agree', () => {
  test.each(STATEMENTS)('on %s', (sql) => {
    expect(diagnose(tokenize(sql), 'statement')).toBeUndefined()
  })

  test('on mutated statements', () => {
    const seed = fuzzSeed()
    const random = randomOf(seed)
    for (let i = 0; i < fuzzRuns(1000); i++) {
      const sql = mutatedStatement(random)
      // longer ones are slow to diagnose and say no more
      if (sql.length > 500) continue
      const where = `seed ${seed}, case ${i}: ${sql}`
      expect(diagnose(tokenize(sql), 'statement') === undefined, where).toBe(parses(sql))
    }
  })
})

describe('messages', () => {
  test.each([
    ['SELECT', "1:7 mismatched input '<EOF>'. Expecting: '*', 'ALL', 'DISTINCT', <expression>"],
    [
      'SELECT x\nFROM t WHERE x IS 1',
      "2:19 mismatched input '1'. Expecting: 'DISTINCT', 'NOT', 'NULL'",
    ],
    [
      'DROP x',
      "1:6 mismatched input 'x'. Expecting: 'CATALOG', 'FUNCTION', 'MATERIALIZED', 'ROLE', 'SCHEMA', 'TABLE', 'VIEW'",
    ],
    [
      'SELECT 1x',
      '1:8 identifiers must not start with a digit; surround the identifier with double quotes',
    ],
    [
      'SELECT `x`',
      '1:8 backquoted identifiers are not supported; use double quotes to quote identifiers',
    ],
    ['SELECT 1 AS ""', '1:13 Zero-length delimited identifier not allowed'],
    ['SELECT 1 FROM t JOIN u', "1:23 mismatched input '<EOF>'. Expecting: 'ON', 'USING'"],
    ['START TRANSACTION READ', "1:23 mismatched input '<EOF>'. Expecting: 'ONLY', 'WRITE'"],
  ])('%s', (sql, message) => {
    expect(messageOf(() => parseStatement(sql))).toBe(message)
  })

  test('of other goals than statements', () => {
    expect(messageOf(() => parseExpression('1 +'))).toBe(
      "1:4 mismatched input '<EOF>'. Expecting: <expression>",
    )
    expect(messageOf(() => parseDataType('decimal(10'))).toBe(
      "1:11 mismatched input '<EOF>'. Expecting: ')', ','",
    )
    expect(messageOf(() => parsePathSpecification('a.'))).toBe(
      "1:3 mismatched input '<EOF>'. Expecting: <identifier>",
    )
    expect(messageOf(() => parseRowPattern('A (B'))).toMatch(/^1:5 mismatched input '<EOF>'/)
  })

  test('of texts too long to diagnose say what the parser knows', () => {
    const sql = `SELECT ${Array.from({ length: 30_000 }, (_, i) => `a${i}`).join(', ')} FROM 1`
    const message = messageOf(() => parseStatement(sql))
    expect(message).toBe(`1:${sql.length} mismatched input '1'. Expecting: <identifier>`)
  })
})
