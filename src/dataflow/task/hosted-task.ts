import { MemoryOutputBuffer } from '../../exchange/buffer/memory-output-buffer.js'
import type { OutputBuffer } from '../../exchange/output-buffer.js'
import { SpoolDirectory } from '../../exchange/spool/spool-directory.js'
import { SpooledOutputBuffer } from '../../exchange/spool/spooled-output-buffer.js'
import { callsLoop } from '../../expressions/routine.js'
import { lanesOf } from '../../planner/plan/fragment.js'
import type { PlanNode, SortNode } from '../../planner/plan/node.js'
import { assert, type ConnectorPageSink, type ConnectorSplitSource } from '../../spi/index.js'
import { planLocally } from '../local-planner.js'
import { QueryMemory, takeQuerySlot } from '../memory/query-memory.js'
import type { ThreadEnvironment } from '../thread-environment.js'
import { NodeTask } from './node-task.js'
import type { TaskDescriptor } from './task-descriptor.js'
import type { TaskHostOptions } from './task-host.js'
import { sinkIdOf } from './task-id.js'
import type { TaskListener, TaskRequest, TaskWrite } from './task-request.js'

/** A task of a node, and the slot of the node's memory that it has. */
export interface HostedTask {
  readonly slot: number
  readonly task: NodeTask
}

/** Plans a fragment locally and starts it as a task. @throws what making catalogs and planning throw */
export async function createHostedTask(
  request: TaskRequest,
  listener: TaskListener,
  thread: ThreadEnvironment,
  options: TaskHostOptions,
): Promise<HostedTask> {
  const { pool, slotsInUse, outputPageRows, expressionTarget, spill } = options
  const { memoryBytes, driversMax } = request.limits
  const memoryLimitBytes = Math.min(options.memoryLimitBytes, memoryBytes)
  await options.useCatalogs(request.catalogs)
  const { fragment } = request
  const plan = planLocally(fragment.root, {
    threads: pool?.size ?? 0,
    callingThreadMillis: options.callingThreadMillis,
    inputBytes: fragment.inputBytes,
    nodeRows: ownShare(fragment.nodeRows, request.taskCount),
    ...(request.knownFilters === undefined ? {} : { knownFilters: request.knownFilters }),
    mayRunForEver: callsLoop(fragment.root),
    ...outputCut(request),
    ...(fragment.output.kind === 'range' ? { sampledSort: sortOf(fragment.root).id } : {}),
    maySpill: spill !== undefined && request.limits.maySpill,
    isThreadBound: (catalog) => options.isThreadBound(catalog),
    intermediateType: (aggregate) => thread.registry.intermediateType(aggregate),
  })
  const slot = takeQuerySlot(thread.allocator, slotsInUse, memoryLimitBytes)
  const memory = new QueryMemory(thread.allocator, slot)
  let buffer: OutputBuffer | undefined
  try {
    buffer = await createBuffer(request)
    options.buffers.register(request.taskId, buffer)
    const descriptor: TaskDescriptor = {
      taskId: request.taskId,
      queryId: request.queryId,
      taskIndex: request.taskIndex,
      taskCount: request.taskCount,
      slot,
      plan: {
        pipelines: plan.pipelines,
        readerCount: plan.readerCount,
        outputTypes: plan.outputTypes,
      },
      session: request.session,
      catalogProperties: request.catalogProperties,
      outputPageRows,
      ...(driversMax === undefined ? {} : { driversMax }),
      ...(spill === undefined || !request.limits.maySpill
        ? {}
        : { spillFolder: spill.open(request.taskId, memory) }),
      ...(expressionTarget === undefined ? {} : { expressionTarget }),
    }
    const { write } = request
    const task = new NodeTask({
      request,
      listener,
      descriptor,
      keyFilters: plan.keyFilters,
      ...(plan.sortedRuns === undefined ? {} : { sortedRuns: plan.sortedRuns }),
      ...(write === undefined
        ? {}
        : { openSink: (signal) => openSink(write, request, descriptor, thread, signal) }),
      environment: {
        thread,
        pool,
        openSplits: async (_task, scan) => remoteSplits(scan.planNodeId, listener),
      },
      buffer,
      channels: options.channels,
      createArena: () => memory.createArena(),
    })
    return { slot, task }
  } catch (error) {
    buffer?.destroy()
    options.buffers.unregister(request.taskId)
    slotsInUse.delete(slot)
    throw error
  }
}

/** Where the output is hashed its rows are cut by those who make them. */
function outputCut({ fragment, consumerCount, write }: TaskRequest) {
  const { output } = fragment
  if (output.kind !== 'hash' || consumerCount === 1) return {}
  assert(write === undefined, 'what sinks tell goes to one task')
  const { kind: _, lanes: __, ...cut } = output
  return { outputCut: { ...cut, partitionCount: consumerCount * lanesOf(fragment) } }
}

/** The sort whose rows a fragment hands on in ranges. */
function sortOf(node: PlanNode): SortNode {
  if (node.kind === 'sort') return node
  assert(node.kind === 'project', 'what is cut into ranges is sorted')
  return sortOf(node.source)
}

/** A sink of a task for its part of a write. */
async function openSink(
  { kind, catalog, handle }: TaskWrite,
  { taskId, taskIndex }: TaskRequest,
  descriptor: TaskDescriptor,
  thread: ThreadEnvironment,
  signal: AbortSignal,
): Promise<ConnectorPageSink> {
  const connector = await thread.connector(catalog)
  const sinks = connector.getPageSinkProvider?.()
  const create = kind === 'create' ? sinks?.createPageSink : sinks?.createInsertPageSink
  assert(create !== undefined, 'a connector that distributes writes has page sinks')
  const session = thread.connectorSession(descriptor, catalog, signal)
  return create.call(sinks, undefined, session, handle, sinkIdOf(taskId, taskIndex), signal)
}

async function createBuffer(request: TaskRequest): Promise<OutputBuffer> {
  const { consumerCount, spool, compressesOutput: compress } = request
  const { output } = request.fragment
  const kind =
    output.kind === 'broadcast' || output.kind === 'arbitrary' ? output.kind : 'partitioned'
  if (spool !== undefined) {
    return SpooledOutputBuffer.create({
      kind,
      partitionCount: consumerCount,
      directory: new SpoolDirectory(spool.directories),
      queryId: request.queryId,
      task: spool.task,
      attempt: spool.attempt,
      compress,
    })
  }
  if (kind === 'partitioned') {
    const partitionCount = consumerCount * lanesOf(request.fragment)
    return new MemoryOutputBuffer({ kind, partitionCount, compress })
  }
  const buffer = new MemoryOutputBuffer({ kind, compress })
  buffer.setReaders(
    Array.from({ length: consumerCount }, (_, id) => id),
    true,
  )
  return buffer
}

/** What one of several tasks can expect of a fragment's rows. */
const ownShare = (
  nodeRows: ReadonlyMap<string, number>,
  taskCount: number,
): ReadonlyMap<string, number> => new Map([...nodeRows].map(([id, rows]) => [id, rows / taskCount]))

/** Splits that the coordinator hands out as they are asked for. */
const remoteSplits = (planNodeId: string, listener: TaskListener): ConnectorSplitSource => ({
  getNextBatch: (maxSize) => listener.nextSplits(planNodeId, maxSize),
  close() {},
})
