import { fork } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect } from '../../dist/client/index.js'
import { residentBytes } from '../engine/peer-process.mjs'
import { emitConsumed } from './consumer.mjs'

const SQL = 'SELECT * FROM memory.default.lineitem'
const HEADERS = { 'X-Trino-User': 'bench' }
const SLOW_MILLIS = 5000

/** Reads what a server in another process sends; figures are the consumer's. */
export async function run({ scaleFactor, threads, runs }, emit) {
  const child = fileURLToPath(new URL('child.mjs', import.meta.url))
  const server = fork(child, ['stream-server', JSON.stringify({ scaleFactor, threads })])
  const ended = new Promise((_, reject) => {
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  ended.catch(() => undefined)
  try {
    const answer = new Promise((resolve) => server.once('message', resolve))
    const { url } = await Promise.race([answer, ended])
    const client = connect(url.replace('http', 'ws'), { user: 'bench' })
    const [{ rowCount }] = await client.query(`SELECT count(*) AS "rowCount" FROM (${SQL}) t`).all()
    for (const [name, consume] of Object.entries(consumers(url, client, Number(rowCount)))) {
      await emitConsumed(emit, 'from a server', name, 'millrace', consume, Math.min(runs, 3))
    }
    await slowConsumer(client, server.pid, emit)
    await client.close()
  } finally {
    server.kill('SIGKILL')
  }
}

const consumers = (url, client, rowCount) => ({
  '/v1/stream, pages': async () => {
    let rows = 0
    for await (const page of client.query(SQL).pages()) rows += page.rowCount
    return { rows }
  },
  '/v1/stream, arrow': async () => {
    let rows = 0
    for await (const batch of client.query(SQL).arrow()) rows += batch.numRows
    return { rows }
  },
  '/v1/stream, row objects': async () => {
    let rows = 0
    for await (const row of client.query(SQL)) if (row !== null) rows++
    return { rows }
  },
  'HTTP, Arrow stream unparsed': () => overHttp(url, 'arrow', rowCount),
  'HTTP, NDJSON unparsed': () => overHttp(url, 'ndjson', rowCount),
  'HTTP, CSV unparsed': () => overHttp(url, 'csv', rowCount),
  '/v1/statement unparsed': () => statement(url, rowCount),
})

async function overHttp(url, format, rows) {
  const response = await fetch(`${url}/v1/stream?format=${format}`, {
    method: 'POST',
    headers: HEADERS,
    body: SQL,
  })
  let bytes = 0
  for await (const chunk of response.body) bytes += chunk.length
  return { rows, bytes }
}

/** Trino's protocol: follows `nextUri`, which stands in the head of each answer. */
async function statement(url, rows) {
  const first = await fetch(`${url}/v1/statement`, { method: 'POST', headers: HEADERS, body: SQL })
  let text = await first.text()
  let bytes = text.length
  for (;;) {
    const next = /"nextUri":"([^"]+)"/.exec(text.slice(0, 2000))
    if (next === null) break
    text = await (await fetch(next[1], { headers: HEADERS })).text()
    bytes += text.length
  }
  if (!text.includes('"state":"FINISHED"')) throw new Error(text.slice(0, 500))
  return { rows, bytes }
}

/** A client that takes two rows a second: what the server's memory grows by. */
async function slowConsumer(client, serverPid, emit) {
  const before = residentBytes(serverPid)
  let largest = before
  const rows = client.query(SQL)[Symbol.asyncIterator]()
  for (const endsAt = performance.now() + SLOW_MILLIS; performance.now() < endsAt; ) {
    await rows.next()
    largest = Math.max(largest, residentBytes(serverPid))
    await delay(500)
  }
  await rows.return()
  emit({
    group: 'slow consumer',
    name: "a server's memory grown",
    subject: 'millrace',
    samples: [(largest - before) / 1e6],
    unit: 'MB',
  })
}
