import type { TaskNode } from '../../src/dataflow/task/task-request.js'
import { Engine } from '../../src/engine/engine.js'
import type { EngineOptions } from '../../src/engine/engine-options.js'
import type { ChannelFactory } from '../../src/exchange/channel/channel.js'
import { localChannels } from '../../src/exchange/channel/local-channel.js'
import { MillraceError } from '../../src/spi/index.js'

/**
 * A coordinator and workers in one process: engines of their own, whose tasks hand pages over in memory. What would travel is
 * cloned.
 */
export async function startLocalCluster(
  workerCount: number,
  options: EngineOptions = {},
  /** Stands between the coordinator and a worker. */
  through: (node: TaskNode, index: number) => TaskNode = (node) => node,
  /** Of compiled JavaScript where options ask for threads. */
  createEngine: typeof Engine.create = (given) => Engine.create(given),
): Promise<{
  readonly coordinator: Engine
  readonly workers: readonly Engine[]
  /** Tells the coordinator that a worker is gone; it gets no tasks any more. */
  lose(index: number): void
  close(): Promise<void>
}> {
  const coordinator = await createEngine({ threads: 0, nodeId: 'coordinator', ...options })
  const workers: Engine[] = []
  for (let i = 0; i < workerCount; i++) {
    workers.push(
      await createEngine({
        threads: 0,
        ...options,
        catalogs: {},
        nodeId: `worker-${i}`,
        isCoordinator: false,
      }),
    )
  }
  const engines = [coordinator, ...workers]
  const uriOf = (i: number): string => `http://node-${i}:8080`
  const channelsTo = new Map(
    engines.map((engine, i) => [uriOf(i), localChannels(engine.member.buffers)]),
  )
  const channels: ChannelFactory = {
    open: (address, listener) => channelsTo.get(address.nodeUri)!.open(address, listener),
  }
  for (const [i, engine] of engines.entries()) engine.member.connect(uriOf(i), channels)
  const nodes = workers.map((worker, i) => through(shipping(worker.member.localNode), i))
  const lost = new Set<TaskNode>()
  const listeners = new Set<(node: TaskNode, reason: MillraceError) => void>()
  coordinator.member.coordinate({
    workers: () => nodes.filter((node) => !lost.has(node)),
    node: (nodeId) =>
      nodeId === coordinator.member.localNode.nodeId
        ? coordinator.member.localNode
        : nodes.find((node) => node.nodeId === nodeId && !lost.has(node)),
    describe: () => [],
    catalogsChanged: (names) => {
      for (const worker of workers) void worker.catalogs.keepOnly(names)
    },
    onNodeLost(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    taskFailed() {},
  })
  return {
    coordinator,
    workers,
    lose(index) {
      const node = nodes[index]!
      lost.add(node)
      const reason = new MillraceError('REMOTE_HOST_GONE', `Node is gone: ${node.nodeId}`)
      for (const listener of [...listeners]) listener(node, reason)
    },
    async close() {
      await coordinator.close()
      for (const worker of workers) await worker.close()
    },
  }
}

/** A node that gets copies of what it is sent, and gives copies. */
const shipping = (node: TaskNode): TaskNode => ({
  nodeId: node.nodeId,
  uri: node.uri,
  createTask(request, listener) {
    node.createTask(structuredClone(request), {
      status: (status) => listener.status(structuredClone(status)),
      nextSplits: async (planNodeId, maxSize) =>
        structuredClone(await listener.nextSplits(planNodeId, maxSize)),
    })
  },
  updateTask: (taskId, update) => node.updateTask(taskId, structuredClone(update)),
  releaseTask: async (taskId) => structuredClone(await node.releaseTask(taskId)),
})
