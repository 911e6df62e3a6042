import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createOutputOf } from '../../../../src/connectors/files/file-output.js'
import { FilesWrites } from '../../../../src/connectors/files/writes.js'
import { filesFolder } from './folder.js'

const everything = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()

const VALUES = `SELECT '007' AS zip, CAST(NULL AS varchar) AS n, '' AS e, ' a"b,c ' AS q, DATE '2024-02-03' AS d,
  DECIMAL '-1.50' AS dec, TIMESTAMP '1969-12-31 23:59:59.999999' AS ts, X'00ff' AS b, REAL '0.1' AS r,
  9007199254740993 AS big, nan() AS nan, true AS t, TIME '01:02:03.5' AS c`

test.each([
  'CSV',
  'TSV',
  'JSON',
])('%s gives back what was written, with its types', async (format) => {
  await using folder = await filesFolder()
  await folder.rows(`CREATE TABLE t WITH (format = '${format}') AS ${VALUES}`)
  expect(await folder.rows('SELECT * FROM t')).toEqual(await folder.rows(VALUES))
  const columns = (rows: unknown[]) => rows.map((row) => (row as unknown[]).slice(0, 2))
  expect(columns(await folder.rows('DESCRIBE t'))).toContainEqual(['dec', 'decimal(3,2)'])
})

test('JSON keeps nested values', async () => {
  await using folder = await filesFolder()
  const select = `SELECT ARRAY[1, NULL] AS l, MAP(ARRAY['k'], ARRAY[CAST(ROW(1, 'z') AS ROW(a integer, b varchar))]) AS m`
  await folder.rows(`CREATE TABLE t WITH (format = 'JSON') AS ${select}`)
  expect(await folder.rows('SELECT * FROM t')).toEqual(await folder.rows(select))
  expect(await folder.failure(`CREATE TABLE c WITH (format = 'CSV') AS ${select}`)).toBe(
    "NOT_SUPPORTED: Column has a type that CSV can't hold: l",
  )
})

test('rows go to the folders of their partitions', async () => {
  await using folder = await filesFolder()
  await folder.rows(
    `CREATE TABLE p WITH (format = 'CSV', partitioned_by = ARRAY['k']) AS
     SELECT * FROM (VALUES ('a', 'x/y'), ('b', NULL), ('c', 'x/y')) t(v, k)`,
  )
  expect(readdirSync(join(folder.root, 'p')).sort()).toEqual([
    '.millrace-table.json',
    'k=__HIVE_DEFAULT_PARTITION__',
    'k=x%2Fy',
  ])
  await folder.rows("INSERT INTO p VALUES ('d', 'z')")
  expect(await folder.rows('SELECT v, k FROM p ORDER BY v')).toEqual([
    ['a', 'x/y'],
    ['b', null],
    ['c', 'x/y'],
    ['d', 'z'],
  ])
  expect(
    await folder.failure(
      "CREATE TABLE q WITH (format = 'CSV', partitioned_by = ARRAY['a']) AS SELECT 1 a, 2 b",
    ),
  ).toMatch(/^HIVE_COLUMN_ORDER_MISMATCH: /)
})

test('INSERT into a folder that nobody created keeps its dialect', async () => {
  await using folder = await filesFolder({ 's/t/1.csv': 'a;b\n1;x\n' })
  await folder.rows("INSERT INTO s.t (b, a) VALUES ('y;', 2)")
  const [added] = readdirSync(join(folder.root, 's/t')).filter((name) => name !== '1.csv')
  expect(readFileSync(join(folder.root, 's/t', added!), 'utf8')).toBe('a;b\n2;"y;"\n')
  expect(await folder.rows('SELECT a, b FROM s.t ORDER BY a')).toEqual([
    [1n, 'x'],
    [2n, 'y;'],
  ])
})

test('gzip is written and read', async () => {
  await using folder = await filesFolder()
  await folder.engine.execute("SET SESSION files.compression_codec = 'GZIP'")
  await folder.rows(
    `CREATE TABLE t WITH (format = 'CSV') AS SELECT x FROM UNNEST(sequence(1, 10000)) AS u(x)`,
  )
  expect(readdirSync(join(folder.root, 't')).some((name) => name.endsWith('.csv.gz'))).toBe(true)
  expect(await folder.rows('SELECT sum(x) FROM t')).toEqual([[50_005_000n]])
})

test('a write that fails leaves nothing', async () => {
  await using folder = await filesFolder({ 's/t/1.csv': 'a\n1\n' })
  const before = everything(folder.root)
  const failing = 'SELECT 1 / x AS y FROM UNNEST(sequence(9999, 0, -1)) AS u(x)'
  expect(await folder.failure(`CREATE TABLE n WITH (format = 'CSV') AS ${failing}`)).toBe(
    'DIVISION_BY_ZERO: Division by zero',
  )
  expect(await folder.failure(`INSERT INTO s.t ${failing}`)).toBe(
    'DIVISION_BY_ZERO: Division by zero',
  )
  expect(everything(folder.root)).toEqual(before)
})

test('a folder that cannot be written is an error with its place', async (context) => {
  if (process.getuid?.() === 0) context.skip('the superuser may write anywhere')
  await using folder = await filesFolder({ 's/t.csv': 'a\n1\n' })
  chmodSync(join(folder.root, 's'), 0o555)
  const failure = await folder.failure("CREATE TABLE s.n WITH (format = 'CSV') AS SELECT 1 a")
  chmodSync(join(folder.root, 's'), 0o755)
  expect(failure).toMatch(/^HIVE_WRITER_OPEN_ERROR: .*permission denied/)
})

test('leftovers of a process that died are removed by the next write', async () => {
  await using folder = await filesFolder()
  await folder.rows("CREATE TABLE a WITH (format = 'CSV') AS SELECT 1 x")
  const { createHash } = await import('node:crypto')
  const { hostname } = await import('node:os')
  const host = createHash('sha1').update(hostname()).digest('hex').slice(0, 8)
  mkdirSync(join(folder.root, `.millrace-${crypto.randomUUID()}.${host}.999999999.tmp`))
  await folder.rows("CREATE TABLE b WITH (format = 'CSV') AS SELECT 1 x")
  expect(everything(folder.root).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('tables and schemas are created, replaced, emptied and dropped', async () => {
  await using folder = await filesFolder()
  await folder.rows('CREATE SCHEMA s')
  await folder.rows("CREATE TABLE s.t (a bigint, b varchar) WITH (format = 'CSV')")
  expect(await folder.rows('SELECT * FROM s.t')).toEqual([])
  await folder.rows("INSERT INTO s.t VALUES (1, 'x')")
  await folder.rows('TRUNCATE TABLE s.t')
  expect(await folder.rows('SELECT count(*) FROM s.t')).toEqual([[0n]])
  await folder.rows("CREATE OR REPLACE TABLE s.t WITH (format = 'JSON') AS SELECT 2 c")
  expect(await folder.rows('SELECT * FROM s.t')).toEqual([[2]])
  expect(await folder.failure('DROP SCHEMA s')).toMatch(/^SCHEMA_NOT_EMPTY: /)
  await folder.rows('DROP TABLE s.t')
  await folder.rows('DROP SCHEMA s')
  expect(everything(folder.root)).toEqual([])
})

test('a catalog that is read only refuses to write', async () => {
  await using folder = await filesFolder({}, { 'files.read-only': 'true' })
  expect(await folder.failure('CREATE SCHEMA s')).toMatch(
    /^NOT_SUPPORTED: Files are read only here/,
  )
})

test('what a process committed and did not move before it died belongs to the table, once', async () => {
  await using folder = await filesFolder({ 's/t/k=1/a.csv': 'x\n1\n', 's/t/k=2/b.csv': 'x\n2\n' })
  const { createHash } = await import('node:crypto')
  const { hostname } = await import('node:os')
  const host = createHash('sha1').update(hostname()).digest('hex').slice(0, 8)
  const name = (ending: string) => `.millrace-${crypto.randomUUID()}.${host}.999999999.${ending}`
  const committed = `s/t/${name('commit')}`
  // One file is in its place already, and one under both names as a reader may see it meanwhile.
  folder.write(`${committed}/k=1/c.csv`, 'x\n3\n')
  folder.write(`${committed}/k=3/d.csv`, 'x\n4\n')
  folder.write('s/t/k=3/d.csv', 'x\n4\n')
  // What is not committed does not belong to it.
  folder.write(`s/t/${name('tmp')}/k=1/e.csv`, 'x\n5\n')
  const all = [
    [1n, 1n],
    [3n, 1n],
    [2n, 2n],
    [4n, 3n],
  ]
  expect(await folder.rows('SELECT x, k FROM s.t ORDER BY k, x')).toEqual(all)
  await folder.rows('INSERT INTO s.t (x, k) VALUES (6, 4), (7, 1)')
  expect(await folder.rows('SELECT x, k FROM s.t WHERE x < 6 ORDER BY k, x')).toEqual(all)
  expect(await folder.rows('SELECT count(*) FROM s.t')).toEqual([[6n]])
  expect(everything(folder.root).filter((path) => path.includes('.millrace-'))).toEqual([])
})

test('a reader sees all files of an INSERT or none', async () => {
  await using folder = await filesFolder()
  await folder.rows(
    `CREATE TABLE p WITH (format = 'CSV', partitioned_by = ARRAY['k']) AS SELECT 0 v, 0 k`,
  )
  let isDone = false
  const counts: bigint[] = []
  const read = async (): Promise<void> => {
    while (!isDone) {
      const [[count]] = (await folder.rows('SELECT count(*) FROM p')) as [[bigint]]
      counts.push(count)
    }
  }
  const reading = read()
  for (let i = 0; i < 5; i++) {
    await folder.rows('INSERT INTO p SELECT x, x FROM UNNEST(sequence(1, 20)) AS u(x)')
  }
  isDone = true
  await reading
  expect(counts.length).toBeGreaterThan(0)
  for (const count of counts) expect(count % 20n).toBe(1n)
  expect(await folder.rows('SELECT count(*) FROM p')).toEqual([[101n]])
})

test('of the files of all sinks those are published that the write is finished with', async () => {
  await using folder = await filesFolder()
  const writes = new FilesWrites()
  const target = join(folder.root, 't')
  const description = { format: 'csv', columns: [], partitionedBy: [], properties: {} }
  const written = (directory: string, path: string, byteLength = 2) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), '1\n')
    return new TextEncoder().encode(JSON.stringify({ path, byteLength }))
  }
  const create = await writes.beginCreate(1, target, description, false)
  written(create.sinkDirectory, 'k=1/lost.csv')
  written(create.sinkDirectory, 'lost.csv')
  await writes.publish(create.id, [
    written(create.sinkDirectory, 'k=1/kept.csv'),
    written(create.sinkDirectory, 'kept.csv'),
  ])
  const insert = await writes.beginInsert(2, target)
  written(insert.sinkDirectory, 'k=2/late.csv')
  await writes.publish(insert.id, [written(insert.sinkDirectory, 'added.csv')])
  const published = ['.millrace-table.json', 'added.csv', 'k=1', 'k=1/kept.csv', 'kept.csv']
  expect(everything(target)).toEqual(published)
  // A sink that is cut off finds no place any more.
  await expect(createOutputOf(insert.sinkDirectory, 'later.csv')).rejects.toMatchObject({
    code: 'HIVE_WRITER_OPEN_ERROR',
  })
  const short = await writes.beginInsert(3, target)
  const fragment = written(short.sinkDirectory, 'short.csv', 3)
  await expect(writes.publish(short.id, [fragment])).rejects.toMatchObject({
    code: 'HIVE_WRITER_CLOSE_ERROR',
  })
  await writes.end(3)
  expect(everything(target)).toEqual(published)
})
