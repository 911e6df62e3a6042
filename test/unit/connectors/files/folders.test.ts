import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { filesFolder } from './folder.js'

test('directories are schemas, files with or without their ending and folders of files are tables', async () => {
  await using folder = await filesFolder({
    'top.csv': 'a\n1\n',
    'S1/one.csv': 'a\n1\n',
    's1/both.csv': 'a\n1\n',
    's1/both.jsonl': '{"a":2}\n',
    's1/many/1.csv': 'a\n1\n',
    's1/many/2.csv': 'a\n2\n',
    's1/many/README': 'no data',
    's1/.hidden.csv': 'a\n1\n',
  })
  expect(await folder.rows('SHOW SCHEMAS')).toEqual([['default'], ['information_schema'], ['s1']])
  expect(await folder.rows('SHOW TABLES FROM s1')).toEqual([['both.csv'], ['both.jsonl'], ['many']])
  expect(await folder.rows('SELECT sum(a) FROM s1.many')).toEqual([[3n]])
  expect(await folder.rows('SELECT a FROM s1."both.jsonl"')).toEqual([[2n]])
  expect(await folder.rows('SELECT sum(a) FROM s1."many/*.csv"')).toEqual([[3n]])
  expect(await folder.rows('SELECT sum(a) FROM "**/*.csv"')).toEqual([[6n]])
  expect(await folder.failure('SELECT * FROM s1.both')).toBe(
    'AMBIGUOUS_NAME: Name stands for more than one file: both',
  )
})

test('key=value folders are typed columns, and pruned before files are opened', async () => {
  await using folder = await filesFolder({
    'p/year=2023/k=a%2Fb/1.csv': 'v\n1\n',
    'p/year=2024/k=__HIVE_DEFAULT_PARTITION__/1.csv': 'v\n2\n',
    'p/year=2025/k=x/1.csv': 'v\nbroken\n"',
  })
  expect(
    await folder.rows('SELECT v, year, k, "$partition" FROM p WHERE year < 2025 ORDER BY v'),
  ).toEqual([
    ['1', 2023n, 'a/b', 'year=2023/k=a%2Fb'],
    ['2', 2024n, null, 'year=2024/k=__HIVE_DEFAULT_PARTITION__'],
  ])
  expect(await folder.rows('SELECT v FROM p WHERE k IS NULL')).toEqual([['2']])
})

test('hidden columns tell of the file', async () => {
  await using folder = await filesFolder({ 't.csv': 'a\n1\n' })
  expect(
    await folder.rows(
      'SELECT "$path", "$file_size", "$file_modified_time" > TIMESTAMP \'2020-01-01 00:00:00 UTC\' FROM t',
    ),
  ).toEqual([[join(folder.root, 't.csv'), 4n, true]])
})

test('files with different columns are refused with both files', async () => {
  await using folder = await filesFolder({
    'd/1.csv': 'a,b\n1,2\n',
    'd/2.csv': 'a,c\n1,2\n',
    'w/1.csv': 'a,b\n1,2\n',
    'w/2.csv': 'a\n1\n',
    'f/1.csv': 'a\n1\n',
    'f/2.jsonl': '{"a":1}\n',
  })
  expect([
    await folder.failure('SELECT * FROM d."*.csv"'),
    await folder.failure('SELECT * FROM w."*.csv"'),
    await folder.failure('SELECT * FROM "f/*"'),
  ]).toEqual([
    "HIVE_PARTITION_SCHEMA_MISMATCH: File has the column 'c' in the place of 'b': /d/2.csv (line 1)",
    'HIVE_PARTITION_SCHEMA_MISMATCH: File has 1 columns instead of 2: /w/2.csv (line 1)',
    'HIVE_PARTITION_SCHEMA_MISMATCH: Files of a table have different formats, CSV and JSON: /f/2.jsonl',
  ])
})

test('a file that may not be read is an error with its path', async (context) => {
  if (process.getuid?.() === 0) context.skip('the superuser may read anything')
  await using folder = await filesFolder({ 't.csv': 'a\n1\n' })
  chmodSync(join(folder.root, 't.csv'), 0)
  expect(await folder.failure('SELECT * FROM t')).toMatch(
    /^HIVE_CANNOT_OPEN_SPLIT: .*permission denied: \/t\.csv$/,
  )
})

test('nothing outside of the root is read: neither by .. nor by links', async () => {
  await using other = await filesFolder({ 'secret.csv': 'a\n1\n' })
  await using folder = await filesFolder({ 's/t.csv': 'a\n1\n' })
  symlinkSync(join(other.root, 'secret.csv'), join(folder.root, 's/link.csv'))
  symlinkSync(other.root, join(folder.root, 'outside'))
  const refused = [
    'SELECT * FROM s."../../x.csv"',
    'SELECT * FROM "..".x',
    'SELECT * FROM s.link',
    'SELECT * FROM s."*.csv"',
    'SELECT * FROM outside.secret',
    `CREATE TABLE "../x" WITH (format = 'CSV') AS SELECT 1 a`,
  ]
  for (const sql of refused) expect(await folder.failure(sql), sql).toMatch(/^PERMISSION_DENIED: /)
})

test('a path is a table in the embedded engine, and under a root of a catalog elsewhere', async () => {
  await using folder = await filesFolder({ 'in/t.csv': 'a\n1\n', 'x.csv': 'a\n2\n' })
  const path = join(folder.root, 'in/t.csv')
  expect(await folder.rows(`SELECT t.a FROM '${path}'`)).toEqual([[1n]])
  expect(await folder.rows(`SELECT count(*) FROM '${folder.root}/**/*.csv'`)).toEqual([[2n]])
  expect(await folder.failure("SELECT * FROM '/nowhere/x.csv'")).toBe(
    'TABLE_NOT_FOUND: File does not exist: /nowhere/x.csv',
  )
  const engine = await Engine.create({
    threads: 0,
    catalogs: { files: { 'connector.name': 'files', 'files.root': join(folder.root, 'in') } },
  })
  const read = async (name: string): Promise<number> => {
    const run = engine.createRun({ sql: `SELECT * FROM '${name}'`, session: engine.defaultSession })
    let rowCount = 0
    for (let page = await run.nextPage(); page !== undefined; page = await run.nextPage()) {
      rowCount += page.rowCount
    }
    return rowCount
  }
  expect(await read('t.csv')).toBe(1)
  expect(await read(path)).toBe(1)
  await expect(read(join(folder.root, 'x.csv'))).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
  })
  await expect(read('../x.csv')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await engine.close()
})

test('without local files and catalogs of files, a path is refused', async () => {
  const engine = await Engine.create({ threads: 0 })
  const run = engine.createRun({
    sql: "SELECT * FROM '/etc/passwd'",
    session: engine.defaultSession,
  })
  await expect(run.nextPage()).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  await engine.close()
})

test('a view keeps the path', async () => {
  await using folder = await filesFolder({ "it's.csv": 'a\n1\n' })
  const path = join(folder.root, "it''s.csv")
  await folder.rows(`CREATE VIEW memory.default.v AS SELECT a FROM '${path}'`)
  expect(await folder.rows('SELECT * FROM memory.default.v')).toEqual([[1n]])
})

test('a table sees files that were added and changed since', async () => {
  await using folder = await filesFolder({ 't/1.csv': 'a\n1\n' })
  expect(await folder.rows('SELECT sum(a) FROM t."*.csv"')).toEqual([[1n]])
  writeFileSync(join(folder.root, 't/2.csv'), 'a\n10\n')
  expect(await folder.rows('SELECT sum(a) FROM t."*.csv"')).toEqual([[11n]])
  writeFileSync(join(folder.root, 't/1.csv'), 'a\n200\n')
  expect(await folder.rows('SELECT sum(a) FROM t."*.csv"')).toEqual([[210n]])
  mkdirSync(join(folder.root, 'later'))
  expect(await folder.rows('SHOW SCHEMAS')).toContainEqual(['later'])
})
