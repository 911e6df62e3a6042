import type { BufferAddress } from '../address.js'
import type { Channel, ChannelFactory, ChannelListener } from '../channel/channel.js'
import { loadControlCodec } from '../protocol/control.js'
import type { NodeIdentity } from '../protocol/handshake.js'
import { ClientConnection, type ClientConnectionOptions } from './client-connection.js'
import { WebSocketChannel } from './websocket-channel.js'

export interface WebSocketChannelsOptions {
  readonly node: NodeIdentity
  /** How often a producer is asked whether it is there; default 500 ms. */
  readonly pingMillis?: number
  /** A producer of which nothing is heard for this long is connected to anew; default 2 s. */
  readonly idleMillis?: number
  /** How long a producer may be out of reach before its streams fail (exchange.max-error-duration); default 4 s. */
  readonly errorDurationMillis?: number
  /** How long a host may take to accept a connection; default 2 s. */
  readonly connectMillis?: number
  /** How long one that has accepted a connection may take to answer; default 60 s. */
  readonly handshakeMillis?: number
  /** How often a node has turned to others: one that does so and does not answer here is out of reach. */
  readonly turnsToOthers?: (nodeUri: string) => Promise<number | undefined>
  /** How often a producer is told that streams are still wanted; default 5 s. */
  readonly reminderMillis?: number
  /** A connection without streams is closed after this; default 30 s. */
  readonly unusedMillis?: number
}

const DEFAULTS = {
  pingMillis: 500,
  idleMillis: 2000,
  errorDurationMillis: 4_000,
  connectMillis: 2_000,
  handshakeMillis: 60_000,
  reminderMillis: 5000,
  unusedMillis: 30_000,
} as const

/** Channels to tasks of other nodes: one connection a node. */
export class WebSocketChannels implements ChannelFactory {
  readonly #options: ClientConnectionOptions
  readonly #connections = new Map<string, ClientConnection>()

  private constructor(options: ClientConnectionOptions) {
    this.#options = options
  }

  /** Loads ws and msgpackr. */
  static async create(options: WebSocketChannelsOptions): Promise<WebSocketChannels> {
    const [{ WebSocket }, codec] = await Promise.all([import('ws'), loadControlCodec()])
    return new WebSocketChannels({ ...DEFAULTS, ...options, codec, WebSocket })
  }

  open(address: BufferAddress, listener: ChannelListener): Channel {
    const { nodeUri } = address
    let connection = this.#connections.get(nodeUri)
    if (connection === undefined) {
      const made = new ClientConnection(nodeUri, this.#options, () => {
        if (this.#connections.get(nodeUri) === made) this.#connections.delete(nodeUri)
      })
      connection = made
      this.#connections.set(nodeUri, made)
    }
    const own = connection
    return own.add((number) => new WebSocketChannel(address, number, listener, own))
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Bytes that have come of all streams and were not taken. */
  get bufferedBytes(): number {
    let bytes = 0
    for (const connection of this.#connections.values()) bytes += connection.bufferedBytes
    return bytes
  }

  /** Ends all connections; streams that are open fail. */
  close(): void {
    for (const connection of [...this.#connections.values()]) connection.close()
  }
}
