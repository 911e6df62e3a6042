import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ChannelFactory } from '../../src/exchange/channel/channel.js'
import { ExchangeClient } from '../../src/exchange/exchange-client.js'
import type { NodeIdentity } from '../../src/exchange/protocol/handshake.js'
import { TaskBuffers } from '../../src/exchange/task-buffers.js'
import {
  ExchangeServer,
  type ExchangeServerOptions,
} from '../../src/exchange/websocket/exchange-server.js'
import type { Page } from '../../src/spi/index.js'

export const identity = (nodeId: string, more: Partial<NodeIdentity> = {}): NodeIdentity => ({
  nodeId,
  instanceId: `${nodeId} 1`,
  version: '1',
  environment: 'test',
  sharedSecret: 'secret',
  ...more,
})

/** A node that serves exchanges on a port of its own. */
export interface ExchangeNode {
  readonly uri: string
  readonly port: number
  readonly buffers: TaskBuffers
  readonly exchange: ExchangeServer
  readonly http: Server
  close(): Promise<void>
}

export async function exchangeNode(
  options: Partial<ExchangeServerOptions> = {},
): Promise<ExchangeNode> {
  const buffers = options.buffers ?? new TaskBuffers(300)
  const exchange = await ExchangeServer.create({ node: identity('producer'), buffers, ...options })
  const http = createServer((_, response) => {
    response.writeHead(404).end()
  })
  exchange.attach(http)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    uri: `http://127.0.0.1:${port}`,
    port,
    buffers,
    exchange,
    http,
    async close() {
      exchange.close()
      buffers.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

/** Takes the pages of a client until its end. */
export async function takeAll(
  client: ExchangeClient,
  visit: (page: Page) => void | Promise<void>,
): Promise<void> {
  for (;;) {
    const owned = client.next()
    if (owned !== undefined) {
      await visit(owned.page)
      owned.release()
    } else if (client.isEnded) return
    else await client.ready()
  }
}

/** A client of one buffer. */
export function clientOf(
  channels: ChannelFactory,
  nodeUri: string,
  taskId: string,
  bufferId = 0,
  bufferBytesMax?: number,
): ExchangeClient {
  const client = new ExchangeClient({
    channels,
    ...(bufferBytesMax === undefined ? {} : { bufferBytesMax }),
  })
  client.addSource({ nodeUri, taskId, bufferId })
  client.noMoreSources()
  return client
}

export async function eventually(check: () => boolean, millis = 5000): Promise<void> {
  const end = performance.now() + millis
  while (!check()) {
    if (performance.now() > end) throw new Error('it did not come to be')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
