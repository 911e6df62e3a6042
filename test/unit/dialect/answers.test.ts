import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'
import { sameAnswer, textOf } from '../../dialect/same-answer.mjs'
import { STATEMENTS } from '../../dialect/statements.mjs'

/** What PostgreSQL 15, MariaDB 10.11 and SQLite answered; test/dialect/compare.mjs records it. */
const ANSWERS: Readonly<
  Record<
    string,
    readonly { readonly sql: string; readonly rows: readonly (readonly (string | null)[])[] }[]
  >
> = JSON.parse(readFileSync(new URL('../../dialect/answers.json', import.meta.url), 'utf8'))

test.for(
  Object.entries(ANSWERS),
)('everyday statements of %s have the answers of the database itself', {
  timeout: 120_000,
}, async ([dialect, answers]) => {
  const engine = await Millrace.create({ threads: 0 })
  try {
    expect(answers.length).toBeGreaterThan(50)
    for (const sql of STATEMENTS[dialect as keyof typeof STATEMENTS].setup) {
      await engine.execute(sql, [], { dialect })
    }
    for (const { sql, rows } of answers) {
      const actual = await engine
        .query<readonly unknown[]>(sql, [], { dialect, rowMode: 'array' })
        .all()
        .catch((error: Error) => error.message)
      const text = typeof actual === 'string' ? actual : actual.map((row) => row.map(textOf))
      if (!sameAnswer(text, rows)) expect(text, sql).toEqual(rows)
    }
  } finally {
    await engine.close()
  }
})
