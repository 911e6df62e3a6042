import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { connect } from '../../../src/client/index.js'

let server: WebSocketServer
let url: string
let greet: (socket: WebSocket) => void

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/v1/stream' })
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  url = `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/v1/stream`
  server.on('connection', (socket) => greet(socket))
})
afterEach(() => {
  for (const client of server.clients) client.terminate()
  server.close()
})

test.each([
  ['text', 'no JSON'],
  ['a frame', Buffer.from([1, 2, 3])],
] as const)('a server of another kind fails the query, not the program: %s', async (_, data) => {
  greet = (socket) => socket.once('message', () => socket.send(data))
  const client = connect(url)
  await expect(client.query('SELECT 1').all()).rejects.toMatchObject({
    code: 'REMOTE_HOST_GONE',
    message: `Not an answer of the stream: ${url}`,
  })
  await client.close()
})

test('an idle connection keeps no program running, and takes the next query', async () => {
  let connectionCount = 0
  greet = (socket) => {
    connectionCount++
    socket.on('message', (data) => {
      const { type, query } = JSON.parse(String(data))
      if (type !== 'query') return
      const stats = {}
      socket.send(JSON.stringify({ type: 'schema', query, sequence: 0, queryId: 'q', columns: [] }))
      // Long enough for the query to be seen under way.
      setTimeout(() => {
        socket.send(JSON.stringify({ type: 'end', query, sequence: 1, stats, session: {} }))
      }, 50)
    })
  }
  // Sockets that do not keep the program running are not told of.
  const held = () =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
  // Those of the tests before are closing.
  await vi.waitUntil(() => held() === 0)
  const client = connect(url)
  for (let i = 0; i < 2; i++) {
    const query = client.query('SELECT 1')
    const rows = query.all()
    await query.columns()
    // Both ends of the connection are in this process.
    expect(held()).toBe(2)
    await rows
    expect(held()).toBe(1)
  }
  expect(connectionCount).toBe(1)
  await client.close()
})

test('a connection that the server ends is not used for the next query, however soon it comes', async () => {
  let connectionCount = 0
  greet = (socket) => {
    const isFirst = ++connectionCount === 1
    socket.on('message', (data) => {
      const { type, query } = JSON.parse(String(data))
      if (type !== 'query') return
      if (isFirst) {
        const error = { code: 'SERVER_SHUTTING_DOWN', number: 65542, message: 'The server stops' }
        socket.send(JSON.stringify({ type: 'error', query: 0, sequence: 0, error }))
        return
      }
      socket.send(JSON.stringify({ type: 'schema', query, sequence: 0, queryId: 'q', columns: [] }))
      socket.send(JSON.stringify({ type: 'end', query, sequence: 1, stats: {}, session: {} }))
    })
  }
  const client = connect(url)
  await expect(client.query('SELECT 1').all()).rejects.toMatchObject({
    code: 'SERVER_SHUTTING_DOWN',
  })
  expect(await client.query('SELECT 1').all()).toEqual([])
  expect(connectionCount).toBe(2)
  await client.close()
})
