import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { filesFolder } from '../folder.js'

/** 300,000 rows: k ascends, h is spread over all rows, w repeats 1,000 words, s has NULLs and long texts. */
const ROWS = `SELECT k, k * 2654435761 % 4294967296 * 2 AS h, 'w' || CAST(k % 1000 AS varchar) AS w,
    IF(k % 3 = 0, NULL, 'text ' || CAST(k AS varchar)) AS s, DATE '2000-01-01' + (k / 1000) * INTERVAL '1' DAY AS day,
    CAST(k AS decimal(20, 2)) AS d, CAST(k AS double) / 4 AS x, ARRAY[k] AS list
  FROM (SELECT a + b * 1000 AS k FROM UNNEST(sequence(0, 299)) u(b), UNNEST(sequence(0, 999)) t(a))`

/** The bytes that a scan read from its files. */
async function scannedBytes(
  folder: Awaited<ReturnType<typeof filesFolder>>,
  sql: string,
): Promise<number> {
  const rows = (await folder.rows(`EXPLAIN ANALYZE ${sql}`)) as unknown[][]
  const plan = rows.map(([line]) => String(line)).join('\n')
  return Number(/TableScan[\s\S]*?physical input: (\d+)B/.exec(plan)![1])
}

test('files of our own are pruned by their Bloom filters and page indexes, and others read them', async () => {
  await using folder = await filesFolder()
  await folder.rows(`CREATE TABLE t
    WITH (format = 'PARQUET', parquet_bloom_filter_columns = ARRAY['h', 'W', 's', 'day', 'd', 'x']) AS ${ROWS}`)
  const [[shown]] = (await folder.rows('SHOW CREATE TABLE t')) as [[string]]
  expect(shown).toContain("parquet_bloom_filter_columns = ARRAY['h','w','s','day','d','x']")

  const absent = 'SELECT count(*), max(x) FROM t WHERE h = 1234567'
  const range = 'SELECT count(*), max(s) FROM t WHERE k BETWEEN 70000 AND 70010'
  const some = `SELECT k FROM t WHERE w = 'w17' AND s = 'text 123017' AND day = DATE '2000-05-03' AND d = 123017 AND x = 30754.25`
  const answers = async () => [
    await folder.rows(absent),
    await folder.rows(range),
    await folder.rows(some),
    await folder.rows("SELECT count(*) FROM t WHERE w = 'w1000' OR s IS NULL AND k < 100"),
  ]
  const pruned = {
    absent: await scannedBytes(folder, absent),
    range: await scannedBytes(folder, range),
  }
  const expected = await answers()
  expect(expected.slice(0, 3)).toEqual([[[0n, null]], [[11n, 'text 70010']], [[123017n]]])

  await folder.engine.execute('SET SESSION files.parquet_use_bloom_filter = false')
  await folder.engine.execute('SET SESSION files.parquet_use_column_index = false')
  const whole = {
    absent: await scannedBytes(folder, absent),
    range: await scannedBytes(folder, range),
  }
  expect(await answers()).toEqual(expected)
  expect(pruned.absent).toBeLessThan(whole.absent / 10)
  expect(pruned.range).toBeLessThan(whole.range / 2)

  const [name] = readdirSync(join(folder.root, 't')).filter((entry) => entry.endsWith('.parquet'))
  const path = join(folder.root, 't', name!)
  const instance = await DuckDBInstance.create(':memory:')
  const duckdb = await instance.connect()
  const rows = async (sql: string) => (await duckdb.runAndReadAll(sql)).getRows()
  expect(
    await rows(`SELECT path_in_schema FROM parquet_metadata('${path}')
      WHERE bloom_filter_length > 0 AND row_group_id = 0`),
  ).toEqual([['h'], ['w'], ['s'], ['day'], ['d'], ['x']])
  for (const [column, present, missing] of [
    ['h', '2 * (5 * 2654435761 % 4294967296)', '1234567'],
    ['w', "'w17'", "'w1000'"],
    ['s', "'text 5'", "'text 3'"],
    ['x', '30754.25::DOUBLE', '0.1::DOUBLE'],
  ]) {
    const excludes = async (value: string) =>
      (
        await rows(
          `SELECT bool_and(bloom_filter_excludes) FROM parquet_bloom_probe('${path}', '${column}', ${value})`,
        )
      )[0]![0]
    expect(await excludes(present!), `${column} has ${present}`).toBe(false)
    expect(await excludes(missing!), `${column} has no ${missing}`).toBe(true)
  }
  expect(
    await rows(
      `SELECT count(*), sum(k), max(s), count(s) FROM '${path}' WHERE k >= 65536 AND w < 'w5'`,
    ),
  ).toEqual(
    await folder.rows(
      `SELECT count(*), sum(k), max(s), count(s) FROM t WHERE k >= 65536 AND w < 'w5'`,
    ),
  )
  duckdb.closeSync()
  instance.closeSync()
})

test('columns that have no Bloom filter are refused', async () => {
  await using folder = await filesFolder()
  const create = (properties: string) =>
    folder.failure(`CREATE TABLE t WITH (${properties}) AS SELECT true AS b, ARRAY[1] AS a, 1 AS i`)
  const columns = (list: string) => create(`parquet_bloom_filter_columns = ARRAY[${list}]`)
  expect(await columns("'z'")).toBe(
    'INVALID_TABLE_PROPERTY: Column of a Parquet Bloom filter is not present in schema: z',
  )
  expect(await columns("'b'")).toBe(
    'INVALID_TABLE_PROPERTY: Column of a Parquet Bloom filter is of a type that has none, boolean: b',
  )
  expect(await columns("'i', 'a'")).toBe(
    'INVALID_TABLE_PROPERTY: Column of a Parquet Bloom filter is of a type that has none, array(integer): a',
  )
  expect(await create("format = 'CSV', parquet_bloom_filter_columns = ARRAY['i']")).toBe(
    'INVALID_TABLE_PROPERTY: Cannot specify parquet_bloom_filter_columns table property for storage format: CSV',
  )
})
