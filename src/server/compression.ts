import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'

/** Whether answers are compressed for clients that ask for it; `remote`: for those on other machines. */
export type Compression = 'always' | 'remote' | 'never'

const gzipBytes = promisify(gzip)
/** What is shorter fits a packet or two either way. */
const MIN_BYTES = 2048
const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/

/** Whether an Accept-Encoding header names gzip and does not refuse it. @source RFC 9110 section 12.5.3 */
function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false
  return header.split(',').some((part) => {
    const [coding, ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    return coding === 'gzip' && !parameters.some((text) => /^q=0(?:\.0*)?$/.test(text))
  })
}

/**
 * Answers in gzip where the client takes it. Between processes of one machine copying is cheaper than compressing, so
 * that their answers stay as they are unless everything is to be compressed.
 */
export function compressAnswers(server: FastifyInstance, compression: Compression): void {
  if (compression === 'never') return
  server.addHook('onSend', async (request, reply, payload) => {
    const isBytes = typeof payload === 'string' || Buffer.isBuffer(payload)
    if (!isBytes || Buffer.byteLength(payload) < MIN_BYTES) return payload
    reply.header('Vary', 'Accept-Encoding')
    if (compression === 'remote' && LOOPBACK.test(request.ip)) return payload
    if (!acceptsGzip(request.headers['accept-encoding'])) return payload
    const packed = await gzipBytes(payload, { level: constants.Z_BEST_SPEED })
    reply.header('Content-Encoding', 'gzip').header('Content-Length', packed.length)
    return packed
  })
}
