import { describe, expect, test } from 'vitest'
import { parseStatement } from '../../../../src/planner/parser/parser.js'
import { MillraceError } from '../../../../src/spi/error.js'
import { recordedCases, recordedStatements, recordedSyntaxError } from './recorded.js'

function parseError(sql: string): MillraceError | undefined {
  try {
    parseStatement(sql)
    return undefined
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
}

describe.skipIf(recordedCases.length === 0)('statements recorded from Trino 476', () => {
  test('what Trino parses parses', () => {
    for (const sql of recordedStatements) expect(parseError(sql), sql).toBeUndefined()
  })

  test('syntax errors have the place and the words of Trino', () => {
    const cases = recordedCases.filter((recorded) => recordedSyntaxError(recorded) !== undefined)
    expect(cases.length).toBeGreaterThan(100)
    for (const recorded of cases) {
      const actual = parseError(recorded.sql)
      const { line, column } = actual?.location ?? {}
      const { sql } = recorded
      expect(actual?.code, sql).toBe('SYNTAX_ERROR')
      const expected = recordedSyntaxError(recorded)
      expect(`line ${line}:${column}: ${actual?.message}`, sql).toBe(expected?.message)
    }
  })
})
