import { describe, expect, test } from 'vitest'
import type { ColumnSummary } from '../../../../src/connectors/memory/column-summary.js'
import { columnDictionary } from '../../../../src/connectors/memory/column-writer.js'
import { PageWriter } from '../../../../src/connectors/memory/page-writer.js'
import { PartWriter } from '../../../../src/connectors/memory/part-writer.js'
import { BIGINT, blockOf, type Page, page, readValue, VARCHAR } from '../../../../src/spi/index.js'
import { SeededRandom } from '../../../../src/testing/random.js'
import { SEED } from '../../../support/seed.js'

const TYPES = [BIGINT, BIGINT, VARCHAR]
const dictionaries = () => [undefined, undefined, columnDictionary('d', VARCHAR)]

type Row = readonly [place: number, other: number, text: string | null]

const pageOf = (rows: readonly Row[]): Page =>
  page([
    blockOf(
      BIGINT,
      rows.map(([place]) => BigInt(place)),
    ),
    blockOf(
      BIGINT,
      rows.map(([, other]) => BigInt(other)),
    ),
    blockOf(
      VARCHAR,
      rows.map(([, , text]) => text),
    ),
  ])

const rowsOf = ({ blocks, rowCount }: Page): Row[] =>
  Array.from({ length: rowCount }, (_, i) => [
    Number(readValue(blocks[0]!, i)),
    Number(readValue(blocks[1]!, i)),
    readValue(blocks[2]!, i) as string | null,
  ])

/** Pages that are stored, with the rows that they had then. */
class Store {
  readonly rows: Row[][] = []
  readonly store = (stored: Page) => {
    this.rows.push(rowsOf(stored))
    const offset = this.rows.length - 1
    return { segment: 0, offset, rowCount: stored.rowCount, byteLength: stored.rowCount }
  }
}

const comparable = ({ sketch, ascending: _, ...rest }: ColumnSummary) => ({
  ...rest,
  sketch: sketch.estimate(),
})

const ascends = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value >= values[i - 1]!)

/** A source whose rows are numbered by their places, cut into runs that drivers take, and the order in which their pages come. */
function randomWrite(random: SeededRandom, isClustered: boolean) {
  const runCount = 1 + random.below(8)
  const driverCount = 1 + random.below(4)
  const waiting: { run: number; rows: Row[] }[][] = Array.from({ length: driverCount }, () => [])
  const source: Row[] = []
  for (let run = 0; run < runCount; run++) {
    const rows: Row[] = []
    const count = random.chance(0.3) ? random.below(50) : random.below(50_000)
    for (let i = 0; i < count; i++) {
      const place = isClustered ? source.length : random.below(1000)
      const row: Row = [place, random.below(50), random.chance(0.1) ? null : `t${i % 9}`]
      rows.push(row)
      source.push(row)
    }
    const pages = waiting[random.below(driverCount)]!
    for (let start = 0; start < count; start += 20_000) {
      pages.push({ run, rows: rows.slice(start, start + 20_000) })
    }
  }
  const arrivals: { driver: number; run: number; rows: Row[] }[] = []
  while (waiting.some((pages) => pages.length > 0)) {
    const driver = random.below(driverCount)
    const next = waiting[driver]!.shift()
    if (next !== undefined) arrivals.push({ driver, ...next })
  }
  return { source, arrivals }
}

describe('the rows that several drivers write at the same time', () => {
  test.each([1, 2, 3, 4])('are those of one, pages in order of the source, %i', (n) => {
    const random = new SeededRandom(SEED * 1000 + n)
    const isClustered = n % 2 === 0
    const { source, arrivals } = randomWrite(random, isClustered)
    const plain = new Store()
    const plainWriter = new PageWriter(TYPES, dictionaries(), plain.store)
    plainWriter.append(pageOf(source))
    const expected = plainWriter.finish()

    const stored = new Store()
    const writer = new PartWriter(TYPES, dictionaries(), stored.store)
    for (const { driver, run, rows } of arrivals) writer.append(pageOf(rows), { driver, run })
    const { pages, summaries } = writer.finish()
    const written = pages.map((one) => stored.rows[one.stored.offset]!)

    const byRow = (a: Row, b: Row): number =>
      a[0] - b[0] || a[1] - b[1] || `${a[2]}`.localeCompare(`${b[2]}`)
    expect(written.flat().sort(byRow)).toEqual([...source].sort(byRow))
    expect(summaries.map(comparable)).toEqual(expected.map(comparable))
    for (const channel of [0, 1]) {
      const values = written.flatMap((rows) => rows.map((row) => row[channel] as number))
      expect(summaries[channel]!.ascending).toBe(ascends(values))
    }
    if (isClustered) expect(ascends(written.map((rows) => rows[0]![0]))).toBe(true)
    // A page ends with its run, unless few rows of it are left.
    const overlaps = written.filter((rows, i) => {
      const next = written[i + 1]?.[0]
      return isClustered && next !== undefined && rows.at(-1)![0] > next[0]
    })
    for (const rows of overlaps) {
      const gap = rows.findIndex((row, i) => i > 0 && row[0] !== rows[i - 1]![0] + 1)
      expect(gap).toBeLessThan(16_384 * 4)
      expect(gap).toBeGreaterThan(0)
    }
  })

  test('which are of runs that are long enough keep the order of the source', () => {
    const stored = new Store()
    const writer = new PartWriter(TYPES, dictionaries(), stored.store)
    const run = (first: number, count: number) =>
      pageOf(Array.from({ length: count }, (_, i) => [first + i, 0, 't'] as const))
    writer.append(run(0, 20_000), { driver: 1, run: 0 })
    writer.append(run(40_000, 30_000), { driver: 0, run: 2 })
    writer.append(run(20_000, 20_000), { driver: 1, run: 1 })
    writer.append(run(70_000, 100_000), { driver: 1, run: 3 })
    const { pages, summaries } = writer.finish()
    const places = pages.flatMap(({ stored: { offset } }) => stored.rows[offset]!.map(([p]) => p))
    expect(places).toEqual(Array.from({ length: 170_000 }, (_, i) => i))
    expect(pages.map(({ stored: { rowCount } }) => rowCount)).toEqual([
      20_000, 20_000, 30_000, 65_536, 34_464,
    ])
    expect(summaries[0]).toMatchObject({ unique: true, ascending: true, min: 0, max: 169_999 })
    expect(writer.completedBytes).toBe(170_000)
  })

  test('share a dictionary that pays for all of them', () => {
    const stored = new Store()
    const dictionary = columnDictionary('d', VARCHAR)
    const writer = new PartWriter(TYPES, [undefined, undefined, dictionary], stored.store)
    const rows = (first: number) =>
      Array.from({ length: 20_000 }, (_, i) => [i, 0, `t${first + (i % 8000)}`] as const)
    writer.append(pageOf(rows(0)), { driver: 0, run: 0 })
    writer.append(pageOf(rows(8000)), { driver: 1, run: 1 })
    const { summaries } = writer.finish()
    expect(dictionary).toMatchObject({ rowCount: 40_000, givenUp: false })
    expect(summaries[2]).toMatchObject({ rowCount: 40_000, distinctCount: 16_000 })
  })

  test('are all given back where the write is given up', () => {
    const stored = new Store()
    const writer = new PartWriter(TYPES, dictionaries(), stored.store)
    const rows = Array.from({ length: 70_000 }, (_, i) => [i, 0, 't'] as const)
    writer.append(pageOf(rows), { driver: 0, run: 0 })
    writer.append(pageOf(rows), { driver: 1, run: 1 })
    expect(writer.memoryUsage).toBeGreaterThan(0)
    expect(writer.abort().map(({ offset }) => offset)).toEqual([0, 1])
    expect(writer.memoryUsage).toBe(0)
  })
})
