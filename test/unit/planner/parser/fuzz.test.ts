import { expect, test } from 'vitest'
import { formatStatement } from '../../../../src/planner/parser/format/format.js'
import { parseStatement } from '../../../../src/planner/parser/parser.js'
import { splitStatements } from '../../../../src/planner/parser/splitter.js'
import { MillraceError } from '../../../../src/spi/error.js'
import { fuzzRuns, fuzzSeed, mutatedStatement, randomOf } from './mutation.js'

test('mutated statements parse and round-trip, or are syntax errors with a place', () => {
  const seed = fuzzSeed()
  const random = randomOf(seed)
  let parsed = 0
  for (let i = 0; i < fuzzRuns(2000); i++) {
    const sql = mutatedStatement(random)
    const where = `seed ${seed}, case ${i}: ${sql}`
    try {
      const text = formatStatement(parseStatement(sql))
      expect(formatStatement(parseStatement(text)), where).toBe(text)
      parsed++
    } catch (error) {
      if (!(error instanceof MillraceError)) throw new Error(where, { cause: error })
      expect(error.code, where).toBe('SYNTAX_ERROR')
      expect(error.location?.line, where).toBeGreaterThan(0)
      expect(error.location?.column, where).toBeGreaterThan(0)
    }
    const pieces = splitStatements(sql)
    expect(
      pieces.map((piece) => sql.slice(piece.start, piece.end)),
      where,
    ).toEqual(pieces.map((piece) => piece.sql))
  }
  expect(parsed).toBeGreaterThan(100)
})
