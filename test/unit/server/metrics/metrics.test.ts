import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../../../src/client/index.js'
import { Engine } from '../../../../src/engine/engine.js'
import { exposition } from '../../../../src/server/metrics/exposition.js'
import { type RunningServer, startServer } from '../../../../src/server/server.js'

let engine: Engine
let server: RunningServer
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-log-'))
  engine = await Engine.create({ threads: 0, catalogs: { tpch: { 'connector.name': 'tpch' } } })
  const log = { level: 'info', file: join(folder, 'server.log') } as const
  server = await startServer(engine, { port: 0, log })
})
afterAll(async () => {
  await server.close()
  await engine.close()
  rmSync(folder, { recursive: true })
})

const scrape = async (accept = '*/*') => {
  const response = await fetch(`${server.url}/metrics`, { headers: { accept } })
  return { type: response.headers.get('content-type'), text: await response.text() }
}

/** Values by name and labels, of a text in which every line is a comment or a sample. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('#')) continue
    const match = /^([a-z_]+(?:\{[^}]*\})?) (\S+)$/.exec(line)
    expect(match, line).not.toBeNull()
    expect(samples.has(match![1]!), line).toBe(false)
    samples.set(match![1]!, Number(match![2]))
  }
  return samples
}

test('queries are counted by how they end, and what they do', async () => {
  const client = connect(server.url, { user: 'tester' })
  const before = samplesOf((await scrape()).text)
  await client.query('SELECT * FROM tpch.tiny.orders').all()
  await expect(client.query('SELECT nope').all()).rejects.toMatchObject({
    code: 'COLUMN_NOT_FOUND',
  })
  const live = client.query('SELECT * FROM tpch.sf1.lineitem')
  const rows = live[Symbol.asyncIterator]()
  await rows.next()
  const { text, type } = await scrape()
  expect(type).toContain('text/plain; version=0.0.4')
  const after = samplesOf(text)
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0)
  expect(grown('millrace_queries_started_total')).toBe(3)
  expect(grown('millrace_queries_ended_total{outcome="FINISHED"}')).toBe(1)
  expect(grown('millrace_queries_ended_total{outcome="COLUMN_NOT_FOUND"}')).toBe(1)
  expect(after.get('millrace_queries{state="RUNNING"}')).toBe(1)
  expect(grown('millrace_result_rows_total')).toBeGreaterThan(15_000)
  expect(grown('millrace_query_duration_seconds_count')).toBe(2)
  expect(after.get('millrace_query_duration_seconds_bucket{le="+Inf"}')).toBe(2)
  expect(after.get('millrace_stream_connections')).toBe(1)
  expect(after.get('millrace_stream_queries')).toBe(1)
  expect(after.has('millrace_stream_buffered_bytes')).toBe(true)
  expect(after.get('millrace_memory_pool_limit_bytes')).toBeGreaterThan(0)
  expect(
    after.get('millrace_http_requests_total{method="GET",route="/metrics",status="200"}'),
  ).toBe(1)
  expect(after.has('millrace_event_loop_delay_seconds{quantile="0.99"}')).toBe(true)
  await rows.return!()
  await client.close()
})

test('what is kept for answers of statements is told, and given back with the last of them', async () => {
  const bufferedBytes = async () =>
    samplesOf((await scrape()).text).get('millrace_statement_buffered_bytes')!
  const client = connect(server.url, { user: 'tester', protocol: 'trino' })
  expect(await bufferedBytes()).toBe(0)
  const rows = client.query('SELECT * FROM tpch.tiny.lineitem')[Symbol.asyncIterator]()
  await rows.next()
  expect(await bufferedBytes()).toBeGreaterThan(1024 * 1024)
  while ((await rows.next()).done !== true);
  const last = await bufferedBytes()
  expect(last).toBeGreaterThan(0)
  expect(last).toBeLessThan(1024 * 1024 + 16 * 1024)
  expect(samplesOf((await scrape()).text).get('millrace_statements')).toBe(1)
  await client.close()
})

test('OpenMetrics is what asks for it gets', async () => {
  const { text, type } = await scrape('application/openmetrics-text; version=1.0.0')
  expect(type).toContain('application/openmetrics-text')
  expect(text.endsWith('# EOF\n')).toBe(true)
  expect(text).toContain('# TYPE millrace_queries_started counter\nmillrace_queries_started_total ')
  samplesOf(text)
})

test('labels are escaped', () => {
  const samples = [{ labels: { a: 'x"\\\n' }, value: Number.POSITIVE_INFINITY }]
  expect(exposition([{ name: 'm', type: 'gauge', help: 'h', samples }], false)).toBe(
    '# HELP m h\n# TYPE m gauge\nm{a="x\\"\\\\\\n"} +Inf\n',
  )
})

test('the log has a line of JSON for each beginning and end of a query', async () => {
  const client = connect(server.url, { user: 'logger' })
  await client.query('SELECT 1 AS a').all()
  await client
    .query('SELECT nope')
    .all()
    .catch(() => {})
  await client.close()
  const queryIds = engine.services.queries
    .list()
    .filter((run) => run.session.user === 'logger')
    .map((run) => run.id)
  // The log is written beside the server's work.
  let lines: Record<string, unknown>[] = []
  while (lines.filter((line) => String(line['msg']).startsWith('query ')).length < 4) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    lines = readFileSync(join(folder, 'server.log'), 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(
        ({ queryId, msg }) =>
          queryId === undefined || queryIds.includes(String(queryId)) || msg === '',
      )
  }
  expect(lines.find((line) => line['msg'] === 'query ended')).toMatchObject({
    queryId: queryIds[0],
    state: 'FINISHED',
    rowCount: 1,
  })
  expect(lines.find((line) => line['msg'] === 'query failed')).toMatchObject({
    queryId: queryIds[1],
    error: { code: 'COLUMN_NOT_FOUND' },
  })
})
