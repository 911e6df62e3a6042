import { afterEach, beforeEach, expect, test } from 'vitest'
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
