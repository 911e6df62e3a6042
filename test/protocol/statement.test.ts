import { afterAll, beforeAll, expect, test } from 'vitest'
import { Engine } from '../../src/engine/engine.js'
import { type RunningServer, startServer } from '../../src/server/server.js'
import { clientHeaders, follow, get, post, rowsOf } from '../support/protocol-client.js'

let engine: Engine
let server: RunningServer

beforeAll(async () => {
  engine = await Engine.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
  await engine.ready()
  server = await startServer(engine, { port: 0 })
})
afterAll(async () => {
  await server.close()
  await engine.close()
})

test('a statement goes through queued and executing to its end', async () => {
  const pages = await follow(server.url, 'SELECT 1 AS x')
  const [queued, started] = pages
  expect(queued!.body.id).toMatch(/^\d{8}_\d{6}_\d{5}_[a-z0-9]{5}$/)
  expect(queued!.body.nextUri).toContain('/v1/statement/queued/')
  expect(started!.body.nextUri).toContain('/v1/statement/executing/')
  const last = pages.at(-1)!
  expect(last.body.stats.state).toBe('FINISHED')
  expect(last.body.columns).toEqual([
    { name: 'x', type: 'integer', typeSignature: { rawType: 'integer', arguments: [] } },
  ])
  expect(last.body.data).toEqual([[1]])
})

test('a response can be asked for again, older and later ones cannot', async () => {
  const first = await post(server.url, 'SELECT orderkey FROM tpch.tiny.lineitem')
  const started = await get(first.body.nextUri!)
  const uri = `${started.body.nextUri!}?targetResultSize=10kB`
  const page = await get(uri)
  const again = await get(uri)
  expect(again.text).toBe(page.text)
  expect(page.body.data!.length).toBeGreaterThan(100)
  const second = await get(`${page.body.nextUri!}?targetResultSize=10kB`)
  expect(second.body.data).not.toEqual(page.body.data)
  expect((await get(uri)).status).toBe(410)
  const later = second.body.nextUri!.replace(/\d+$/, '99')
  expect((await get(later)).status).toBe(404)
  expect((await get(uri.replace(/executing\/[^/]+\/[^/]+/, 'executing/nope/nope'))).status).toBe(
    404,
  )
})

test('rows are split over responses by their size and none is lost', async () => {
  const pages = await follow(server.url, 'SELECT * FROM tpch.tiny.orders')
  const rows = pages.flatMap((page) => page.body.data ?? [])
  expect(rows.length).toBe(15_000)
  expect(new Set(rows.map(([key]) => key)).size).toBe(15_000)
  const withData = pages.filter((page) => page.body.data !== undefined)
  expect(withData.length).toBeGreaterThan(1)
  for (const page of withData) expect(page.text.length).toBeLessThan(1.2 * 1024 * 1024)
})

test('errors have name, number, type and place, and end the statement', async () => {
  const pages = await follow(server.url, "SELECT\n 1 + 'a'")
  const { error, stats } = pages.at(-1)!.body
  expect(error).toMatchObject({
    errorName: 'TYPE_MISMATCH',
    errorCode: 58,
    errorType: 'USER_ERROR',
    errorLocation: { lineNumber: 2, columnNumber: 4 },
  })
  expect(error!.message).toMatch(/^line 2:4: /)
  expect(stats.state).toBe('FAILED')
})

test('an error of a running statement comes after its rows', async () => {
  const pages = await follow(server.url, 'SELECT 10 / (orderkey - 7) FROM tpch.tiny.orders')
  expect(pages.at(-1)!.body.error?.errorName).toBe('DIVISION_BY_ZERO')
})

test('session headers are read and answered', async () => {
  const use = (await follow(server.url, 'USE tpch.tiny')).at(-1)!
  expect(use.headers.get('x-trino-set-catalog')).toBe('tpch')
  expect(use.headers.get('x-trino-set-schema')).toBe('tiny')
  const set = (await follow(server.url, "SET SESSION query_max_run_time = '1h'")).at(-1)!
  expect(set.headers.get('x-trino-set-session')).toBe('query_max_run_time=1h')
  expect(set.body.updateType).toBe('SET SESSION')
  const shown = await rowsOf(
    server.url,
    "SHOW SESSION LIKE 'query_max_run_time'",
    clientHeaders({ 'X-Trino-Session': 'query_max_run_time=90m,max_reordered_joins=3' }),
  )
  expect(shown).toMatchObject([
    ['query_max_run_time', '90m', '100.00d', 'varchar', expect.anything()],
  ])
  const tables = await rowsOf(
    server.url,
    'SHOW TABLES',
    clientHeaders({ 'X-Trino-Catalog': 'tpch', 'X-Trino-Schema': 'tiny' }),
  )
  expect(tables.length).toBe(8)
})

test('session properties that do not exist or are wrong fail the statement', async () => {
  for (const property of ['nope=1', 'max_reordered_joins=x', 'tpch.nope=1']) {
    const pages = await follow(
      server.url,
      'SELECT 1',
      clientHeaders({ 'X-Trino-Session': property }),
    )
    expect(pages.at(-1)!.body.error?.errorName, property).toBe('INVALID_SESSION_PROPERTY')
  }
})

test('prepared statements travel in headers', async () => {
  const sql = "SELECT name FROM tpch.tiny.nation WHERE nationkey = ? AND name <> 'a%b'"
  const prepared = (await follow(server.url, `PREPARE p FROM ${sql}`)).at(-1)!
  const header = prepared.headers.get('x-trino-added-prepare')!
  expect(header).toMatch(/^p=SELECT/)
  const rows = await rowsOf(
    server.url,
    'EXECUTE p USING 3',
    clientHeaders({ 'X-Trino-Prepared-Statement': header }),
  )
  expect(rows).toEqual([['CANADA']])
})

test('transactions live from one request to another', async () => {
  const { 'X-Trino-Transaction-Id': _, ...without } = clientHeaders()
  const refused = (await follow(server.url, 'START TRANSACTION', without)).at(-1)!
  expect(refused.body.error).toMatchObject({
    errorName: 'INCOMPATIBLE_CLIENT',
    message: 'Client does not support transactions',
  })
  const begun = (await follow(server.url, 'START TRANSACTION')).at(-1)!
  const id = begun.headers.get('x-trino-started-transaction-id')!
  const headers = clientHeaders({ 'X-Trino-Transaction-Id': id })
  expect(await rowsOf(server.url, 'SELECT 1', headers)).toEqual([[1]])
  const failed = (await follow(server.url, 'SELECT nope', headers)).at(-1)!
  expect(failed.body.error?.errorName).toBe('COLUMN_NOT_FOUND')
  const aborted = (await follow(server.url, 'SELECT 1', headers)).at(-1)!
  expect(aborted.body.error?.errorName).toBe('TRANSACTION_ALREADY_ABORTED')
  const ended = (await follow(server.url, 'ROLLBACK', headers)).at(-1)!
  expect(ended.headers.get('x-trino-clear-transaction-id')).toBe('true')
  const unknown = (await follow(server.url, 'SELECT 1', headers)).at(-1)!
  expect(unknown.body.error?.errorName).toBe('UNKNOWN_TRANSACTION')
})

test('DELETE ends a statement and frees what it held', async () => {
  const first = await post(server.url, 'SELECT * FROM tpch.sf1.lineitem')
  const started = await get(first.body.nextUri!)
  const page = await get(started.body.nextUri!)
  expect(page.body.data!.length).toBeGreaterThan(0)
  const uri = page.body.nextUri!
  const deleted = await fetch(uri, { method: 'DELETE', headers: clientHeaders() })
  expect(deleted.status).toBe(204)
  const last = await get(uri)
  expect(last.body.error?.errorName).toBe('USER_CANCELED')
  expect(last.body.nextUri).toBeUndefined()
  expect(engine.services.queries.find(first.body.id)!.state).toBe('FAILED')
})

test('an abandoned statement is cancelled', async () => {
  const own = await startServer(engine, { port: 0, clientTimeoutMillis: 200 })
  const first = await post(own.url, 'SELECT * FROM tpch.sf1.lineitem')
  await get(first.body.nextUri!)
  const run = engine.services.queries.find(first.body.id)!
  await run.settled
  expect(run.failure?.code).toBe('ABANDONED_QUERY')
  await own.close()
})

test('malformed requests get status 400 and a reason', async () => {
  const { 'X-Trino-User': _, ...noUser } = clientHeaders()
  const cases: [string, Record<string, string>, string][] = [
    ['SELECT 1', noUser, 'User must be set'],
    ['  ', clientHeaders(), 'SQL statement is empty'],
    ['SELECT 1', clientHeaders({ 'X-Trino-Session': 'a' }), 'Invalid X-Trino-Session header'],
    ['SELECT 1', clientHeaders({ 'X-Trino-Session': 'a=%zz' }), 'Invalid header value: %zz'],
    ['SELECT 1', clientHeaders({ 'X-Trino-Catalog': '' }), 'Schema is set but catalog is not'],
  ]
  for (const [sql, headers, reason] of cases) {
    const { status, text } = await post(server.url, sql, headers)
    expect([status, text], reason).toEqual([400, reason])
  }
  expect((await fetch(`${server.url}/v1/nope`)).status).toBe(404)
})

test('a failing statement leaves the others alone', async () => {
  const [good, bad] = await Promise.all([
    rowsOf(server.url, 'SELECT count(*) FROM tpch.tiny.lineitem'),
    follow(server.url, 'SELECT 1 / (orderkey - orderkey) FROM tpch.tiny.orders'),
  ])
  expect(good).toEqual([[60_175]])
  expect(bad.at(-1)!.body.error?.errorName).toBe('DIVISION_BY_ZERO')
})

test('info, status and queries', async () => {
  const info = await (await fetch(`${server.url}/v1/info`)).text()
  expect(info).toMatch(
    /^\{"nodeVersion":\{"version":"[^"]+"\},"environment":"embedded","coordinator":true,"starting":false,"uptime":"[\d.]+\w+"\}$/,
  )
  expect((await (await fetch(`${server.url}/v1/info/state`)).json()) as unknown).toBe('ACTIVE')
  const status = await (await fetch(`${server.url}/v1/status`)).json()
  expect(status).toMatchObject({ coordinator: true, environment: 'embedded' })
  const [{ body }] = (await follow(server.url, 'SELECT 42')) as [{ body: { id: string } }]
  const query = await (await fetch(`${server.url}/v1/query/${body.id}`)).json()
  expect(query).toMatchObject({ queryId: body.id, state: 'FINISHED', query: 'SELECT 42' })
  const all = (await (await fetch(`${server.url}/v1/query`)).json()) as { queryId: string }[]
  expect(all.map(({ queryId }) => queryId)).toContain(body.id)
  expect((await fetch(`${server.url}/v1/query/nope`)).status).toBe(410)
})

test('clients without PARAMETRIC_DATETIME get milliseconds and plain types', async () => {
  const headers = clientHeaders({ 'X-Trino-Client-Capabilities': '' })
  const pages = await follow(
    server.url,
    "SELECT TIMESTAMP '2020-01-01 00:00:00.123456' AS t, TIME '10:00:00' AS u",
    headers,
  )
  const { columns } = pages.at(-1)!.body
  expect(columns!.map(({ type }) => type)).toEqual(['timestamp', 'time'])
  expect(pages.flatMap(({ body }) => body.data ?? [])).toEqual([
    ['2020-01-01 00:00:00.123', '10:00:00.000'],
  ])
})

test('64-bit integers keep their digits', async () => {
  const pages = await follow(server.url, 'SELECT 9223372036854775807, -9007199254740993, 5')
  const text = pages.map((page) => page.text).join('\n')
  expect(text).toContain('"data":[[9223372036854775807,-9007199254740993,5]]')
})

test('statements without rows have an empty list of columns, failed ones none', async () => {
  for (const sql of ['PREPARE p FROM SELECT ?', "SET SESSION query_max_run_time = '1h'"]) {
    expect((await follow(server.url, sql)).at(-1)!.body.columns, sql).toEqual([])
  }
  expect((await follow(server.url, 'SELECT nope')).at(-1)!.body.columns).toBeUndefined()
})

test('a heartbeat makes no rows and keeps the statement', async () => {
  const first = await post(server.url, 'SELECT * FROM tpch.tiny.lineitem')
  const started = await get(first.body.nextUri!)
  const page = await get(started.body.nextUri!)
  const head = async (uri: string) => (await fetch(uri, { method: 'HEAD' })).status
  const next = page.body.nextUri!
  expect(await head(next)).toBe(200)
  expect(await head(started.body.nextUri!)).toBe(200)
  // The last response can still be asked for: nothing has moved on.
  expect((await get(started.body.nextUri!)).text).toBe(page.text)
  expect(await head(next.replace(/\d+$/, '99'))).toBe(404)
  expect(await head(next.replace(/[0-9a-f]{32}/, 'nope'))).toBe(404)
  await fetch(next, { method: 'DELETE', headers: clientHeaders() })
})

test('roles of the system do not exist, but all and none do', async () => {
  const roleOf = (role: string) => clientHeaders({ 'X-Trino-Role': `system=${role}` })
  expect(await rowsOf(server.url, 'SELECT 1', roleOf('ALL'))).toEqual([[1]])
  expect(await rowsOf(server.url, 'SELECT 1', roleOf('NONE'))).toEqual([[1]])
  const { error } = (await follow(server.url, 'SELECT 1', roleOf('ROLE{admin}'))).at(-1)!.body
  expect(error?.errorName).toBe('PERMISSION_DENIED')
})

test('version() is what the server says of itself', async () => {
  const info = (await (await fetch(`${server.url}/v1/info`)).json()) as {
    nodeVersion: { version: string }
  }
  expect(await rowsOf(server.url, 'SELECT version()')).toEqual([[info.nodeVersion.version]])
})

test('answers are compressed for clients that ask for it', async () => {
  const own = await startServer(engine, { port: 0, compression: 'always' })
  const rawLength = async (encoding: string) => {
    const first = await post(own.url, 'SELECT * FROM tpch.tiny.lineitem')
    const started = await get(first.body.nextUri!)
    const headers = clientHeaders({ 'Accept-Encoding': encoding })
    const response = await fetch(started.body.nextUri!, { headers })
    const body = (await response.json()) as { data: unknown[]; nextUri: string }
    expect(body.data.length).toBeGreaterThan(1000)
    await fetch(body.nextUri, { method: 'DELETE', headers: clientHeaders() })
    expect(response.headers.get('vary')).toBe('Accept-Encoding')
    expect(response.headers.get('content-encoding')).toBe(encoding === 'gzip' ? 'gzip' : null)
    return Number(response.headers.get('content-length'))
  }
  expect(await rawLength('gzip')).toBeLessThan((await rawLength('identity')) / 2)
  expect(await rawLength('gzip;q=0')).toBeGreaterThan(1_000_000)
  await own.close()
})
