import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../src/client/index.js'
import { StatementClient } from '../../src/client/statement-client.js'
import { Engine } from '../../src/engine/engine.js'
import { Millrace } from '../../src/index.js'
import { type RunningServer, startServer } from '../../src/server/server.js'

let engine: Engine
let server: RunningServer
let embedded: Millrace

beforeAll(async () => {
  const options = { threads: 0, timeZone: 'UTC', catalogs: { tpch: { 'connector.name': 'tpch' } } }
  engine = await Engine.create(options)
  server = await startServer(engine, { port: 0 })
  embedded = await Millrace.create(options)
})
afterAll(async () => {
  await server.close()
  await engine.close()
  await embedded.close()
})

const statements = [
  'SELECT * FROM tpch.tiny.nation',
  'SELECT * FROM tpch.tiny.orders WHERE orderkey < 100',
  `SELECT 1 AS a, 9223372036854775807 AS b, -1.50 AS c, 1e300 AS d, nan() AS e, -0e0 AS f, REAL '1.1' AS g`,
  `SELECT X'00ff' AS a, ARRAY[1, NULL] AS b, CAST(ROW(1, 'x') AS ROW(p bigint, q varchar)) AS c`,
  `SELECT DATE '2020-02-29' AS a, TIMESTAMP '2020-01-01 00:00:00.123456' AS b, CAST('a' AS char(3)) AS c`,
  `SELECT 'q"\\\u0001é😀' AS a, '' AS b, NULL AS c, ARRAY[ARRAY[BIGINT '5']] AS d`,
]

test.each(statements)('the client gives what the embedded engine gives: %s', async (sql) => {
  const client = connect(server.url, { user: 'tester', timeZone: 'UTC' })
  expect(await client.query(sql).all()).toEqual(await embedded.query(sql).all())
})

test('errors come back with code, number and place', async () => {
  const client = connect(server.url)
  await expect(client.query('SELECT nope').all()).rejects.toMatchObject({
    code: 'COLUMN_NOT_FOUND',
    number: 47,
    type: 'USER_ERROR',
    location: { line: 1, column: 8 },
  })
})

test('a consumer that leaves ends the statement on the server', async () => {
  const client = connect(server.url, { user: 'leaver' })
  for await (const _ of client.query('SELECT * FROM tpch.sf1.lineitem')) break
  const run = engine.services.queries.list().find((query) => query.session.user === 'leaver')!
  await run.settled
  expect(run.failure?.code).toBe('USER_CANCELED')
})

test('rows asked for at once come one after the other', async () => {
  const rows = connect(server.url)
    .query('SELECT orderkey FROM tpch.tiny.orders')
    [Symbol.asyncIterator]()
  const asked = await Promise.all(Array.from({ length: 15_002 }, () => rows.next()))
  const keys = asked.slice(0, 15_000).map(({ value }) => value['orderkey'])
  expect(new Set(keys).size).toBe(15_000)
  expect(asked.slice(15_000)).toEqual(Array(2).fill({ done: true, value: undefined }))
})

test.each([
  'stream',
  'trino',
] as const)('columns asked for beside the rows take none of them: %s', async (protocol) => {
  const query = connect(server.url, { protocol }).query('SELECT orderkey FROM tpch.tiny.orders')
  const [rows, columns] = await Promise.all([query.all(), query.columns()])
  expect(rows.length).toBe(15_000)
  expect(columns.map(({ name }) => name)).toEqual(['orderkey'])
})

test('a statement cancelled before its first answer ends on the server', async () => {
  const client = new StatementClient(
    server.url,
    'SELECT * FROM tpch.sf1.lineitem',
    { 'x-trino-user': 'hasty' },
    () => {},
  )
  const first = expect(client.next()).rejects.toMatchObject({ code: 'USER_CANCELED' })
  await client.cancel()
  await first
  const run = engine.services.queries.list().find(({ session }) => session.user === 'hasty')!
  await run.settled
  expect(run.failure?.code).toBe('USER_CANCELED')
})

test('writes answer with their type and count', async () => {
  const client = connect(server.url, { catalog: 'memory', schema: 'default' })
  expect(await client.execute('CREATE TABLE t AS SELECT * FROM tpch.tiny.region')).toEqual({
    updateType: 'CREATE TABLE',
    updateCount: 5,
  })
  expect(await client.execute('DROP TABLE t')).toEqual({
    updateType: 'DROP TABLE',
    updateCount: undefined,
  })
})
