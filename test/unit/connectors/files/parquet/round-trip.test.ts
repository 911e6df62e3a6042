import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterAll, describe, expect, it } from 'vitest'
import {
  arrayType,
  BIGINT,
  type Block,
  BOOLEAN,
  blockOf,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  INTEGER,
  JSON_TYPE,
  mapType,
  type Page,
  page,
  REAL,
  rowType,
  SMALLINT,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  UUID,
  VARBINARY,
  VARCHAR,
  type Value,
} from '../../../../../src/spi/index.js'
import { SEED } from '../../../../support/seed.js'
import { readParquet } from './read-file.js'
import { writeParquet } from './write-file.js'

const folder = mkdtempSync(join(tmpdir(), 'millrace-parquet-'))
afterAll(() => rmSync(folder, { recursive: true }))

const seed = SEED
console.log(`seed ${seed}`)

function randomNumbers(start: number): () => number {
  let state = start | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
const random = randomNumbers(seed)
const below = (n: number): number => Math.floor(random() * n)
const wide = (bits: number): bigint => {
  let value = 0n
  for (let i = 0; i < bits; i += 16) value = (value << 16n) | BigInt(below(65_536))
  return BigInt.asIntN(bits, value)
}
const text = (): string =>
  ['', 'a', 'AIR', 'grün', '\u{1f600}', 'x'.repeat(below(80)), String(below(50))][below(7)]!

interface Kind {
  readonly type: SqlType
  readonly next: () => Value
  /** What is read back, where Parquet has another type for it. */
  readonly readAs?: (value: Value) => Value
}
const list = <T>(next: () => T): T[] => Array.from({ length: below(4) }, next)
const orNull =
  (next: () => Value): (() => Value) =>
  () =>
    below(6) === 0 ? null : next()
const micros = (): bigint => wide(48) * 1_000_000n

const KINDS: Readonly<Record<string, Kind>> = {
  boolean: { type: BOOLEAN, next: () => below(2) === 1 },
  tinyint: { type: TINYINT, next: () => below(256) - 128 },
  smallint: { type: SMALLINT, next: () => below(65_536) - 32_768 },
  integer: { type: INTEGER, next: () => Number(wide(32)) },
  bigint: { type: BIGINT, next: () => wide(64) },
  dense: { type: BIGINT, next: () => BigInt(below(20)) },
  offset: { type: BIGINT, next: () => 5_000_000_000n + BigInt(below(1000)) },
  real: { type: REAL, next: () => Math.fround(random() * 100) },
  double: { type: DOUBLE, next: () => [random(), 0, Number.NaN, -1e300][below(4)]! },
  decimal7: { type: decimalType(7, 2), next: () => BigInt(below(9_999_999)) },
  decimal15: { type: decimalType(15, 2), next: () => BigInt(below(5000)) * 100n },
  decimal38: { type: decimalType(38, 5), next: () => wide(112) },
  varchar: { type: VARCHAR, next: text },
  char: { type: charType(8), next: () => 'ab'.slice(below(2)) },
  json: { type: JSON_TYPE, next: () => `{"a":${below(9)}}` },
  varbinary: { type: VARBINARY, next: () => Uint8Array.from(list(() => below(256))) },
  uuid: { type: UUID, next: () => Uint8Array.from({ length: 16 }, () => below(256)) },
  date: { type: DATE, next: () => below(40_000) - 20_000 },
  time3: { type: timeType(3), next: () => BigInt(below(86_400_000)) * 1_000_000_000n },
  time6: { type: timeType(6), next: () => BigInt(below(86_400_000)) * 1_000_000n },
  time9: { type: timeType(9), next: () => BigInt(below(86_400_000)) * 1000n },
  timestamp3: { type: timestampType(3), next: () => wide(40) * 1_000_000_000n },
  timestamp6: { type: timestampType(6), next: micros },
  timestamp9: { type: timestampType(9), next: () => wide(60) * 1000n },
  instant3: {
    type: timestampWithTimeZoneType(3),
    next: () => ({ picos: wide(40) * 1_000_000_000n, zone: 'UTC' }),
  },
  instant6: { type: timestampWithTimeZoneType(6), next: () => ({ picos: micros(), zone: 'UTC' }) },
  array: { type: arrayType(BIGINT), next: () => list(orNull(() => BigInt(below(9)))) },
  arrays: {
    type: arrayType(arrayType(VARCHAR)),
    next: () => list(orNull(() => list(orNull(text)))),
  },
  map: {
    type: mapType(VARCHAR, DOUBLE),
    next: () => {
      const keys = ['a', 'b', 'c'].slice(0, below(4))
      return { keys, values: keys.map(orNull(random)) }
    },
  },
  row: {
    type: rowType([
      { name: 'x', type: INTEGER },
      { name: 'y', type: arrayType(rowType([{ name: 'z', type: VARCHAR }])) },
    ]),
    next: () => [orNull(() => below(9))(), orNull(() => list(orNull(() => [orNull(text)()])))()],
  },
}

const columns = Object.entries(KINDS).map(([name, { type }]) => ({ name, type }))

/** Pages of random rows, some of whose blocks are dictionaries or constants. */
function randomPages(rowCounts: readonly number[], nullable: boolean) {
  const expected: Value[][] = []
  const pages = rowCounts.map((rowCount): Page => {
    const values = Object.values(KINDS).map(({ next }) =>
      Array.from({ length: rowCount }, nullable ? orNull(next) : next),
    )
    for (let i = 0; i < rowCount; i++) expected.push(values.map((column) => column[i]!))
    const blocks = values.map((column, c): Block => {
      const { type } = columns[c]!
      const flat = blockOf(type, column)
      if (below(3) > 0 || rowCount === 0) return flat
      const codes = Int32Array.from({ length: rowCount }, (_, i) => i)
      return { encoding: 'dictionary', type, rowCount, codes, dictionary: flat, validity: null }
    })
    return page(blocks, rowCount)
  })
  return { pages, expected }
}

describe('what is written is read again', () => {
  it.each([
    ['SNAPPY', true],
    ['SNAPPY', false],
    ['LZ4', true],
    ['GZIP', true],
    ['NONE', true],
    ['BROTLI', false],
  ])('%s, with nulls: %s', async (compression, nullable) => {
    const path = join(folder, `${compression}-${nullable}.parquet`)
    const { pages, expected } = randomPages([1, 0, 700, 64, 1500], nullable)
    await writeParquet(path, columns, pages, { compression, properties: {} })
    const read = await readParquet(path)
    expect(read.columns.map(({ type }) => type)).toEqual(columns.map(({ type }) => type))
    for (const [c, { name }] of columns.entries()) {
      expect(
        read.rows.map((row) => row[c]),
        `${name}, seed ${seed}`,
      ).toEqual(expected.map((row) => row[c]))
    }
  })

  it('has columns of NULLs alone', async () => {
    const path = join(folder, 'nulls.parquet')
    const blocks = columns.map(({ type }) => blockOf(type, Array<Value>(300).fill(null)))
    await writeParquet(path, columns, [page(blocks, 300)])
    const { rows } = await readParquet(path)
    expect(rows).toHaveLength(300)
    expect(rows.flat().every((value) => value === null)).toBe(true)
  })

  it('is the same for another reader', async () => {
    const path = join(folder, 'hyparquet.parquet')
    const { pages, expected } = randomPages([300], true)
    await writeParquet(path, columns, pages)
    const file = await asyncBufferFromFile(path)
    const rows = await parquetReadObjects({ file })
    const simple = ['boolean', 'integer', 'bigint', 'dense', 'varchar', 'array', 'real']
    for (const name of simple) {
      const c = columns.findIndex((column) => column.name === name)
      expect(
        rows.map((row) => row[name] ?? null),
        `${name}, seed ${seed}`,
      ).toEqual(expected.map((row) => row[c]))
    }
  })

  it('gives row groups up to a size, and files without rows', async () => {
    const path = join(folder, 'groups.parquet')
    const narrow = [{ name: 'n', type: BIGINT }]
    const rowCount = 50_000
    const block = (from: number): Block =>
      blockOf(
        BIGINT,
        Array.from({ length: rowCount }, (_, i) => BigInt(from + i)),
      )
    const blocks = Array.from({ length: 8 }, (_, i) => page([block(i * rowCount)]))
    await writeParquet(path, narrow, blocks)
    const read = await readParquet(path)
    expect(read.rows.map(([n]) => Number(n))).toEqual(
      Array.from({ length: 8 * rowCount }, (_, i) => i),
    )
    expect(read.pages.length).toBeGreaterThan(5)
    await writeParquet(join(folder, 'empty.parquet'), narrow, [])
    expect((await readParquet(join(folder, 'empty.parquet'))).rows).toEqual([])
  })

  it('refuses types that Parquet has nothing for, and compressions that are none', async () => {
    const bad = [{ name: 'i', type: { kind: 'interval day to second' } as SqlType }]
    await expect(writeParquet(join(folder, 'x.parquet'), bad, [])).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    })
    const options = { compression: 'LZMA', properties: {} }
    await expect(
      writeParquet(join(folder, 'x.parquet'), columns, [], options),
    ).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })
})
