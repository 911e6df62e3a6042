import type { TaskHost } from '../../dataflow/task/task-host.js'
import type { TaskNode } from '../../dataflow/task/task-request.js'
import type { ChannelFactory } from '../../exchange/channel/channel.js'
import { localChannels } from '../../exchange/channel/local-channel.js'
import { isSpoolAddress, spoolChannels } from '../../exchange/spool/spool-channel.js'
import type { TaskBuffers } from '../../exchange/task-buffers.js'
import type { MillraceError, NodeDescription } from '../../spi/index.js'

/** The nodes over which an engine's queries run, as whoever keeps them together tells. */
export interface Cluster {
  /** Those that take tasks now, in a fixed order. */
  workers(): readonly TaskNode[]
  /** A node that is there, whether or not it takes new tasks. */
  node(nodeId: string): TaskNode | undefined
  /** All that are known, for system.runtime.nodes. */
  describe(): readonly NodeDescription[]
  /** Tells the nodes which catalogs there are. */
  catalogsChanged(names: readonly string[]): void
  /** Calls back when a node is gone; gives a function that stops that. */
  onNodeLost(listener: (node: TaskNode, reason: MillraceError) => void): () => void
  /** A task failed on a node, for what may be the node's fault: one of which this is told often is left out for a while. */
  taskFailed(node: TaskNode): void
}

/** An engine's part as a node: the tasks that it runs, and the ways to the output of others. */
export class ClusterMember {
  readonly tasks: TaskHost
  readonly buffers: TaskBuffers
  readonly channels: ChannelFactory
  readonly localNode: TaskNode
  #remoteChannels: ChannelFactory
  #uri = ''
  #cluster: Cluster | undefined

  constructor(
    nodeId: string,
    buffers: TaskBuffers,
    createHost: (channels: ChannelFactory) => TaskHost,
  ) {
    this.buffers = buffers
    const local = localChannels(buffers)
    this.#remoteChannels = local
    const ownUri = () => this.#uri
    this.channels = {
      open: (address, listener) => {
        const factory = isSpoolAddress(address)
          ? spoolChannels
          : address.nodeUri === this.#uri
            ? local
            : this.#remoteChannels
        return factory.open(address, listener)
      },
    }
    const tasks = createHost(this.channels)
    this.tasks = tasks
    this.localNode = {
      nodeId,
      get uri() {
        return ownUri()
      },
      createTask: (request, listener) => tasks.createTask(request, listener),
      updateTask: (taskId, update) => tasks.updateTask(taskId, update),
      releaseTask: (taskId) => tasks.releaseTask(taskId),
    }
  }

  /** Where other nodes reach this one, and how it reaches them. */
  connect(uri: string, remoteChannels: ChannelFactory): void {
    this.#uri = uri
    this.#remoteChannels = remoteChannels
  }

  /** The cluster whose coordinator this node is; undefined for a worker, and for an engine of its own. */
  get cluster(): Cluster | undefined {
    return this.#cluster
  }

  coordinate(cluster: Cluster): void {
    this.#cluster = cluster
  }

  async close(): Promise<void> {
    await this.tasks.releaseTasks()
    this.buffers.close()
  }
}

export { NodeHealth } from '../../dataflow/scheduler/node-health.js'
export type {
  TaskListener,
  TaskNode,
  TaskRequest,
  TaskStatus,
  TaskUpdate,
  TaskWrite,
} from '../../dataflow/task/task-request.js'
