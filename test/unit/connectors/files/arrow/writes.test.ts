import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { RecordBatchReader, Table, tableFromIPC } from 'apache-arrow'
import { expect, test } from 'vitest'
import { filesFolder } from '../folder.js'

const VALUES = `SELECT * FROM (VALUES
  (TINYINT '1', SMALLINT '-2', 3, BIGINT '9007199254740993', REAL '0.1', 2.5e0, DECIMAL '1.25',
   DECIMAL '-12345678901234567890123456789.5', true, DATE '1960-02-29', TIMESTAMP '1969-12-31 23:59:59.999999',
   TIMESTAMP '2024-01-01 00:00:00', CAST('ä' AS varchar), CAST('ab' AS varchar(3)), CAST('ab' AS char(4)), X'00ff', JSON '{"a":1}',
   ARRAY[1, NULL], MAP(ARRAY['k'], ARRAY[ARRAY['v']]), CAST(ROW(1, 'z') AS ROW(a integer, b varchar))),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
) AS t(ti, si, i, bi, r, d, dec, ldec, b, day, ts, ts0, v, v3, c4, bin, j, l, m, st)`

test.each(['NONE', 'LZ4'])('Arrow files give back what was written, %s', async (codec) => {
  await using folder = await filesFolder()
  await folder.engine.execute(`SET SESSION files.compression_codec = '${codec}'`)
  await folder.rows(`CREATE TABLE t WITH (format = 'ARROW') AS ${VALUES}`)
  const expected = await folder.rows(VALUES)
  expect(await folder.rows('SELECT * FROM t')).toEqual(expected)
  await folder.rows('INSERT INTO t SELECT * FROM t')
  expect(await folder.rows('SELECT * FROM t WHERE ti IS NOT NULL')).toEqual([
    expected[0],
    expected[0],
  ])
  const names = readdirSync(join(folder.root, 't')).filter((name) => name.endsWith('.arrow'))
  expect(names).toHaveLength(2)
  // The file says its types by itself too.
  const described = await folder.rows('DESCRIBE t')
  expect(await folder.rows(`DESCRIBE "t/${names[0]}"`)).toEqual(described)
  if (codec !== 'NONE') return
  const table = tableFromIPC(readFileSync(join(folder.root, 't', names[0]!)))
  expect([...table.getChild('bi')!]).toEqual([9007199254740993n, null])
  expect([...table.getChild('v')!]).toEqual(['ä', null])
})

test('LZ4 makes files smaller', async () => {
  await using folder = await filesFolder()
  const select = `SELECT x / 100 AS k, 'word ' || CAST(x % 7 AS varchar) AS w
    FROM UNNEST(sequence(1, 10000)) AS t(x)`
  const sizes: number[] = []
  for (const codec of ['NONE', 'LZ4']) {
    await folder.engine.execute(`SET SESSION files.compression_codec = '${codec}'`)
    await folder.rows(`CREATE TABLE t_${codec} WITH (format = 'ARROW') AS ${select}`)
    const at = join(folder.root, `t_${codec.toLowerCase()}`)
    const name = readdirSync(at).find((entry) => entry.endsWith('.arrow'))!
    sizes.push(statSync(join(at, name)).size)
    expect(await folder.rows(`SELECT count(*), sum(k), max(w) FROM t_${codec}`)).toEqual([
      [10_000n, 495_100n, 'word 6'],
    ])
  }
  expect(sizes[1]).toBeLessThan(sizes[0]! / 2)
})

/** Types that Arrow has not, as it has them. */
const FORMS = [
  ["TIME '01:02:03.123456'", 'time(6)'],
  ["TIME '23:59:59.123456789'", 'time(9)'],
  ["TIME '01:02:03.123456789012'", 'time(12)'],
  ["TIME '01:02:03+02:00'", 'time(0) with time zone'],
  ["TIMESTAMP '2020-01-01 00:00:00.123456789012'", 'timestamp(12)'],
  ["TIMESTAMP '1960-07-01 00:00:00.000001 Asia/Tokyo'", 'timestamp(6) with time zone'],
  ["TIMESTAMP '1960-07-01 00:00:00.000001000001 +05:30'", 'timestamp(12) with time zone'],
  // The hour that this zone has twice: both are kept apart.
  [
    "with_timezone(TIMESTAMP '2020-10-25 00:30:00', 'UTC') AT TIME ZONE 'Europe/Berlin'",
    'timestamp(0) with time zone',
  ],
  [
    "with_timezone(TIMESTAMP '2020-10-25 01:30:00', 'UTC') AT TIME ZONE 'Europe/Berlin'",
    'timestamp(0) with time zone',
  ],
  ["INTERVAL '-1 02:03:04.567' DAY TO SECOND", 'interval day to second'],
  ["INTERVAL '-7' MONTH", 'interval year to month'],
  ["UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'", 'uuid'],
  ["IPADDRESS '::ffff:10.0.0.1'", 'ipaddress'],
  [`JSON '{"a":[1,null]}'`, 'json'],
  ["ARRAY[TIMESTAMP '2020-01-01 00:00:00 UTC', NULL]", 'array(timestamp(0) with time zone)'],
  [
    "CAST(ROW(INTERVAL '2' YEAR) AS ROW(a interval year to month))",
    'row(a interval year to month)',
  ],
  ['CAST(approx_set(1) AS HyperLogLog)', 'HyperLogLog'],
] as const

test('types that Arrow has not come back exactly, by the metadata of their fields', async () => {
  await using folder = await filesFolder()
  const list = FORMS.map(([value], i) => `${value} AS c${i}`).join(', ')
  await folder.rows(`CREATE TABLE t WITH (format = 'ARROW') AS SELECT ${list}`)
  const [name] = readdirSync(join(folder.root, 't')).filter((entry) => entry.endsWith('.arrow'))
  expect(await folder.rows(`DESCRIBE "t/${name}"`)).toEqual(
    FORMS.map(([, type], i) => [`c${i}`, type, '', '']),
  )
  const compared = FORMS.slice(0, 13).map(([value], i) => `c${i} = ${value}`)
  expect(await folder.rows(`SELECT ${compared.join(', ')} FROM "t/${name}"`)).toEqual([
    compared.map(() => true),
  ])
  const [first] = (await folder.rows('SELECT * FROM t')) as unknown[][]
  expect(first).toEqual(((await folder.rows(`SELECT ${list}`)) as unknown[][])[0])
})

test('a result of them is a table of the program again', async () => {
  await using folder = await filesFolder()
  const { engine } = folder
  const picked = [FORMS[1], FORMS[2], FORMS[3], FORMS[9], FORMS[11], FORMS[12], FORMS[13]]
  const list = picked.map((form, i) => `${form![0]} AS c${i}`).join(', ')
  const batches = []
  for await (const batch of engine.query(`SELECT ${list}`).arrow()) batches.push(batch)
  engine.register('again', new Table(batches))
  expect(await engine.query('SELECT * FROM again').all()).toEqual(
    await engine.query(`SELECT ${list}`).all(),
  )
})

test('what is of no file is refused', async () => {
  await using folder = await filesFolder()
  expect(
    await folder.failure(
      `CREATE TABLE t WITH (format = 'ARROW') AS SELECT ARRAY[ST_Point(1, 2)] AS c`,
    ),
  ).toBe('NOT_SUPPORTED: Column has a type that Arrow files are not written with, geometry: c')
  expect(readdirSync(folder.root)).toEqual([])
})

test('a result is written to an Arrow file as to a stream', async () => {
  await using folder = await filesFolder()
  const path = join(folder.root, 'r.arrow')
  const select = `SELECT x + 10000 * y AS x, CAST(x AS varchar) AS s
    FROM UNNEST(sequence(1, 10000)) AS t(x), UNNEST(sequence(0, 4)) AS u(y)`
  await folder.engine.query(select).toFile(path)
  expect(await folder.rows('SELECT count(*), sum(x), max(length(s)) FROM r')).toEqual([
    [50_000n, 1_250_025_000n, 5n],
  ])
  const batches = [...RecordBatchReader.from(readFileSync(path))]
  expect(batches.length).toBeGreaterThan(1)
  expect(batches.reduce((sum, batch) => sum + batch.numRows, 0)).toBe(50_000)
})
