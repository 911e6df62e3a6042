import { afterAll, beforeAll, expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'
import { SPELLINGS, TRINO_TEXTS, tpchTexts } from './tpch-texts.js'

let engine: Millrace
const answers: (readonly (readonly unknown[])[])[] = []

beforeAll(async () => {
  engine = await Millrace.create({
    threads: 0,
    catalogs: { tpch: { 'connector.name': 'tpch', 'tpch.column-naming': 'STANDARD' } },
  })
  for (const sql of TRINO_TEXTS) answers.push(await rowsOf(sql, 'trino'))
}, 120_000)

afterAll(() => engine.close())

const rowsOf = (sql: string, dialect: string): Promise<readonly (readonly unknown[])[]> =>
  engine
    .query<readonly unknown[]>(sql, [], {
      dialect,
      catalog: 'tpch',
      schema: 'tiny',
      rowMode: 'array',
    })
    .all()

/** Years are text in SQLite and numbers elsewhere; sums of doubles may differ in their last digits. */
const plain = (rows: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] =>
  rows.map((row) =>
    row.map((value) => {
      const number = Number(value)
      return value === null || value === '' || Number.isNaN(number)
        ? value
        : Number(number.toPrecision(10))
    }),
  )

test.for(
  Object.entries(SPELLINGS),
)('the 22 queries of TPC-H, written for %s, have the answers of Trino', {
  timeout: 120_000,
}, async ([dialect, spelling]) => {
  const texts = tpchTexts(spelling)
  expect(texts.every((text, i) => text === TRINO_TEXTS[i])).toBe(false)
  for (const [i, sql] of texts.entries()) {
    const rows = await rowsOf(sql, dialect).catch((error: Error) => `Q${i + 1}: ${error.message}`)
    expect(typeof rows === 'string' ? rows : plain(rows), `Q${i + 1}`).toEqual(plain(answers[i]!))
  }
})
