import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SEED } from '../../../support/seed.js'
import { filesFolder } from './folder.js'
import { randomGenerator } from './random.js'

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

test.each([
  { separator: ',', quote: '"', escapedBy: '"' },
  { separator: ';', quote: "'", escapedBy: '\\' },
  { separator: '|', quote: '"', escapedBy: '\\' },
  { separator: '\t', quote: '^', escapedBy: '^' },
  { separator: '-', quote: ']', escapedBy: '$' },
])('texts of all kinds come back: %o', async ({ separator, quote, escapedBy }) => {
  const random = randomGenerator(SEED)
  const pieces = [separator, quote, escapedBy, '\n', '\r\n', '"', "'", '\\', 'a', 'word', ' ', 'ä']
  const text = (): string =>
    Array.from({ length: Math.floor(random() * 7) }, () => {
      return pieces[Math.floor(random() * pieces.length)]!
    }).join('')
  // Larger than a split, whose bounds have to be found among newlines in quotes.
  await using folder = await filesFolder({}, { 'files.max-split-size': '64kB' })
  await folder.rows(`CREATE TABLE t (i integer, s varchar, t varchar) WITH (format = 'CSV',
    csv_separator = ${literal(separator)}, csv_quote = ${literal(quote)}, csv_escape = ${literal(escapedBy)})`)
  const rows = Array.from({ length: 400 }, (_, i) => [i, text(), `${text()}${'x'.repeat(800)}`])
  const values = rows.map(([i, s, t]) => `(${i}, ${literal(String(s))}, ${literal(String(t))})`)
  await folder.rows(`INSERT INTO t VALUES ${values.join(', ')}`)
  expect(await folder.rows('SELECT i, s, t FROM t ORDER BY i'), `seed ${SEED}`).toEqual(rows)
  expect(await folder.rows('SHOW CREATE TABLE t')).toEqual([
    [expect.stringContaining(`csv_escape = ${literal(escapedBy)}`)],
  ])
})

test('escapes are written before quotes, in quotes only', async () => {
  await using folder = await filesFolder()
  await folder.rows(
    `CREATE TABLE t WITH (format = 'CSV', csv_escape = '\\') AS SELECT 'a"b\\c' AS x, 'a\\b' AS y`,
  )
  const name = readdirSync(join(folder.root, 't')).find((entry) => entry.endsWith('.csv'))!
  expect(readFileSync(join(folder.root, 't', name), 'utf8')).toBe('x,y\n"a\\"b\\\\c",a\\b\n')
})

test('one character is not two things', async () => {
  await using folder = await filesFolder()
  expect(
    await folder.failure("CREATE TABLE t (a bigint) WITH (format = 'CSV', csv_quote = ',')"),
  ).toBe('INVALID_TABLE_PROPERTY: Delimiter of CSV files is their quote or escape too: ,')
  expect(
    await folder.failure("CREATE TABLE t (a bigint) WITH (format = 'CSV', csv_quote = 'ab')"),
  ).toMatch(/^INVALID_TABLE_PROPERTY: .*one ASCII character/)
  expect(readdirSync(folder.root)).toEqual([])
})
