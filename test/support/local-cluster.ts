import type { TaskNode } from '../../src/dataflow/cluster/task-request.js'
import { Engine } from '../../src/engine/engine.js'
import type { EngineOptions } from '../../src/engine/engine-options.js'
import type { ChannelFactory } from '../../src/exchange/channel/channel.js'
import { localChannels } from '../../src/exchange/channel/local-channel.js'

/**
 * A coordinator and workers in one process: engines of their own, whose tasks hand pages over in memory. What would travel is
 * cloned.
 */
export async function startLocalCluster(
  workerCount: number,
  options: EngineOptions = {},
): Promise<{
  readonly coordinator: Engine
  readonly workers: readonly Engine[]
  close(): Promise<void>
}> {
  const coordinator = await Engine.create({ threads: 0, nodeId: 'coordinator', ...options })
  const workers: Engine[] = []
  for (let i = 0; i < workerCount; i++) {
    workers.push(
      await Engine.create({
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
  coordinator.member.coordinate({
    workers: () => workers.map((worker) => shipping(worker.member.localNode)),
    describe: () => [],
    catalogsChanged: (names) => {
      for (const worker of workers) void worker.catalogs.keepOnly(names)
    },
    onNodeLost: () => () => {},
    taskFailed() {},
  })
  return {
    coordinator,
    workers,
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
  releaseTask: async (taskId) => structuredClone(await node.releaseTask(taskId)),
})
