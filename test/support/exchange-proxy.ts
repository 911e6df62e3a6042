import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { Random } from '../unit/kernel-support/cells.js'

export interface ProxyFaults {
  /** How often, a message, the connection is cut. */
  readonly cuts: number
  /** How often a frame is sent twice. */
  readonly repeats: number
  /** How often a byte of a message is changed. */
  readonly damages: number
  /** How often a message is held up, for up to 10 ms; order is kept. */
  readonly delays: number
}

export interface ExchangeProxy {
  readonly uri: string
  readonly counts: { cuts: number; repeats: number; damages: number; delays: number }
  close(): Promise<void>
}

const HEADER_BYTES = 40

/**
 * Stands between consumers and a producer and lets things go wrong.
 * @param at where it listens; by default at a free port
 */
export async function exchangeProxy(
  target: string,
  random: Random,
  faults: ProxyFaults,
  at: { readonly host: string; readonly port: number } = { host: '127.0.0.1', port: 0 },
): Promise<ExchangeProxy> {
  const counts = { cuts: 0, repeats: 0, damages: 0, delays: 0 }
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const http = createServer()
  const live = new Set<WebSocket>()

  const relay = (from: WebSocket, to: WebSocket): void => {
    let held = Promise.resolve()
    let lastHeader: Buffer | undefined
    const cut = (): void => {
      from.terminate()
      to.terminate()
    }
    const deliver = (data: Buffer): void => {
      if (to.readyState !== WebSocket.OPEN) return
      if (random.chance(faults.cuts)) {
        counts.cuts++
        cut()
        return
      }
      if (random.chance(faults.damages)) {
        counts.damages++
        data[random.below(data.length)]! ^= 1 << random.below(8)
      }
      to.send(data)
      const isLoneHeader = lastHeader === undefined && data.length === HEADER_BYTES
      if (isLoneHeader && data.readUInt32LE(20) > 0) {
        lastHeader = data
        return
      }
      if (random.chance(faults.repeats)) {
        counts.repeats++
        if (lastHeader !== undefined) to.send(lastHeader)
        to.send(data)
      }
      lastHeader = undefined
    }
    from.on('message', (data: Buffer) => {
      if (random.chance(faults.delays)) {
        counts.delays++
        const millis = random.below(10)
        held = held.then(() => new Promise((resolve) => setTimeout(resolve, millis)))
      }
      held = held.then(() => deliver(data))
    })
    from.on('close', cut)
    from.on('error', cut)
    live.add(from)
  }

  http.on('upgrade', (request, socket, head) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => name.startsWith('x-')),
    ) as Record<string, string>
    const upstream = new WebSocket(`${target.replace('http', 'ws')}${request.url}`, {
      headers,
      perMessageDeflate: false,
    })
    let answer: Record<string, string | string[] | undefined> = {}
    upstream.on('upgrade', (response) => {
      answer = response.headers
    })
    upstream.on('error', () => socket.destroy())
    upstream.on('open', () => {
      const addHeaders = (lines: string[]): void => {
        for (const [name, value] of Object.entries(answer)) {
          if (name.startsWith('x-')) lines.push(`${name}: ${value}`)
        }
      }
      sockets.on('headers', addHeaders)
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        relay(webSocket, upstream)
        relay(upstream, webSocket)
      })
      sockets.off('headers', addHeaders)
    })
  })
  await new Promise<void>((resolve) => http.listen(at.port, at.host, resolve))
  return {
    uri: `http://${at.host}:${(http.address() as AddressInfo).port}`,
    counts,
    async close() {
      for (const socket of live) socket.terminate()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}
