import { expect, test } from 'vitest'
import { rememberingParser } from '../../../../src/engine/planning/parsed-statements.js'
import { parseStatement } from '../../../../src/planner/parser/parser.js'

test('a text is parsed again once 200 others have come, or where it is long', () => {
  const parsed: string[] = []
  const parse = rememberingParser((sql) => {
    parsed.push(sql)
    return parseStatement(sql)
  })
  const first = parse('SELECT 0')
  for (let i = 1; i < 200; i++) parse(`SELECT ${i}`)
  expect(parse('SELECT 0')).toBe(first)
  expect(parsed.length).toBe(200)
  parse('SELECT 200')
  expect(parse('SELECT 0')).toBe(first)
  parse('SELECT 1')
  expect(parsed.slice(200)).toEqual(['SELECT 200', 'SELECT 1'])
  const long = `SELECT '${'x'.repeat(20_000)}'`
  parse(long)
  parse(long)
  expect(parsed.length).toBe(204)
})

test('a text that is no statement fails each time', () => {
  const parse = rememberingParser(parseStatement)
  for (let i = 0; i < 2; i++) {
    expect(() => parse('SELEC 1')).toThrow(expect.objectContaining({ code: 'SYNTAX_ERROR' }))
  }
})
