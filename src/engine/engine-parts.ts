import { joinSharedMemory } from '../dataflow/memory/join-memory.js'
import { SegmentPool } from '../dataflow/memory/segment-pool.js'
import { type ChunkAllocator, createSharedMemory } from '../dataflow/memory/shared-memory.js'
import { ExchangeStorage } from '../dataflow/scheduler/exchange-storage.js'
import { SpillDirectory } from '../dataflow/spill/spill-directory.js'
import { TaskHost } from '../dataflow/task/task-host.js'
import type { ThreadPool } from '../dataflow/threads/pool.js'
import { LONG_TURN_MILLIS, SHORT_TURN_MILLIS, Turns } from '../dataflow/turns.js'
import { TaskBuffers } from '../exchange/task-buffers.js'
import { parseType } from '../expressions/type-signature.js'
import { CatalogManager } from './catalog/catalog-manager.js'
import type { ConnectorFactories } from './catalog/catalogs.js'
import { createEngineCatalogs } from './catalog/create-engine-catalogs.js'
import type { EngineCatalogs } from './catalog/engine-catalogs.js'
import { REGISTERED_CATALOG, RegisteredSources } from './catalog/registered-sources.js'
import type { ResolvedOptions } from './engine-options.js'
import { ClusterMember } from './execution/cluster.js'
import { shownFaultTolerance } from './execution/session-fault-tolerance.js'
import { OwnFunctions } from './functions/own-functions.js'
import { PlanCache } from './planning/plan-cache.js'
import { Admission } from './query/admission.js'
import { QueryRegistry } from './query/query-registry.js'
import type { SystemAccessControl } from './security/system-access-control.js'
import type { EngineCore, EngineServices } from './services.js'
import { QueryContexts } from './session/query-contexts.js'
import { TransactionManager } from './session/transaction.js'
import { SharedBuffers, startPool } from './threads/start-pool.js'
import { VERSION } from './version.js'

/** What an engine is made of. */
export interface EngineParts extends Places, Threads {
  readonly core: EngineCore
  readonly registered: RegisteredSources
  readonly ownFunctions: OwnFunctions
  readonly planCache: PlanCache
  readonly member: ClusterMember
  readonly catalogs: EngineCatalogs
  readonly turns: Turns
  /** Where a server offers the engine; empty while none does. */
  readonly address: { httpUri: string }
}

/** The places on disk that the engine writes to. */
interface Places {
  readonly exchangeStorage: ExchangeStorage | undefined
  readonly spill: SpillDirectory | undefined
}

/** Memory, and the threads that share it. */
interface Threads {
  readonly allocator: ChunkAllocator
  readonly buffers: SharedBuffers
  readonly segments: SegmentPool
  readonly pool: ThreadPool | undefined
}

/** Makes the parts of an engine and ties them together; no thread runs yet. @throws CONFIGURATION_INVALID */
export function createParts(
  options: ResolvedOptions,
  factories: ConnectorFactories,
  accessControl: SystemAccessControl | undefined,
): EngineParts {
  const catalogManager = new CatalogManager()
  const threads = createThreads(options, catalogManager)
  const places = openPlaces(options)
  const planCache = new PlanCache()
  const registered = new RegisteredSources(() => planCache.invalidate())
  const ownFunctions = new OwnFunctions()
  const turns = new Turns(threads.pool === undefined ? LONG_TURN_MILLIS : SHORT_TURN_MILLIS)
  const address = { httpUri: '' }
  const execution = {
    pool: threads.pool,
    callingThreadMillis: options.callingThreadMillis,
    slotsInUse: new Set<number>(),
    spill: places.spill,
    spillsEagerly: options.spillsEagerly,
    memoryLimitBytes: options.memoryLimitBytes,
    outputPageRows: options.outputPageRows,
    expressionTarget: options.expressionTarget,
  }
  const statements = once(async () => {
    const { createStatementServices } = await import('./planning/statement-services.js')
    return createStatementServices(core, {
      ...execution,
      allocator: threads.allocator,
      turns,
      catalogs: catalogManager,
      ownFunctions,
      contexts: core.contexts,
      member,
      faultTolerance: options.faultTolerance,
      compressesExchanges: options.exchangeCompression === 'LZ4',
      exchangeDirectory: places.exchangeStorage?.directory,
      planCache,
      registered,
    })
  })
  const taskBuffers = new TaskBuffers()
  const member = new ClusterMember(
    options.nodeId,
    taskBuffers,
    (channels) =>
      new TaskHost({
        ...execution,
        thread: async () => (await statements()).thread,
        buffers: taskBuffers,
        channels,
        useCatalogs: (used) => catalogs.use(used),
        isThreadBound: (name) => catalogManager.isThreadBound(name),
      }),
  )
  const admission = createAdmission(options, threads.allocator)
  const core = createCore(
    options,
    catalogManager,
    admission,
    accessControl,
    () => catalogs,
    statements,
  )
  catalogManager.add({
    name: REGISTERED_CATALOG,
    connectorName: 'inline',
    config: {},
    connector: registered.connector,
  })
  const catalogs: EngineCatalogs = createEngineCatalogs(options, core, {
    ...threads,
    factories,
    member,
    httpUri: () => address.httpUri,
    planCache,
  })
  return {
    ...places,
    ...threads,
    core,
    registered,
    ownFunctions,
    planCache,
    member,
    catalogs,
    turns,
    address,
  }
}

function createThreads(options: ResolvedOptions, catalogs: CatalogManager): Threads {
  const shared = createSharedMemory(options.memoryLimitBytes)
  const allocator = joinSharedMemory(shared)
  const buffers = new SharedBuffers()
  const segments = new SegmentPool(allocator, options.segmentBytes, (segment, buffer) =>
    pool?.broadcast({ kind: 'segment', segment, buffer }),
  )
  const pool = startPool(
    options,
    () => ({ shared, catalogs: catalogs.descriptors(), segments: segments.buffers }),
    buffers,
    allocator,
  )
  return { allocator, buffers, segments, pool }
}

const createAdmission = (options: ResolvedOptions, allocator: ChunkAllocator): Admission =>
  new Admission({
    maxConcurrentQueries: options.maxConcurrentQueries,
    maxQueuedQueries: options.maxQueuedQueries,
    sharedBytes:
      options.spillPath === undefined ? Number.POSITIVE_INFINITY : options.memoryLimitBytes,
    isBusy: () => allocator.busyDrivers > 0,
  })

function createCore(
  options: ResolvedOptions,
  catalogs: CatalogManager,
  admission: Admission,
  accessControl: SystemAccessControl | undefined,
  store: () => EngineCatalogs,
  statements: () => Promise<{ readonly services: EngineServices }>,
): EngineCore {
  return {
    version: VERSION,
    nodeId: options.nodeId,
    environment: options.environment,
    catalogs,
    groupsOf: groupsByUser(options.groups),
    ...(accessControl === undefined ? {} : { accessControl }),
    transactions: new TransactionManager(catalogs),
    queries: new QueryRegistry(),
    admission,
    contexts: new QueryContexts(),
    propertyDefaults: new Map([
      ...shownFaultTolerance(options.faultTolerance),
      ['exchange_compression_codec', options.exchangeCompression],
    ]),
    parseType,
    statements: async () => (await statements()).services,
    ...(options.dynamicCatalogs
      ? {
          catalogStore: {
            create: (descriptor) => store().create(descriptor),
            drop: (name) => store().drop(name),
          },
        }
      : {}),
  }
}

function groupsByUser(groups: ResolvedOptions['groups']): (user: string) => readonly string[] {
  const byUser = new Map<string, string[]>()
  for (const [group, users] of Object.entries(groups)) {
    for (const user of users) {
      const known = byUser.get(user)
      if (known === undefined) byUser.set(user, [group])
      else known.push(group)
    }
  }
  return (user) => byUser.get(user) ?? []
}

/** @throws CONFIGURATION_INVALID where one can't be written to */
function openPlaces(options: ResolvedOptions): Places {
  const { exchangeDirectories } = options.faultTolerance
  const exchangeStorage =
    options.isCoordinator && exchangeDirectories.length > 0
      ? new ExchangeStorage(exchangeDirectories)
      : undefined
  try {
    const { spillPath } = options
    const spill = spillPath === undefined ? undefined : new SpillDirectory(spillPath, options)
    return { exchangeStorage, spill }
  } catch (error) {
    exchangeStorage?.close()
    throw error
  }
}

/** What a function gives, made by its first call; that of a call that failed is made anew. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}
