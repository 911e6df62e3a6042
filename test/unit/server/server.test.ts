import { connect as connectSocket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { connect } from '../../../src/client/index.js'
import { Engine } from '../../../src/engine/engine.js'
import { startServer } from '../../../src/server/server.js'
import type { MillraceError } from '../../../src/spi/index.js'

test('a server that stops ends the statements of its clients, and the engine stays', async () => {
  const engine = await Engine.create({
    threads: 0,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  try {
    const server = await startServer(engine, { port: 0 })
    const post = await fetch(`${server.url}/v1/statement`, {
      method: 'POST',
      headers: { 'x-trino-user': 'tester' },
      body: 'SELECT * FROM tpch.sf1.lineitem',
    })
    let page = await post.json()
    while (page.data === undefined) page = await (await fetch(page.nextUri)).json()
    const [run] = engine.services.queries.active()
    await server.close()
    await run!.settled
    expect(run!.failure?.code).toBe('SERVER_SHUTTING_DOWN')
    expect(engine.services.queries.active()).toEqual([])
  } finally {
    await engine.close()
  }
})

test('a server that stops says so to clients of the stream, and to those that wait for an answer', async () => {
  const engine = await Engine.create({
    threads: 0,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  // Never gives a row: a client waits for its answer when the server stops.
  engine.registered.register('silence', () => new Readable({ objectMode: true, read() {} }), [
    { name: 'x', type: 'bigint' },
  ])
  try {
    const server = await startServer(engine, { port: 0 })
    const client = connect(server.url.replace('http', 'ws'), { user: 'tester' })
    const rows = client.query('SELECT * FROM tpch.sf1.lineitem')[Symbol.asyncIterator]()
    await rows.next()
    const patient = connect(server.url, { user: 'tester', protocol: 'trino' })
    const waiting = [1, 2, 3].map(() =>
      patient
        .query('SELECT * FROM silence')
        .all()
        .then(
          () => 'rows',
          (error: MillraceError) => error.code,
        ),
    )
    const ndjson = await fetch(`${server.url}/v1/stream`, {
      method: 'POST',
      headers: { 'x-trino-user': 'tester' },
      body: 'SELECT * FROM tpch.sf1.lineitem',
    })
    let text = ''
    const read = (async () => {
      for await (const part of ndjson.body!) text += Buffer.from(part).toString()
    })()
    read.catch(() => undefined)
    await vi.waitUntil(
      () => engine.services.queries.active().filter((run) => run.state === 'RUNNING').length === 5,
    )
    // For the clients to ask for what comes next.
    await setTimeout(300)
    const begun = performance.now()
    await server.close()
    const rest = async () => {
      for (;;) if ((await rows.next()).done === true) return
    }
    await expect(rest()).rejects.toMatchObject({ code: 'SERVER_SHUTTING_DOWN' })
    await expect(read).rejects.toThrow()
    expect(text.trim().split('\n').at(-1)).toContain('"SERVER_SHUTTING_DOWN"')
    // One that has its answer, and has not asked for the next yet, finds nobody.
    const codes = await Promise.all(waiting)
    expect(codes).toContain('SERVER_SHUTTING_DOWN')
    expect(['SERVER_SHUTTING_DOWN', 'REMOTE_HOST_GONE']).toEqual(expect.arrayContaining(codes))
    expect(performance.now() - begun).toBeLessThan(5000)
    await client.close()
  } finally {
    await engine.close()
  }
}, 20_000)

test('a server that cannot start leaves nothing', async () => {
  const engine = await Engine.create({ threads: 0 })
  try {
    const first = await startServer(engine, { port: 0 })
    const { port } = first
    await expect(startServer(engine, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await first.close()
    // A worker without the address of its coordinator: the node fails when the server already listens.
    const cluster = { coordinator: false, includeCoordinator: false, discoveryUri: 'no address' }
    await expect(startServer(engine, { port, cluster })).rejects.toThrow('Invalid URL')
    expect(engine.httpUri).toBe('')
    const second = await startServer(engine, { port })
    await second.close()
  } finally {
    await engine.close()
  }
})

test('the pages of queries show what was sent as text, and have no scripts', async () => {
  const engine = await Engine.create({
    threads: 0,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  const server = await startServer(engine, { port: 0 })
  try {
    const run = async (body: string) => {
      const headers = { 'x-trino-user': '<img src=x onerror=alert(1)>' }
      let page = await (
        await fetch(`${server.url}/v1/statement`, { method: 'POST', headers, body })
      ).json()
      const { infoUri } = page
      while (page.nextUri !== undefined) page = await (await fetch(page.nextUri)).json()
      const response = await fetch(infoUri)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
      return response.text()
    }
    const finished = await run('SELECT count(*) AS "</pre><script>" FROM tpch.tiny.orders')
    expect(finished).toContain('&lt;/pre&gt;&lt;script&gt;')
    expect(finished).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(finished).not.toMatch(/<script|<img|onerror=alert\(1\)>/)
    expect(finished).toContain('15,000')
    expect(finished).not.toContain('http-equiv="refresh"')
    const failed = await run("SELECT CAST('<b>x</b>' AS integer)")
    expect(failed).toContain('INVALID_CAST_ARGUMENT')
    expect(failed).not.toContain('<b>')
    const overview = await fetch(`${server.url}/`)
    expect(overview.url).toBe(`${server.url}/ui/`)
    const text = await overview.text()
    expect(text.match(/query\.html\?\d{8}_/g)).toHaveLength(2)
    expect(text).not.toMatch(/<script|<img/)
    const unknown = await fetch(`${server.url}/ui/query.html?<script>`)
    expect(unknown.status).toBe(404)
    expect(await unknown.text()).not.toContain('<script')
  } finally {
    await server.close()
    await engine.close()
  }
})

test('half a request is answered 408 within a bound, and nobody else is disturbed', async () => {
  const engine = await Engine.create({ threads: 0 })
  const requestTimeouts = { headMillis: 200, wholeMillis: 400 }
  const server = await startServer(engine, { port: 0, requestTimeouts })
  try {
    const begun = [
      'POST /v1/statement HTTP/1.1\r\nHost: x\r\nX-Trino-Us',
      'POST /v1/statement HTTP/1.1\r\nHost: x\r\nX-Trino-User: tester\r\nContent-Length: 8\r\n\r\nSELE',
      'GET /v1/stream HTTP/1.1\r\nUpgrade: websocket\r\n',
    ]
    const answers = begun.map(async (text) => {
      const socket = connectSocket(server.port, '127.0.0.1')
      socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')))
      socket.write(text)
      let answer = ''
      for await (const part of socket) answer += String(part)
      return answer
    })
    const client = connect(server.url, { user: 'tester' })
    expect(await client.query('SELECT 1 AS x').all()).toEqual([{ x: 1 }])
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(await client.query('SELECT 2 AS x').all()).toEqual([{ x: 2 }])
    await client.close()
    expect(engine.services.queries.active()).toEqual([])
  } finally {
    await server.close()
    await engine.close()
  }
})
