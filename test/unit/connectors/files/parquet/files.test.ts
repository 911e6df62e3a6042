import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MillraceError, typeName, type Value } from '../../../../../src/spi/index.js'
import { readParquet } from './read-file.js'

const fixtures = join(import.meta.dirname, 'fixtures')

/** Carriers as the JSON of the fixtures has them. */
function carrierJson(value: Value): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
  if ('picos' in value) return { p: value.picos.toString(), z: 'zone' in value ? value.zone : '' }
  if ('keys' in value && 'values' in value && typeof value.values !== 'function') {
    return { k: value.keys.map(carrierJson), v: value.values.map(carrierJson) }
  }
  return (value as readonly Value[]).map(carrierJson)
}

async function columnsOf(path: string): Promise<Record<string, unknown[]>> {
  const { columns, rows } = await readParquet(path)
  return Object.fromEntries(
    columns.map(({ name }, index) => [name, rows.map((row) => carrierJson(row[index]!))]),
  )
}

describe('files of pyarrow', () => {
  const names = readdirSync(fixtures).filter((name) => name.endsWith('.parquet'))
  for (const name of names) {
    it(`reads ${name}`, async () => {
      const expected = JSON.parse(readFileSync(join(fixtures, `${name[0]}.json`), 'utf8'))
      const columns = await columnsOf(join(fixtures, name))
      for (const [column, values] of Object.entries(columns)) {
        expect(values, column).toEqual(expected[column])
      }
      expect(Object.keys(columns).length).toBeGreaterThan(35)
    })
  }
})

describe('files of other writers', () => {
  const path = (name: string) => join(fixtures, 'parquet-testing', `${name}.parquet`)
  const rowsOf = async (name: string) =>
    (await readParquet(path(name))).rows.map((row) => row.map(carrierJson))
  const typesOf = async (name: string) =>
    (await readParquet(path(name))).columns.map(({ type }) => typeName(type))

  it('reads lists of the oldest shape: the repeated group is the element', async () => {
    expect(await rowsOf('old_list_structure')).toEqual([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ])
  })
  it('reads repeated fields that no list is around', async () => {
    expect(await typesOf('repeated_no_annotation')).toEqual([
      'integer',
      'row("phone" array(row("number" bigint, "kind" varchar)))',
    ])
    expect((await rowsOf('repeated_no_annotation')).at(-1)).toEqual([
      6,
      [
        [
          ['1111111111', 'home'],
          ['2222222222', null],
          ['3333333333', 'mobile'],
        ],
      ],
    ])
    expect(await rowsOf('repeated_primitive_no_list')).toHaveLength(4)
  })
  it('reads a map whose keys and values are lists of one column', async () => {
    expect(await typesOf('incorrect_map_schema')).toEqual(['map(varchar, varchar)'])
    expect(await typesOf('map_no_value')).toContain('array(integer)')
  })
  it('reads lists of nulls and nested lists', async () => {
    expect(await rowsOf('null_list')).toEqual([[[]]])
    expect((await rowsOf('nested_lists.snappy'))[0]).toEqual([
      [
        [['a', 'b'], ['c']],
        [null, ['d']],
      ],
      1,
    ])
  })
  it('reads structs of Impala', async () => {
    expect(await rowsOf('nonnullable.impala')).toHaveLength(1)
    expect((await rowsOf('nullable.impala')).map((row) => row[0])).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
    ])
  })
  it('reads INT96 beyond the range of 64-bit nanoseconds', async () => {
    const { columns, rows } = await readParquet(join(fixtures, 'edge/int96_far.parquet'))
    expect(columns.map(({ type }) => typeName(type))).toEqual(['timestamp(9)'])
    expect(rows).toEqual([
      [253402225200000000n * 1_000_000n],
      [null],
      [-62135596800000000n * 1_000_000n],
      [1704141296123456n * 1_000_000n],
    ])
  })
  it('refuses INT96 beyond what a timestamp holds, as Spark leaves one: no wrong year', async () => {
    await expect(readParquet(path('int96_from_spark'))).rejects.toMatchObject({
      code: 'HIVE_BAD_DATA',
      message: expect.stringMatching(/a timestamp is out of range: .* \(row group 0, column a\)$/),
    })
  })
  it('reads the same rows under both framings of LZ4, and raw', async () => {
    const raw = await rowsOf('lz4_raw_compressed')
    expect(await rowsOf('hadoop_lz4_compressed')).toEqual(raw)
    expect(await rowsOf('non_hadoop_lz4_compressed')).toEqual(raw)
  })
  it('reads a chunk that is longer than its metadata says', async () => {
    expect(await rowsOf('nation.dict-malformed')).toHaveLength(25)
  })
  it('reads decimals of bytes, half floats and booleans in runs', async () => {
    const decimals = Array.from({ length: 24 }, (_, i) => [String((i + 1) * 100)])
    expect(await rowsOf('byte_array_decimal')).toEqual(decimals)
    expect(await rowsOf('fixed_length_decimal_legacy')).toEqual(decimals)
    expect((await rowsOf('float16_nonzeros_and_nans')).map(([value]) => value)).toEqual(
      [null, 1, -2, 'NaN', 0, -1, 0, 2].map((value) => (value === 0 ? expect.anything() : value)),
    )
    expect(await rowsOf('rle_boolean_encoding')).toHaveLength(68)
  })
  it('reads members of gzip that follow each other, and streams of bytes', async () => {
    expect(await rowsOf('concatenated_gzip_members')).toHaveLength(513)
    expect(await rowsOf('byte_stream_split.zstd')).toHaveLength(300)
  })
  it.each([
    ['ARROW-GH-45185', 'a column begins in the middle of a row'],
    ['ARROW-GH-47662', 'cut off'],
    ['ARROW-RS-GH-6229-DICTHEADER', 'a column lies outside of the file'],
    ['ARROW-RS-GH-6229-LEVELS', 'pages have more values than their column'],
    ['PARQUET-1481', 'unknown physical type: -7'],
    ['large_string_map.brotli', 'a page of 1073741828 bytes'],
    ['rle-dict-uncompressed-corrupt-checksum', 'another checksum'],
  ])('refuses %s with the file and place', async (name, message) => {
    const error = await readParquet(path(name)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(MillraceError)
    expect(error).toMatchObject({ code: 'HIVE_BAD_DATA' })
    expect((error as MillraceError).message).toContain(message)
    expect((error as MillraceError).message).toContain(path(name))
  })
})
