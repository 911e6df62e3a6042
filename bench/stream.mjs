// Measures how results leave the server: `node bench/stream.mjs [rows|slow|clients] [--sf 1]`, after `npm run build`. The server is a
// process of its own with a memory table of TPC-H's lineitem; figures are of this process, the consumer.
//   rows     rows a second over /v1/stream (pages, Arrow, msgpack, row objects), plain HTTP and /v1/statement
//   slow     a consumer that reads a row a second: the server's memory and how far its scan gets
//   clients  200 clients at once, of which some read large results: latency of the small ones
import { fork } from 'node:child_process'

const dist = new URL('../dist/', import.meta.url)
const build = new URL('../build/', import.meta.url)
const argument = (name, otherwise) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : process.argv[at + 1]
}
const scale = argument('--sf', '1')
const threads = Number(argument('--threads', '2'))
const chosen = process.argv.slice(2).filter((name) => ['rows', 'slow', 'clients'].includes(name))
const parts = chosen.length === 0 ? ['rows', 'slow', 'clients'] : chosen

async function serve() {
  // The bundle has no entry for the server: what the compiler made is the same code.
  const [{ Engine }, { startServer }] = await Promise.all([
    import(new URL('engine/engine.js', build)),
    import(new URL('server/server.js', build)),
  ])
  const engine = await Engine.create({
    threads,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  await engine.ready()
  const server = await startServer(engine, { port: 0 })
  const run = engine.createRun({
    sql: `CREATE TABLE memory.default.lineitem AS SELECT * FROM tpch."sf${scale}".lineitem`,
    session: engine.defaultSession,
  })
  await run.drain()
  process.send({ url: server.url })
  // The consumer was ended from outside.
  process.once('disconnect', () => process.exit())
  process.on('message', async (message) => {
    if (message === 'memory') {
      globalThis.gc?.()
      const active = engine.services.queries.list().filter((query) => !query.isDone)
      process.send({
        rssBytes: process.memoryUsage().rss,
        externalBytes: process.memoryUsage().external,
        readRows: active.reduce((sum, query) => sum + query.rowCount, 0),
      })
    } else {
      await server.close()
      await engine.close()
      process.disconnect()
    }
  })
}

const mega = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`
const print = (name, text) => console.log(`${name.padEnd(44)} ${text}`)

async function measure(name, consume) {
  const started = performance.now()
  const { rows, bytes } = await consume()
  const seconds = (performance.now() - started) / 1000
  const rate = `${(rows / seconds / 1e6).toFixed(2)} M rows/s`
  print(name, `${rate}${bytes === undefined ? '' : `, ${mega(bytes / seconds)}/s`}`)
}

const SQL = 'SELECT * FROM memory.default.lineitem'

async function rows(url, connect) {
  const client = connect(url.replace('http', 'ws'), { user: 'bench' })
  const count = async (batches) => {
    let total = 0
    for await (const batch of batches) total += batch.rowCount ?? batch.numRows
    return { rows: total }
  }
  for (let round = 0; round < 2; round++) {
    await measure('/v1/stream, .pages()', () => count(client.query(SQL).pages()))
  }
  await measure('/v1/stream, Arrow IPC messages', () => rawStream(url, 'arrow'))
  await measure('/v1/stream, msgpack rows, not unpacked', () => rawStream(url, 'msgpack'))
  await measure('/v1/stream, JSON rows, not parsed', () => rawStream(url, 'json'))
  await measure('/v1/stream, .arrow() batches made by the client', () =>
    count(client.query(SQL).arrow()),
  )
  await measure('/v1/stream, row objects', async () => {
    let total = 0
    for await (const _ of client.query(SQL)) total++
    return { rows: total }
  })
  const packed = connect(url.replace('http', 'ws'), { user: 'bench', rowFormat: 'msgpack' })
  await measure('/v1/stream, row objects of msgpack', async () => {
    let total = 0
    for await (const _ of packed.query(SQL)) total++
    return { rows: total }
  })
  await client.close()
  await packed.close()
  for (const format of ['arrow', 'ndjson', 'csv']) {
    await measure(`POST /v1/stream, ${format}, unparsed`, () => overHttp(url, format))
  }
  await measure('/v1/statement, unparsed', () => statement(url))
}

/** Takes frames as they come, and looks at their headers only. */
async function rawStream(url, format) {
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`, {
    perMessageDeflate: false,
    maxPayload: 2 ** 30,
  })
  const window = 16 * 2 ** 20
  let bytes = 0
  let total = 0
  let granted = window
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'open', version: 1 }))
      const session = { 'x-trino-user': 'bench' }
      socket.send(
        JSON.stringify({ type: 'query', query: 1, sql: SQL, session, format, credit: window }),
      )
    })
    socket.on('message', (data, isBinary) => {
      if (!isBinary) {
        const message = JSON.parse(data.toString())
        if (message.type === 'error') reject(new Error(message.error.message))
        if (message.type !== 'end') return
        socket.close()
        resolve({ rows: total, bytes })
        return
      }
      total += data.readUInt32LE(12)
      bytes += data.length
      if (bytes + window - granted < window / 4) return
      granted = bytes + window
      const next = data.readUInt32LE(8) + 1
      socket.send(JSON.stringify({ type: 'credit', query: 1, next, limit: granted }))
    })
  })
}

async function overHttp(url, format) {
  const response = await fetch(`${url}/v1/stream?format=${format}`, {
    method: 'POST',
    headers: { 'X-Trino-User': 'bench' },
    body: SQL,
  })
  let bytes = 0
  for await (const chunk of response.body) bytes += chunk.length
  return { rows: await rowCount(url), bytes }
}

async function statement(url) {
  const headers = { 'X-Trino-User': 'bench' }
  let text = await (
    await fetch(`${url}/v1/statement`, { method: 'POST', headers, body: SQL })
  ).text()
  let bytes = text.length
  for (;;) {
    // The head is short; the rest is not looked at.
    const next = /"nextUri":"([^"]+)"/.exec(text.slice(0, 2000))
    if (next === null) break
    text = await (await fetch(next[1], { headers })).text()
    bytes += text.length
  }
  return { rows: await rowCount(url), bytes }
}

let knownRows
async function rowCount(url) {
  if (knownRows === undefined) {
    const response = await fetch(`${url}/v1/stream?format=csv`, {
      method: 'POST',
      headers: { 'X-Trino-User': 'bench' },
      body: 'SELECT count(*) FROM memory.default.lineitem',
    })
    knownRows = Number((await response.text()).split('\r\n')[1])
  }
  return knownRows
}

async function slow(url, connect, memory) {
  const client = connect(url.replace('http', 'ws'), { user: 'bench' })
  const before = await memory()
  const rows = client.query(SQL)[Symbol.asyncIterator]()
  let read = 0
  for (let second = 0; second < 10; second++) {
    await rows.next()
    read++
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { rssBytes, readRows } = await memory()
    const grown = mega(rssBytes - before.rssBytes)
    print(`a row a second, after ${read} s`, `server +${grown}, ${readRows} rows read`)
  }
  await rows.return()
  await client.close()
}

async function clients(url, connect) {
  const large = Array.from({ length: 20 }, () =>
    connect(url.replace('http', 'ws'), { user: 'large' }),
  )
  const small = Array.from({ length: 180 }, () =>
    connect(url.replace('http', 'ws'), { user: 'small' }),
  )
  const expected = await rowCount(url)
  let isOver = false
  let largeRows = 0
  const largeDone = large.map(async (client) => {
    let total = 0
    for await (const page of client.query(`${SQL} WHERE orderkey % 4 = 0`).pages())
      total += page.rowCount
    largeRows += total
    return total
  })
  const latencies = []
  const smallDone = small.map(async (client, i) => {
    await client.query('SELECT 1').all()
    while (!isOver) {
      const started = performance.now()
      const [row] = await client.query('SELECT ? + 1 AS a', [i]).all()
      if (row.a !== i + 1) throw new Error(`client ${i} got ${row.a}`)
      latencies.push(performance.now() - started)
      await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 1000))
    }
  })
  const started = performance.now()
  const totals = await Promise.all(largeDone)
  const seconds = (performance.now() - started) / 1000
  isOver = true
  await Promise.all(smallDone)
  const lost = totals.filter((total) => total !== totals[0]).length
  latencies.sort((a, b) => a - b)
  const at = (part) => `${latencies[Math.floor((latencies.length - 1) * part)].toFixed(0)} ms`
  print(
    '20 large results of',
    `${totals[0]} of ${expected} rows: ${(largeRows / seconds / 1e6).toFixed(2)} M rows/s, ${lost} wrong`,
  )
  print(
    `180 clients, ${latencies.length} small queries meanwhile`,
    `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`,
  )
  await Promise.all([...large, ...small].map((client) => client.close()))
}

async function main() {
  const { connect } = await import(new URL('client/index.js', dist))
  const server = fork(new URL(import.meta.url), process.argv.slice(2), {
    env: { ...process.env, STREAM_BENCH: 'server' },
    execArgv: ['--expose-gc'],
  })
  const message = () => new Promise((resolve) => server.once('message', resolve))
  const { url } = await message()
  const memory = async () => {
    server.send('memory')
    return message()
  }
  if (parts.includes('rows')) await rows(url, connect)
  if (parts.includes('slow')) await slow(url, connect, memory)
  if (parts.includes('clients')) await clients(url, connect)
  server.send('stop')
}

await (process.env.STREAM_BENCH === 'server' ? serve() : main())
