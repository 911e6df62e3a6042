import { type ConnectionOptions, type QueryResult, Trino } from 'trino-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CATALOGS } from '../support/clients.js'
import { type ServerProcess, startServerProcess } from '../support/server-process.js'

let server: ServerProcess
let trino: Trino

const clientOf = (options: ConnectionOptions = {}): Trino =>
  Trino.create({
    server: server.url,
    catalog: 'tpch',
    schema: 'tiny',
    extraHeaders: { 'X-Trino-User': 'node' },
    ...options,
  })

async function pagesOf(sql: string, client = trino): Promise<QueryResult[]> {
  const pages: QueryResult[] = []
  for await (const page of await client.query(sql)) pages.push(page)
  return pages
}

const rowsOf = async (sql: string, client = trino): Promise<unknown[]> =>
  (await pagesOf(sql, client)).flatMap(({ data }) => data ?? [])

beforeAll(async () => {
  server = await startServerProcess(CATALOGS)
  trino = clientOf()
})
afterAll(() => server.stop())

test('values of every type, as the protocol writes them', async () => {
  const values: [sql: string, type: string, value: unknown][] = [
    ['true', 'boolean', true],
    ["tinyint '-128'", 'tinyint', -128],
    ['-2147483648', 'integer', -2147483648],
    ["bigint '5'", 'bigint', 5],
    ["real '1.5'", 'real', 1.5],
    ['1e300', 'double', 1e300],
    ['nan()', 'double', 'NaN'],
    ['-infinity()', 'double', '-Infinity'],
    ["decimal '1.50'", 'decimal(3, 2)', '1.50'],
    ["'é😀'", 'varchar(2)', 'é😀'],
    ["cast('ab' as char(4))", 'char(4)', 'ab  '],
    ["x'00ff'", 'varbinary', 'AP8='],
    ["date '2020-02-29'", 'date', '2020-02-29'],
    // The client asks for no capability, so that datetimes have milliseconds.
    ["time '10:00:00.123'", 'time', '10:00:00.123'],
    ["timestamp '2020-01-01 00:00:00.123456'", 'timestamp', '2020-01-01 00:00:00.123'],
    [
      "timestamp '2020-07-01 00:00:00 Europe/Berlin'",
      'timestamp with time zone',
      '2020-07-01 00:00:00.000 Europe/Berlin',
    ],
    ["interval '1' day", 'INTERVAL DAY TO SECOND', '1 00:00:00.000'],
    ["interval '14' month", 'INTERVAL YEAR TO MONTH', '1-2'],
    ['json \'{"a":[1,null]}\'', 'json', '{"a":[1,null]}'],
    ["uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'", 'uuid', '12151fd2-7586-11e9-8f9e-2a86e4085a59'],
    ["ipaddress '10.0.0.1'", 'ipaddress', '10.0.0.1'],
    ['array[1, null]', 'array(integer)', [1, null]],
    ["map(array['k'], array[1])", 'map(varchar(1), integer)', { k: 1 }],
    ["row(1, row('q'))", 'row(integer, row(varchar(1)))', [1, ['q']]],
    ['null', 'unknown', null],
  ]
  const pages = await pagesOf(`SELECT ${values.map(([sql]) => sql).join(', ')}`)
  const columns = pages.findLast((page) => page.columns !== undefined)!.columns!
  expect(columns.map(({ type }) => type)).toEqual(values.map(([, type]) => type))
  const [row] = pages.flatMap(({ data }) => data ?? [])
  expect(row).toEqual(values.map(([, , value]) => value))
})

test('errors have name, code, type and place', async () => {
  const last = (await pagesOf('SELECT\n nope')).at(-1)!
  expect(last.error).toMatchObject({
    errorName: 'COLUMN_NOT_FOUND',
    errorCode: 47,
    errorType: 'USER_ERROR',
    errorLocation: { lineNumber: 2, columnNumber: 2 },
  })
  expect(last.stats!.state).toBe('FAILED')
})

test('USE and SET SESSION change the session of the client', async () => {
  const client = clientOf({ session: { query_max_run_time: '2h' } })
  const shown = async () =>
    ((await rowsOf("SHOW SESSION LIKE 'query_max_run_time'", client)) as string[][])[0]![1]
  expect(await shown()).toBe('2h')
  await rowsOf("SET SESSION query_max_run_time = '3h'", client)
  expect(await shown()).toBe('3h')
  await rowsOf('USE tpch.sf1', client)
  expect(await rowsOf('SELECT count(*) FROM supplier', client)).toEqual([[10_000]])
})

test('writes', async () => {
  expect(await rowsOf('CREATE TABLE memory.default.n (x integer)')).toEqual([])
  expect(await rowsOf('INSERT INTO memory.default.n VALUES 1, 2, NULL')).toEqual([[3]])
  expect(await rowsOf('SELECT x FROM memory.default.n ORDER BY x')).toEqual([[1], [2], [null]])
  expect(await rowsOf('DROP TABLE memory.default.n')).toEqual([])
})

test('metadata', async () => {
  expect(await rowsOf('SHOW TABLES')).toHaveLength(8)
  const columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'region'"
  expect(await rowsOf(`${columns} AND table_schema = 'tiny' ORDER BY 1`)).toEqual([
    ['comment'],
    ['name'],
    ['regionkey'],
  ])
})

test('large results come whole', async () => {
  const rows = (await rowsOf('SELECT orderkey, linenumber FROM lineitem')) as number[][]
  expect(new Set(rows.map((row) => row.join())).size).toBe(60_175)
})

test('a query is cancelled, and its info says so', async () => {
  const query = await trino.query('SELECT * FROM tpch.sf1.lineitem')
  const { id } = (await query.next()).value as QueryResult
  await trino.cancel(id)
  let info = await trino.queryInfo(id)
  for (let i = 0; i < 100 && info.state !== 'FAILED'; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    info = await trino.queryInfo(id)
  }
  expect(info).toMatchObject({ queryId: id, state: 'FAILED' })
  expect(info.failureInfo?.message).toMatch(/cancel/i)
})
