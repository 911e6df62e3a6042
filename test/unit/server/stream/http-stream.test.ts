import { tableFromIPC } from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../../../src/engine/engine.js'
import { type RunningServer, startServer } from '../../../../src/server/server.js'

let engine: Engine
let server: RunningServer

beforeAll(async () => {
  engine = await Engine.create({
    threads: 0,
    timeZone: 'UTC',
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  server = await startServer(engine, { port: 0, stream: { clientTimeoutMillis: 1000 } })
})
afterAll(async () => {
  await server.close()
  await engine.close()
})

const post = (
  sql: string,
  query = '',
  headers: Record<string, string> = {},
  signal?: AbortSignal,
) =>
  fetch(`${server.url}/v1/stream${query}`, {
    method: 'POST',
    headers: { 'X-Trino-User': 'tester', ...headers },
    body: sql,
    ...(signal === undefined ? {} : { signal }),
  })

test('rows come as NDJSON, whatever more the client takes', async () => {
  const response = await post(
    "SELECT 1 AS a, 'x\"y' AS b, ARRAY[1e0] AS c, BIGINT '9007199254740993' AS d;",
  )
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  expect(await response.text()).toBe('{"a":1,"b":"x\\"y","c":[1.0],"d":9007199254740993}\n')
  const json = await post(
    JSON.stringify({ sql: 'SELECT ? AS a, ? AS b', parameters: [{ $bigint: '7' }, null] }),
    '',
    { 'Content-Type': 'application/json' },
  )
  expect(await json.text()).toBe('{"a":7,"b":null}\n')
})

test('CSV tells NULL from an empty text, and quotes what needs it', async () => {
  const sql = `SELECT NULL AS "n,ull", '' AS empty, 'a"b' AS quote, X'00ff' AS bytes, 1e0 AS d, nan() AS nan,
    MAP(ARRAY['k'], ARRAY[1]) AS m, DATE '2020-01-01' AS day, true AS t`
  const response = await post(sql, '', { Accept: 'text/csv' })
  expect(await response.text()).toBe(
    '"n,ull",empty,quote,bytes,d,nan,m,day,t\r\n,"","a""b",00ff,1.0,NaN,"{""k"":1}",2020-01-01,true\r\n',
  )
})

test('Arrow is a stream that ends', async () => {
  const response = await post('SELECT * FROM tpch.tiny.lineitem', '?format=arrow')
  const table = tableFromIPC(new Uint8Array(await response.arrayBuffer()))
  expect(table.numRows).toBe(60_175)
  expect(table.schema.fields[1]!.name).toBe('partkey')
})

test('statements without rows answer with what they changed', async () => {
  const response = await post("SET SESSION query_max_run_time = '5m'")
  expect(response.headers.get('x-trino-set-session')).toBe('query_max_run_time=5m')
  expect(await response.text()).toBe('')
})

test.each([
  ['SELECT nope', {}, '', 400, 'COLUMN_NOT_FOUND'],
  ['SELECT 1 / (SELECT 0)', {}, '', 400, 'DIVISION_BY_ZERO'],
  ['SELECT 1 AS a, 2 AS a', {}, '', 400, 'DUPLICATE_COLUMN_NAME'],
  ['  ', {}, '', 400, 'SQL statement is empty'],
  ['SELECT 1', { 'X-Trino-User': '' }, '', 400, 'User must be set'],
  ['{', { 'Content-Type': 'application/json' }, '', 400, 'no JSON object'],
  ['SELECT 1', {}, '?format=xml', 406, 'ndjson, csv and arrow'],
  ['SELECT 1', { Origin: 'https://evil.example' }, '', 403, 'Origin is not allowed'],
])('%s %o is refused with a status and a reason', async (sql, headers, query, status, reason) => {
  const response = await post(sql, query, headers)
  expect(response.status).toBe(status)
  expect(await response.text()).toContain(reason)
})

test('a failure in the middle ends the body before its end', async () => {
  const response = await post('SELECT 100 / (orderkey - 400000) AS a FROM tpch.sf1.orders')
  expect(response.status).toBe(200)
  let text = ''
  const read = async () => {
    for await (const chunk of response.body!) text += Buffer.from(chunk).toString()
  }
  await expect(read()).rejects.toThrow()
  const last = text.trimEnd().split('\n').at(-1)!
  expect(JSON.parse(last)).toMatchObject({ error: { errorName: 'DIVISION_BY_ZERO' } })
})

test('a client that leaves ends the query, and so does one that stops reading', async () => {
  const abort = new AbortController()
  const response = await post(
    "SELECT 'left' AS a, l.* FROM tpch.sf1.lineitem AS l",
    '',
    {},
    abort.signal,
  )
  await response.body!.getReader().read()
  const runOf = (text: string) =>
    engine.services.queries.list().findLast((run) => run.sql.includes(text))!
  abort.abort()
  await runOf("'left'").settled
  expect(runOf("'left'").failure?.code).toBe('USER_CANCELED')
  const stalled = await post("SELECT 'stalled' AS a, l.* FROM tpch.sf1.lineitem AS l")
  const reader = stalled.body!.getReader()
  await reader.read()
  await runOf("'stalled'").settled
  expect(runOf("'stalled'").rowCount).toBeLessThan(1_000_000)
  await reader.cancel().catch(() => {})
})
