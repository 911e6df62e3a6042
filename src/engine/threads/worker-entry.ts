import { constants, getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { joinSharedMemory } from '../../dataflow/memory/join-memory.js'
import { loadStoredPage } from '../../dataflow/memory/page-store.js'
import { FIRST_THREAD_OWNER } from '../../dataflow/memory/shared-memory.js'
import { adoptKernels, postKernels } from '../../dataflow/threads/kernel-exchange.js'
import type { CatalogDescriptor, FromWorker, ToWorker } from '../../dataflow/threads/messages.js'
import type { ThreadStart } from '../../dataflow/threads/pool.js'
import { WorkerRuntime } from '../../dataflow/threads/worker.js'
import { Turns } from '../../dataflow/turns.js'
import { BUILTIN_FUNCTIONS } from '../../expressions/functions/index.js'
import { createRegistry } from '../../expressions/registry.js'
import {
  assert,
  type Connector,
  MillraceError,
  type PageStore,
  toMillraceError,
} from '../../spi/index.js'
import { createConnector, loadFactories } from '../catalog/catalogs.js'
import { createConnectorContext } from '../catalog/connector-context.js'
import { connectorArena, createThreadEnvironment } from './thread.js'
import type { WorkerStart } from './worker-start.js'

/** The module of a worker thread: its composition root, without catalogs' metadata and without HTTP. */

assert(parentPort !== null, 'this module runs in a worker thread')
const port = parentPort
/**
 * Steps of priority that a worker thread is behind the calling thread: a ninth of its share where both have work. Linux lets a thread that
 * has had more than its share wait for a tick of 4 ms; with a third the calling thread waited twice as long.
 */
const BEHIND_CALLER = 10
const start = workerData as WorkerStart & ThreadStart
// The calling thread serves others, so where processors are scarce it comes first. Only Linux knows priorities of threads.
if (process.platform === 'linux') {
  setPriority(Math.min(getPriority() + BEHIND_CALLER, constants.priority.PRIORITY_LOW))
}
adoptKernels(start.kernels)
const allocator = joinSharedMemory(start.shared)
const send = (message: FromWorker): void => port.postMessage(message)
postKernels((kernels) => send({ kind: 'kernels', kernels }))

/** Of stored pages; the first is the shared memory. */
const segments: ArrayBufferLike[] = [allocator.memory.buffer, ...start.segments]

/** Pages are stored and released by the calling thread; every thread reads them. */
const pageStore: PageStore = {
  load(stored, channels, types) {
    const segment = segments[stored.segment]
    assert(segment !== undefined, `no segment ${stored.segment}`)
    return loadStoredPage(segment, allocator.memory.buffer, stored, channels, types)
  },
  store: () => {
    throw new Error('internal error: pages are stored by the calling thread')
  },
  release: () => {
    throw new Error('internal error: pages are released by the calling thread')
  },
}

const waitingForBuffer = new Map<string, ((buffer: SharedArrayBuffer) => void)[]>()
const sharedBuffer = (name: string, byteLength: number): Promise<SharedArrayBuffer> =>
  new Promise((resolve) => {
    const waiting = waitingForBuffer.get(name) ?? []
    waitingForBuffer.set(name, [...waiting, resolve])
    send({ kind: 'needBuffer', name, byteLength })
  })

const context = createConnectorContext({
  version: start.version,
  nodeId: start.nodeId,
  isCoordinator: false,
  pageStore,
  memoryLimitBytes: start.memoryLimitBytes,
  createArena: () => connectorArena(allocator, FIRST_THREAD_OWNER + start.threadIndex),
  sharedBuffer,
})

const factories = loadFactories(start.plugins)
// A plugin that can't be loaded here is told to whoever reads a catalog.
factories.catch(() => undefined)
const descriptors = new Map(start.catalogs.map((catalog) => [catalog.name, catalog]))
const connectors = new Map<string, Promise<Connector>>()

async function makeConnector(descriptor: CatalogDescriptor): Promise<Connector> {
  const { name, connectorName, config } = descriptor
  return createConnector(await factories, name, connectorName, config, context)
}

/** The connector of a catalog, made in this thread when a scan first asks for it. */
function connector(catalog: string): Promise<Connector> {
  const descriptor = descriptors.get(catalog)
  if (descriptor === undefined) {
    throw new MillraceError('CATALOG_NOT_FOUND', `Catalog '${catalog}' not found`)
  }
  let made = connectors.get(catalog)
  if (made === undefined) {
    made = makeConnector(descriptor)
    connectors.set(catalog, made)
    // The next scan tries again: what it needs may be there by then.
    made.catch(() => connectors.delete(catalog))
  }
  return made
}

async function dropCatalog(catalog: string): Promise<void> {
  const made = connectors.get(catalog)
  descriptors.delete(catalog)
  connectors.delete(catalog)
  try {
    await (await made)?.shutdown?.()
  } catch (error) {
    // It would end the thread, which others run in.
    process.emitWarning(
      `Catalog '${catalog}' can't be shut down: ${toMillraceError(error).message}`,
    )
  }
}

const runtime = new WorkerRuntime(
  createThreadEnvironment({
    threadName: start.threadName,
    allocator,
    registry: createRegistry(BUILTIN_FUNCTIONS),
    turns: new Turns(),
    connector,
  }),
  port,
)

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'catalog':
      descriptors.set(message.catalog.name, message.catalog)
      return
    case 'dropCatalog':
      void dropCatalog(message.catalog)
      return
    case 'buffer':
      for (const resolve of waitingForBuffer.get(message.name) ?? []) resolve(message.buffer)
      waitingForBuffer.delete(message.name)
      return
    case 'kernels':
      adoptKernels(message.kernels)
      return
    case 'segment':
      segments[message.segment] = message.buffer
      return
    default:
      runtime.receive(message)
  }
})
send({ kind: 'ready' })
