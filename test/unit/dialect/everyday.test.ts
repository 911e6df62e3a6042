import { expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'
import { MillraceError } from '../../../src/spi/index.js'
import { EVERYDAY, SETUP } from '../../dialect/everyday.mjs'

/* Everyday statements of dialects whose databases are not at hand: the answers are those of what they mean in Trino's SQL. */

/** Numbers by their value: what type a quotient has is told by the dialects' own tests. */
const textOf = (value: unknown): string => {
  const text =
    typeof value === 'string'
      ? value
      : JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v))
  return text !== '' && !Number.isNaN(Number(text)) ? String(Number(text)) : text
}

/** What an error of a statement that has no equivalent may be. */
const REFUSALS = ['NOT_SUPPORTED', 'SYNTAX_ERROR', 'SCHEMA_NOT_FOUND', 'TYPE_MISMATCH']

test.for(Object.entries(EVERYDAY))('everyday statements of %s mean what their manuals say', {
  timeout: 60_000,
}, async ([dialect, statements]) => {
  const engine = await Millrace.create({ threads: 0 })
  const rowsOf = async (sql: string, language: string): Promise<readonly string[]> => {
    const rows = await engine
      .query<readonly unknown[]>(sql, [], { dialect: language, rowMode: 'array' })
      .all()
    const texts = rows.map((row) => row.map(textOf).join(' | '))
    return sql.includes('ORDER BY') ? texts : texts.sort()
  }
  try {
    for (const sql of SETUP) await engine.execute(sql)
    for (const [sql, meaning] of statements) {
      const answer = await rowsOf(sql, dialect).catch((error: unknown) => error)
      if (typeof meaning === 'string') {
        const expected = await rowsOf(meaning, 'trino')
        if (JSON.stringify(answer) !== JSON.stringify(expected))
          expect(answer, sql).toEqual(expected)
        continue
      }
      expect(answer, sql).toBeInstanceOf(MillraceError)
      const { code, message } = answer as MillraceError
      expect(REFUSALS, `${sql}: ${code} ${message}`).toContain(code)
      expect(message, sql).toMatch(meaning)
    }
  } finally {
    await engine.close()
  }
})
