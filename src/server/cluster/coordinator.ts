import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Engine } from '../../engine/engine.js'
import type { Cluster, TaskNode } from '../../engine/execution/cluster.js'
import { NodeHealth } from '../../engine/execution/cluster.js'
import { acceptRequest, instanceOf, type NodeIdentity } from '../../exchange/protocol/handshake.js'
import {
  errorToRecord,
  MillraceError,
  type NodeDescription,
  toMillraceError,
} from '../../spi/index.js'
import { HEARTBEAT_PATH } from './heartbeat.js'
import { DEFAULT_LIVENESS, type LivenessOptions, MessageSocket } from './message-socket.js'
import { CLUSTER_PATH, type NodeState, type ToCoordinator, type ToWorker } from './messages.js'
import { loadPlainCodec, type PlainCodec } from './plain-codec.js'
import { refuseUpgrade } from './refuse-upgrade.js'
import { RemoteNode } from './remote-node.js'

export interface CoordinatorOptions {
  readonly node: NodeIdentity
  /** Whether the coordinator runs tasks as workers do (node-scheduler.include-coordinator). */
  readonly includesItself: boolean
  readonly liveness?: LivenessOptions
}

/** What a worker may send at once: statuses of its tasks. */
const MESSAGE_BYTES_MAX = 64 * 2 ** 20

type WorkerSocket = MessageSocket<ToWorker, ToCoordinator>

/**
 * Discovery inside the coordinator: workers connect, say who they are, and are part of the cluster while the connection
 * lasts. What the coordinator wants of them goes over the same connection.
 * @source Trino's discovery and its HttpRemoteTask, in one connection
 */
export class ClusterCoordinator implements Cluster {
  readonly #engine: Engine
  readonly #options: CoordinatorOptions
  readonly #codec: PlainCodec
  readonly #sockets: WebSocketServer
  readonly #nodes = new Map<string, { readonly node: RemoteNode; readonly socket: WorkerSocket }>()
  readonly #open = new Set<WorkerSocket>()
  /** By the instance at the other end. */
  readonly #byInstance = new Map<string, WorkerSocket>()
  readonly #heartbeats = new Set<WebSocket>()
  readonly #lostListeners = new Set<(node: TaskNode, reason: MillraceError) => void>()
  readonly #detach: (() => void)[] = []
  readonly #health = new NodeHealth()
  #ownTurns = 0

  private constructor(
    engine: Engine,
    options: CoordinatorOptions,
    codec: PlainCodec,
    sockets: WebSocketServer,
  ) {
    this.#engine = engine
    this.#options = options
    this.#codec = codec
    this.#sockets = sockets
  }

  /** Loads ws and msgpackr. */
  static async create(engine: Engine, options: CoordinatorOptions): Promise<ClusterCoordinator> {
    const [{ WebSocketServer }, codec] = await Promise.all([import('ws'), loadPlainCodec()])
    const sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: MESSAGE_BYTES_MAX,
      perMessageDeflate: false,
    })
    return new ClusterCoordinator(engine, options, codec, sockets)
  }

  /** Takes workers' connections to a server. */
  attach(server: Server): void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const path = request.url?.split('?')[0]
      const instance = instanceOf(request.headers)
      if (path === CLUSTER_PATH) {
        this.#upgrade(request, socket, head, (opened) => this.#connected(opened, instance))
      } else if (path === HEARTBEAT_PATH) {
        this.#upgrade(request, socket, head, (opened) => this.#listenToHeart(opened, instance))
      }
    }
    server.on('upgrade', onUpgrade)
    this.#detach.push(() => server.off('upgrade', onUpgrade))
  }

  workers(): readonly TaskNode[] {
    const remote = [...this.#nodes.values()]
      .map(({ node }) => node)
      .filter((node) => node.state === 'ACTIVE')
      .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
    const nodes = this.#options.includesItself ? [this.#engine.member.localNode, ...remote] : remote
    return this.#health.wellOf(nodes)
  }

  node(nodeId: string): TaskNode | undefined {
    const { localNode } = this.#engine.member
    return nodeId === localNode.nodeId ? localNode : this.#nodes.get(nodeId)?.node
  }

  describe(): readonly NodeDescription[] {
    const { nodeId, version } = this.#options.node
    return [
      {
        nodeId,
        httpUri: this.#engine.member.localNode.uri,
        version,
        coordinator: true,
        state: 'active',
      },
      ...[...this.#nodes.values()].map(({ node }) => ({
        nodeId: node.nodeId,
        httpUri: node.uri,
        version: node.version,
        coordinator: false,
        state: STATE_NAMES[node.state],
      })),
    ]
  }

  /** How often the main thread of the node at an address has turned to this one. */
  turnsOf(uri: string): number | undefined {
    // Whoever asks is turned to.
    if (uri === this.#engine.member.localNode.uri) return this.#ownTurns++
    for (const { node, socket } of this.#nodes.values()) if (node.uri === uri) return socket.turns
    return undefined
  }

  onNodeLost(listener: (node: TaskNode, reason: MillraceError) => void): () => void {
    this.#lostListeners.add(listener)
    return () => this.#lostListeners.delete(listener)
  }

  taskFailed(node: TaskNode): void {
    this.#health.failed(node.uri)
  }

  catalogsChanged(names: readonly string[]): void {
    for (const { socket } of this.#nodes.values()) socket.send({ type: 'catalogs', names })
  }

  close(): void {
    for (const detach of this.#detach) detach()
    for (const socket of [...this.#open, ...this.#heartbeats]) socket.terminate()
    this.#sockets.close()
  }

  #upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    opened: (webSocket: WebSocket) => void,
  ): void {
    let headers: Readonly<Record<string, string>>
    try {
      headers = acceptRequest(this.#options.node, request.headers)
    } catch (error) {
      refuseUpgrade(socket, toMillraceError(error))
      return
    }
    const addHeaders = (lines: string[]): void => {
      for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
    }
    this.#sockets.on('headers', addHeaders)
    this.#sockets.handleUpgrade(request, socket, head, opened)
    this.#sockets.off('headers', addHeaders)
  }

  #connected(webSocket: WebSocket, instance: string): void {
    let node: RemoteNode | undefined
    const opened: WorkerSocket = new MessageSocket(
      webSocket,
      this.#codec,
      this.#options.liveness ?? DEFAULT_LIVENESS,
      {
        message: (message) => {
          if (message.type === 'announce') {
            node = new RemoteNode(message.announcement, (sent) => opened.send(sent))
            this.#welcome(node, opened)
          } else if (message.type === 'askTurns') {
            const { request, uri } = message
            opened.send({ type: 'turns', request, turns: this.turnsOf(uri) })
          } else node?.receive(message)
        },
        closed: (reason) => {
          this.#open.delete(opened)
          if (this.#byInstance.get(instance) === opened) this.#byInstance.delete(instance)
          if (node !== undefined) this.#lose(node, opened, reason)
        },
      },
    )
    this.#open.add(opened)
    this.#byInstance.set(instance, opened)
  }

  /** Takes what a worker's heartbeat thread says; the thread itself sees to the connection. */
  #listenToHeart(webSocket: WebSocket, instance: string): void {
    this.#heartbeats.add(webSocket)
    webSocket.on('ping', () => this.#byInstance.get(instance)?.lives())
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('close', () => this.#heartbeats.delete(webSocket))
    // It has nothing else to say.
    webSocket.on('message', () => webSocket.terminate())
  }

  /**
   * A node takes the place of any other at its address, and of one of its id that is silent. Where one of its id lives
   * elsewhere it is refused: each of the two would take the other's place, and end its tasks, for ever.
   */
  #welcome(node: RemoteNode, socket: WorkerSocket): void {
    const holder = this.#holderOf(node)
    if (holder !== undefined) {
      refuse(socket, `The node at ${holder} has this one's id: ${node.nodeId}`, 'node.id')
      return
    }
    for (const known of [...this.#nodes.values()]) {
      if (known.node.nodeId !== node.nodeId && known.node.uri !== node.uri) continue
      this.#lose(known.node, known.socket, 'another took its place')
      // One that lives hears why; of a former process at the address nobody is left to hear.
      refuse(
        known.socket,
        `Node ${node.nodeId} has announced this one's address: ${node.uri}`,
        'node.internal-address and http-server.http.port',
      )
    }
    this.#nodes.set(node.nodeId, { node, socket })
    socket.send({ type: 'welcome' })
  }

  /** The address of a node that lives and has the id of one at another. */
  #holderOf({ nodeId, uri }: RemoteNode): string | undefined {
    const { localNode } = this.#engine.member
    if (nodeId === localNode.nodeId) return localNode.uri
    const known = this.#nodes.get(nodeId)
    return known?.socket.isHeard === true && known.node.uri !== uri ? known.node.uri : undefined
  }

  #lose(node: RemoteNode, socket: WorkerSocket, reason: string): void {
    if (this.#nodes.get(node.nodeId)?.socket !== socket) return
    this.#nodes.delete(node.nodeId)
    // One that leaves when it was asked to does so without a fault.
    if (node.state !== 'SHUTTING_DOWN') this.#health.failed(node.uri)
    // Queries hear of it before what they wait for ends.
    const error = new MillraceError(
      'REMOTE_HOST_GONE',
      `Node is gone: ${node.nodeId} (${node.uri})`,
      {
        detail: reason,
      },
    )
    for (const listener of [...this.#lostListeners]) listener(node, error)
    node.lost()
  }
}

/** Tells a node that it can't be one of the cluster. */
function refuse(socket: WorkerSocket, message: string, properties: string): void {
  const error = new MillraceError('CONFIGURATION_INVALID', message, {
    hint: `Each node of a cluster has its own ${properties}`,
  })
  socket.send({ type: 'refused', error: errorToRecord(error) })
  socket.close()
}

const STATE_NAMES: Readonly<Record<NodeState, NodeDescription['state']>> = {
  ACTIVE: 'active',
  DRAINING: 'draining',
  DRAINED: 'drained',
  SHUTTING_DOWN: 'shutting_down',
}
