import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parquetFormat } from '../../../../../src/connectors/files/parquet/format.js'
import { BIGINT, blockOf, page } from '../../../../../src/spi/index.js'
import { dataFile } from './read-file.js'
import { writeParquet } from './write-file.js'

const folder = mkdtempSync(join(tmpdir(), 'millrace-bounds-'))
afterAll(() => rmSync(folder, { recursive: true }))

const PAGE_ROWS = 65_536

/** What the file's own figures say of a column that has a page of each function's numbers. */
async function statisticsOf(name: string, pages: readonly ((row: number) => number)[]) {
  const path = join(folder, name)
  const rows = Array.from({ length: PAGE_ROWS }, (_, row) => BigInt(row))
  await writeParquet(
    path,
    [{ name: 'number', type: BIGINT }],
    pages.map((numberOf) =>
      page([
        blockOf(
          BIGINT,
          rows.map((row) => BigInt(numberOf(Number(row)))),
        ),
      ]),
    ),
  )
  const file = dataFile(path)
  const { signal } = new AbortController()
  const summary = await parquetFormat.inspect(file, {}, signal)
  const statistics = await parquetFormat.statistics!(file, summary, summary.columns, signal)
  return statistics!.columns[0]!
}

describe('bounds of written chunks', () => {
  const few = (row: number): number => 1_000_000 + (row % 100)

  test('of a dictionary: those of its entries', async () => {
    const pages = [few, (row: number) => few(row) - 500, few]
    const { range, distinctValuesCount } = await statisticsOf('few.parquet', pages)
    expect(range).toEqual({ min: 999_500, max: 1_000_099 })
    expect(distinctValuesCount).toBe(200)
  })

  test.each([
    { name: 'low.parquet', least: 5, greatest: 7 },
    { name: 'high.parquet', least: 2_000_001, greatest: 2_000_007 },
  ])('of a dictionary that was given up: those of pages before and after, $name', async ({
    name,
    least,
    greatest,
  }) => {
    const spread = (row: number): number => 1_000_200 + row
    const first = (row: number): number => (row % 2 === 0 ? least : greatest)
    const { range, distinctValuesCount } = await statisticsOf(name, [first, spread, few])
    expect(range).toEqual({
      min: Math.min(least, 1_000_000),
      max: Math.max(greatest, 1_000_200 + PAGE_ROWS - 1),
    })
    // Not known where the dictionary has not all values: as if all were different.
    expect(distinctValuesCount).toBe(3 * PAGE_ROWS)
  })
})
