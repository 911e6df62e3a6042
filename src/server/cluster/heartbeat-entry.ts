import { workerData } from 'node:worker_threads'
import { WebSocket } from 'ws'
import { requestHeaders } from '../../exchange/protocol/handshake.js'
import type { HeartbeatStart } from './heartbeat.js'

/** The module of a worker's heartbeat thread: connects to the coordinator, says that the process lives, connects again. */

const { node, url, intervalMillis, silentMillis } = workerData as HeartbeatStart

function connect(): void {
  const socket = new WebSocket(url, {
    headers: requestHeaders(node).headers,
    perMessageDeflate: false,
    handshakeTimeout: silentMillis,
  })
  let heardAt = performance.now()
  const timer = setInterval(() => {
    if (performance.now() - heardAt > silentMillis) socket.terminate()
    else if (socket.readyState === WebSocket.OPEN) socket.ping()
  }, intervalMillis)
  socket.on('pong', () => {
    heardAt = performance.now()
  })
  // An error is followed by the close.
  socket.on('error', () => {})
  socket.on('close', () => {
    clearInterval(timer)
    setTimeout(connect, intervalMillis)
  })
}

connect()
