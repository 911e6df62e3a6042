import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { hostname } from 'node:os'
import type { Engine } from '../../engine/engine.js'
import { EXCHANGE_PATH, type NodeIdentity } from '../../exchange/protocol/handshake.js'
import { ExchangeServer } from '../../exchange/websocket/exchange-server.js'
import { WebSocketChannels } from '../../exchange/websocket/websocket-channels.js'
import type { MillraceError } from '../../spi/index.js'
import { STREAM_PATH } from '../stream/messages.js'
import { ClusterCoordinator } from './coordinator.js'
import { HEARTBEAT_PATH } from './heartbeat.js'
import type { LivenessOptions } from './message-socket.js'
import { CLUSTER_PATH, type NodeState } from './messages.js'
import { refuseOtherUpgrades } from './refuse-upgrade.js'
import { ClusterWorker } from './worker.js'

/** A node's place in a cluster, as config.properties and node.properties say. */
export interface ClusterOptions {
  readonly coordinator: boolean
  /** Whether the coordinator runs tasks too (node-scheduler.include-coordinator). */
  readonly includeCoordinator: boolean
  /** Where a worker finds its coordinator (discovery.uri). */
  readonly discoveryUri?: string
  readonly sharedSecret?: string
  /** The host by which other nodes reach this one (node.internal-address). */
  readonly internalAddress?: string
  /** How long a node may be out of reach of those that read from it (exchange.max-error-duration); default 4 s. */
  readonly exchangeErrorMillis?: number
  /** What a coordinator expects of its workers. */
  readonly liveness?: LivenessOptions
  /** Hears why the coordinator refuses this worker. @param isMember whether it was ever accepted */
  onRefused?(error: MillraceError, isMember: boolean): void
  /** Hears once that the coordinator is out of reach of this worker, which goes on trying. @param cause of the last attempt */
  onUnreachable?(cause: Error): void
}

/** A running node of a cluster. */
export interface ClusterNode {
  readonly coordinator: ClusterCoordinator | undefined
  readonly worker: ClusterWorker | undefined
  readonly state: NodeState
  /** Outputs that other nodes read here, and their connections. */
  readonly exchange: { readonly streamCount: number; readonly connectionCount: number }
  /** What this node reads of others: bytes that have come and were not taken. */
  readonly reads: { readonly bufferedBytes: number }
  close(): void
}

const EVERY_ADDRESS = new Set(['0.0.0.0', '::'])

/** Makes an engine that is served at an address a node of a cluster. */
export async function startClusterNode(
  engine: Engine,
  server: Server,
  address: { readonly host: string; readonly port: number },
  options: ClusterOptions,
): Promise<ClusterNode> {
  const { version, environment, nodeId } = engine.services
  const node: NodeIdentity = {
    nodeId,
    instanceId: randomUUID(),
    version,
    environment,
    ...(options.sharedSecret === undefined ? {} : { sharedSecret: options.sharedSecret }),
  }
  const host =
    options.internalAddress ?? (EVERY_ADDRESS.has(address.host) ? hostname() : address.host)
  const uri = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
  const closers: (() => void)[] = []
  const close = (): void => {
    for (const end of closers.splice(0).reverse()) end()
  }
  try {
    const exchange = await ExchangeServer.create({ node, buffers: engine.member.buffers })
    closers.push(() => exchange.close())
    const { exchangeErrorMillis } = options
    let role:
      | { readonly coordinator: ClusterCoordinator; readonly worker: undefined }
      | { readonly coordinator: undefined; readonly worker: ClusterWorker }
      | undefined
    const channels = await WebSocketChannels.create({
      node,
      turnsToOthers: async (nodeUri) => (role?.coordinator ?? role?.worker)?.turnsOf(nodeUri),
      ...(exchangeErrorMillis === undefined ? {} : { errorDurationMillis: exchangeErrorMillis }),
    })
    closers.push(() => channels.close())
    exchange.attach(server)
    engine.member.connect(uri, channels)
    closers.push(
      refuseOtherUpgrades(
        server,
        new Set([
          EXCHANGE_PATH,
          ...(options.coordinator ? [CLUSTER_PATH, HEARTBEAT_PATH, STREAM_PATH] : []),
        ]),
      ),
    )
    const made = options.coordinator
      ? { coordinator: await coordinate(engine, server, node, options), worker: undefined }
      : { coordinator: undefined, worker: await work(engine, node, uri, options) }
    role = made
    closers.push(() => (made.coordinator ?? made.worker).close())
    return {
      ...made,
      exchange,
      reads: channels,
      get state() {
        return made.worker?.state ?? 'ACTIVE'
      },
      close,
    }
  } catch (error) {
    // What has begun would go on without anybody to end it.
    close()
    throw error
  }
}

async function coordinate(
  engine: Engine,
  server: Server,
  node: NodeIdentity,
  { includeCoordinator, liveness }: ClusterOptions,
): Promise<ClusterCoordinator> {
  const coordinator = await ClusterCoordinator.create(engine, {
    node,
    includesItself: includeCoordinator,
    ...(liveness === undefined ? {} : { liveness }),
  })
  coordinator.attach(server)
  engine.member.coordinate(coordinator)
  return coordinator
}

const work = (
  engine: Engine,
  node: NodeIdentity,
  uri: string,
  { discoveryUri, onRefused, onUnreachable }: ClusterOptions,
): Promise<ClusterWorker> =>
  ClusterWorker.start(engine, {
    node,
    uri,
    discoveryUri: discoveryUri!,
    threads: engine.threadCount,
    ...(onRefused === undefined ? {} : { onRefused }),
    ...(onUnreachable === undefined ? {} : { onUnreachable }),
  })
