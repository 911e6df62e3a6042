import { type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorToRecord, MillraceError } from '../../spi/index.js'
import { STREAM_PATH } from '../stream/messages.js'

const STATUS: Readonly<Record<string, number>> = { PERMISSION_DENIED: 401, NOT_FOUND: 404 }

/** Answers an upgrade request with an error, as JSON. */
export function refuseUpgrade(socket: Duplex, error: MillraceError): void {
  const status = STATUS[error.code] ?? 409
  const { stack: _, ...record } = errorToRecord(error)
  const body = JSON.stringify(record)
  socket.on('error', () => socket.destroy())
  // The server knows nothing of the socket any more: one whose peer keeps its side open would stay.
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

/** Refuses upgrades on other paths than these: sockets that nobody takes would stay open. @returns what stops it */
export function refuseOtherUpgrades(server: Server, known: ReadonlySet<string>): () => void {
  const onUpgrade: Parameters<Server['on']>[1] = (request, socket) => {
    const path = request.url?.split('?')[0] ?? ''
    if (known.has(path)) return
    refuseUpgrade(socket, new MillraceError('NOT_FOUND', `No WebSocket is served at: ${path}`))
  }
  server.on('upgrade', onUpgrade)
  return () => server.off('upgrade', onUpgrade)
}

/**
 * Cuts off other nodes until this one is ready for them, as if nothing listened yet: nobody would take their sockets, and they
 * would wait for an answer. @returns what stops it
 */
export function cutEarlyUpgrades(server: Server): () => void {
  const onUpgrade: Parameters<Server['on']>[1] = (request, socket) => {
    if (request.url?.split('?')[0] !== STREAM_PATH) socket.destroy()
  }
  server.on('upgrade', onUpgrade)
  return () => server.off('upgrade', onUpgrade)
}
