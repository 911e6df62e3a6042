import { expect, test } from 'vitest'
import { filesFolder } from './folder.js'

test.each(['PARQUET', 'ARROW'])('columns that a file has not are NULL, %s', async (format) => {
  await using folder = await filesFolder()
  const create = (name: string, select: string) =>
    folder.rows(`CREATE TABLE ${name} WITH (format = '${format}') AS ${select}`)
  await folder.rows('CREATE SCHEMA d')
  await create('d.first', "SELECT 1 AS a, 'x' AS b")
  await create('d.second', "SELECT BIGINT '5000000000' AS a, ARRAY[1] AS c")
  await create('d.third', "SELECT 'z' AS b, 3 AS a")
  const files = `d."**/*.${format.toLowerCase()}"`
  expect(await folder.rows(`SELECT a, b, c FROM ${files} ORDER BY a`)).toEqual([
    [1n, 'x', null],
    [3n, 'z', null],
    [5_000_000_000n, null, [1]],
  ])
  expect(await folder.rows(`SELECT a FROM ${files} WHERE b IS NULL`)).toEqual([[5_000_000_000n]])
  expect(await folder.rows(`SELECT a FROM ${files} WHERE b = 'z'`)).toEqual([[3n]])
  expect(await folder.rows(`SELECT a FROM ${files} WHERE c IS NOT NULL`)).toEqual([
    [5_000_000_000n],
  ])
  expect(
    await folder.rows(
      `SELECT t.a FROM ${files} t JOIN (VALUES 'x', 'z') v(b) ON t.b = v.b ORDER BY 1`,
    ),
  ).toEqual([[1n], [3n]])
  expect(await folder.rows(`SELECT count(*), count(b), count(c) FROM ${files}`)).toEqual([
    [3n, 2n, 1n],
  ])
  const stats = (await folder.rows(`SHOW STATS FOR ${files}`)) as unknown[][]
  expect(stats.slice(0, 2).map((row) => [row[0], row[3]])).toEqual([
    ['a', 0],
    ['b', 1 / 3],
  ])
  await create('d.zz', "SELECT DATE '2024-01-01' AS a")
  expect(await folder.failure(`SELECT a FROM ${files}`)).toMatch(
    /^HIVE_PARTITION_SCHEMA_MISMATCH: Column 'a' has the type date instead of bigint: \/d\/zz\//,
  )
})
