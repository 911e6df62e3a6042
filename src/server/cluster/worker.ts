import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import type { Engine } from '../../engine/engine.js'
import {
  acceptAnswer,
  type NodeIdentity,
  requestHeaders,
} from '../../exchange/protocol/handshake.js'
import {
  type ConnectorSplitBatch,
  type ErrorRecord,
  errorFromRecord,
  MillraceError,
  toMillraceError,
} from '../../spi/index.js'
import { HEARTBEAT_PATH, startHeartbeat } from './heartbeat.js'
import { type LivenessOptions, MessageSocket } from './message-socket.js'
import { CLUSTER_PATH, type NodeState, type ToCoordinator, type ToWorker } from './messages.js'
import { loadPlainCodec, type PlainCodec } from './plain-codec.js'

export interface WorkerOptions {
  readonly node: NodeIdentity
  /** The coordinator's address. */
  readonly discoveryUri: string
  /** Where other nodes reach this one. */
  readonly uri: string
  readonly threads: number
  /** Hears why the coordinator refuses the node, each time that it tries. @param isMember whether it was ever accepted */
  onRefused?(error: MillraceError, isMember: boolean): void
  /** Hears once that the coordinator has been out of reach for some seconds; the node goes on trying. @param cause of the last attempt */
  onUnreachable?(cause: Error): void
}

/** What a worker expects of its coordinator, which has one thread for all it does. */
const COORDINATOR_LIVENESS: LivenessOptions = {
  pingMillis: 500,
  silentMillis: 30_000,
  stuckMillis: 30_000,
}
const RETRY_MILLIS = 250
const RETRY_REFUSED_MILLIS = 5000
/** A coordinator that starts at the same time is not spoken of. */
const UNREACHABLE_MILLIS = 5000
/** Fragments with long lists of values. */
const MESSAGE_BYTES_MAX = 256 * 2 ** 20
const REFUSAL_BYTES_MAX = 64 * 1024
const DRAIN_POLL_MILLIS = 100

interface SplitWaiter {
  resolve(batch: ConnectorSplitBatch): void
  reject(error: MillraceError): void
}

/** A worker's side of the control connection, which is opened anew whenever it breaks. */
export class ClusterWorker {
  readonly #engine: Engine
  readonly #options: WorkerOptions
  readonly #codec: PlainCodec
  readonly #WebSocket: typeof WebSocket
  readonly #stopHeartbeat: () => void
  readonly #waitingForSplits = new Map<number, SplitWaiter>()
  readonly #waitingForTurns = new Map<number, (turns: number | undefined) => void>()
  #socket: MessageSocket<ToCoordinator, ToWorker> | undefined
  #connecting: WebSocket | undefined
  #nextRequest = 0
  #retry: NodeJS.Timeout | undefined
  #state: NodeState = 'ACTIVE'
  #drained: Promise<void> | undefined
  #isMember = false
  /** Why the coordinator ends the connection. */
  #refusal: MillraceError | undefined
  #lastReached = performance.now()
  #hasToldUnreachable = false
  #isClosed = false

  private constructor(
    engine: Engine,
    options: WorkerOptions,
    codec: PlainCodec,
    webSocket: typeof WebSocket,
  ) {
    this.#engine = engine
    this.#options = options
    this.#codec = codec
    this.#WebSocket = webSocket
    const { node } = options
    const { pingMillis, silentMillis } = COORDINATOR_LIVENESS
    this.#stopHeartbeat = startHeartbeat({
      node,
      url: this.#url(HEARTBEAT_PATH).href,
      intervalMillis: pingMillis,
      silentMillis,
    })
  }

  /** Begins to announce the node. Loads ws and msgpackr. */
  static async start(engine: Engine, options: WorkerOptions): Promise<ClusterWorker> {
    const [{ WebSocket }, codec] = await Promise.all([import('ws'), loadPlainCodec()])
    const worker = new ClusterWorker(engine, options, codec, WebSocket)
    worker.#connect()
    return worker
  }

  get state(): NodeState {
    return this.#state
  }

  /** Takes no more tasks, or takes them again; the coordinator is told. */
  setState(state: NodeState): void {
    this.#state = state
    this.#socket?.send({ type: 'state', state })
  }

  /** Resolves when no task is left. */
  async drained(): Promise<void> {
    this.#drained ??= (async () => {
      while (this.#engine.member.tasks.taskCount > 0 && !this.#isClosed) {
        await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MILLIS))
      }
      this.#drained = undefined
    })()
    await this.#drained
  }

  /** How often the node at an address has turned to the coordinator; undefined where nobody can tell. */
  turnsOf(uri: string): Promise<number | undefined> {
    const socket = this.#socket
    if (socket === undefined) return Promise.resolve(undefined)
    const request = this.#nextRequest++
    return new Promise((resolve) => {
      this.#waitingForTurns.set(request, resolve)
      socket.send({ type: 'askTurns', request, uri })
    })
  }

  close(): void {
    this.#isClosed = true
    this.#stopHeartbeat()
    clearTimeout(this.#retry)
    this.#connecting?.terminate()
    this.#socket?.close()
  }

  #connect(): void {
    const { node } = this.#options
    const { headers, nonce } = requestHeaders(node)
    const socket = new this.#WebSocket(this.#url(CLUSTER_PATH), {
      headers,
      perMessageDeflate: false,
      maxPayload: MESSAGE_BYTES_MAX,
      handshakeTimeout: 5000,
    })
    this.#connecting = socket
    let refusal: MillraceError | undefined
    socket.on('upgrade', (response) => {
      try {
        acceptAnswer(node, nonce, response.headers)
      } catch (error) {
        refusal = toMillraceError(error)
      }
    })
    socket.on('unexpected-response', (_request, response) => {
      refusalOf(response).then((error) => {
        socket.terminate()
        this.#failed(error)
      })
    })
    socket.on('error', (cause) => {
      if (refusal !== undefined || this.#connecting !== socket) return
      this.#tellUnreachable(cause)
      this.#failed(undefined)
    })
    socket.on('open', () => {
      if (refusal === undefined) this.#opened(socket)
      else {
        socket.terminate()
        this.#failed(refusal)
      }
    })
  }

  #url(path: string): URL {
    const url = new URL(path, this.#options.discoveryUri)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    return url
  }

  /** There is no connection: the coordinator is not there, or refuses the node. */
  #failed(refusal: MillraceError | undefined): void {
    this.#connecting = undefined
    if (this.#isClosed) return
    if (refusal !== undefined) this.#options.onRefused?.(refusal, this.#isMember)
    this.#retryIn(refusal === undefined ? RETRY_MILLIS : RETRY_REFUSED_MILLIS)
  }

  #tellUnreachable(cause: Error): void {
    if (this.#hasToldUnreachable || this.#isClosed) return
    if (performance.now() - this.#lastReached < UNREACHABLE_MILLIS) return
    this.#hasToldUnreachable = true
    this.#options.onUnreachable?.(cause)
  }

  #retryIn(millis: number): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#connect(), millis)
  }

  #opened(webSocket: WebSocket): void {
    this.#connecting = undefined
    const { node, uri, threads } = this.#options
    const socket = new MessageSocket<ToCoordinator, ToWorker>(
      webSocket,
      this.#codec,
      COORDINATOR_LIVENESS,
      {
        message: (message) => this.#receive(message),
        closed: () => this.#closed(),
      },
    )
    this.#socket = socket
    socket.send({
      type: 'announce',
      announcement: {
        nodeId: node.nodeId,
        uri,
        version: node.version,
        state: this.#state,
        threads,
      },
    })
  }

  /** Nobody is left who wants the tasks. */
  #closed(): void {
    this.#socket = undefined
    this.#lastReached = performance.now()
    this.#hasToldUnreachable = false
    const gone = new MillraceError('REMOTE_HOST_GONE', 'The coordinator is gone')
    for (const { reject } of this.#waitingForSplits.values()) reject(gone)
    this.#waitingForSplits.clear()
    for (const resolve of this.#waitingForTurns.values()) resolve(undefined)
    this.#waitingForTurns.clear()
    const refusal = this.#refusal
    this.#refusal = undefined
    this.#engine.member.tasks.releaseTasks().finally(() => this.#failed(refusal))
  }

  #receive(message: ToWorker): void {
    switch (message.type) {
      case 'welcome':
        this.#isMember = true
        return
      case 'refused':
        this.#refusal = errorFromRecord(message.error)
        return
      case 'createTask': {
        const { request } = message
        this.#engine.member.tasks.createTask(request, {
          status: (status) => this.#socket?.send({ type: 'status', status }),
          nextSplits: (planNodeId, maxSize) =>
            this.#requestSplits(request.taskId, planNodeId, maxSize),
        })
        return
      }
      case 'updateTask':
        this.#engine.member.tasks.updateTask(message.taskId, message.update)
        return
      case 'releaseTask':
        void this.#release(message.taskId)
        return
      case 'splits':
        this.#answered(message.request, message.batch, message.error)
        return
      case 'turns':
        this.#waitingForTurns.get(message.request)?.(message.turns)
        this.#waitingForTurns.delete(message.request)
        return
      case 'catalogs':
        // What can't be shut down is gone all the same.
        this.#engine.catalogs.keepOnly(message.names).catch(() => {})
        return
    }
  }

  async #release(taskId: string): Promise<void> {
    const status = await this.#engine.member.tasks.releaseTask(taskId)
    this.#socket?.send({
      type: 'released',
      taskId,
      ...(status === undefined ? {} : { status }),
    })
  }

  #requestSplits(
    taskId: string,
    planNodeId: string,
    maxSize: number,
  ): Promise<ConnectorSplitBatch> {
    const socket = this.#socket
    if (socket === undefined) {
      return Promise.reject(new MillraceError('REMOTE_HOST_GONE', 'The coordinator is gone'))
    }
    const request = this.#nextRequest++
    return new Promise((resolve, reject) => {
      this.#waitingForSplits.set(request, { resolve, reject })
      socket.send({ type: 'needSplits', request, taskId, planNodeId, maxSize })
    })
  }

  #answered(
    request: number,
    batch: ConnectorSplitBatch | undefined,
    error: ErrorRecord | undefined,
  ): void {
    const waiter = this.#waitingForSplits.get(request)
    this.#waitingForSplits.delete(request)
    if (batch !== undefined) waiter?.resolve(batch)
    else waiter?.reject(errorFromRecord(error!))
  }
}

/** Why a server refused the connection. */
async function refusalOf(response: IncomingMessage): Promise<MillraceError | undefined> {
  try {
    const parts: Buffer[] = []
    let length = 0
    for await (const part of response as AsyncIterable<Buffer>) {
      length += part.length
      if (length > REFUSAL_BYTES_MAX) break
      parts.push(part)
    }
    const record = JSON.parse(Buffer.concat(parts).toString()) as Partial<ErrorRecord>
    if (typeof record.code === 'string' && typeof record.message === 'string') {
      return errorFromRecord(record as ErrorRecord)
    }
  } catch {
    // No refusal of a coordinator: something else answers there, it is still starting, or it went away meanwhile.
  }
  return undefined
}
