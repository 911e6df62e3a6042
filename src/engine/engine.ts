import { TaskHost } from '../dataflow/cluster/task-host.js'
import { joinSharedMemory } from '../dataflow/memory/join-memory.js'
import { SegmentPool } from '../dataflow/memory/segment-pool.js'
import { type ChunkAllocator, createSharedMemory } from '../dataflow/memory/shared-memory.js'
import { ExchangeStorage } from '../dataflow/scheduler/exchange-storage.js'
import { SpillDirectory } from '../dataflow/spill/spill-directory.js'
import type { ThreadPool } from '../dataflow/threads/pool.js'
import { LONG_TURN_MILLIS, SHORT_TURN_MILLIS, Turns, type TurnTaker } from '../dataflow/turns.js'
import { TaskBuffers } from '../exchange/task-buffers.js'
import type { FunctionDefinition } from '../expressions/function-definition.js'
import { parseType } from '../expressions/type-signature.js'
import { MillraceError } from '../spi/index.js'
import { CatalogManager } from './catalog/catalog-manager.js'
import { loadFactories } from './catalog/catalogs.js'
import { createEngineCatalogs } from './catalog/create-engine-catalogs.js'
import {
  catalogDescriptor,
  type EngineCatalogs,
  SYSTEM_CONNECTOR,
} from './catalog/engine-catalogs.js'
import { LOCAL_FILES_CATALOG, localFilesProperties } from './catalog/local-files.js'
import { REGISTERED_CATALOG, RegisteredSources } from './catalog/registered-sources.js'
import { type EngineOptions, type ResolvedOptions, resolveOptions } from './engine-options.js'
import { ClusterMember } from './execution/cluster.js'
import { defineFunction } from './functions/define-function.js'
import { OwnFunctions } from './functions/own-functions.js'
import type { ProgramFunction } from './functions/program-function.js'
import { PlanCache } from './planning/plan-cache.js'
import { QueryRegistry } from './query/query-registry.js'
import { type RunRequest, StatementRun } from './query/statement-run.js'
import type { EngineCore } from './services.js'
import { QueryContexts } from './session/query-contexts.js'
import { queryIdGenerator } from './session/query-id.js'
import { defaultSession, type Session } from './session/session.js'
import { TransactionManager } from './session/transaction.js'
import { type BackgroundLoading, loadInBackground } from './start/background-loading.js'
import { STATEMENT_CODE } from './start/statement-code.js'
import { SharedBuffers, startPool } from './threads/start-pool.js'
import { VERSION } from './version.js'

export type { TurnTaker }

/** Catalogs that every engine has unless it is told otherwise. */
const DEFAULT_CATALOGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  memory: { 'connector.name': 'memory' },
  system: { 'connector.name': SYSTEM_CONNECTOR },
}

/**
 * An engine: catalogs, threads and memory, and the statements that run on them. The embedded API and the server are
 * two ways to it.
 */
export class Engine {
  readonly services: EngineCore
  readonly registered: RegisteredSources
  /** What the engine is to other nodes. */
  readonly member: ClusterMember
  readonly catalogs: EngineCatalogs
  readonly threadCount: number
  /** What works side by side in the calling thread takes turns. */
  readonly turns: Turns
  /** Where a server offers the engine; empty while none does. */
  httpUri = ''
  /** What a statement gets that says nothing else. */
  readonly defaultSession: Session
  readonly #nextQueryId = queryIdGenerator()
  readonly #ownFunctions: OwnFunctions
  readonly #planCache: PlanCache
  readonly #pool: ThreadPool | undefined
  readonly #spill: SpillDirectory | undefined
  readonly #exchangeStorage: ExchangeStorage | undefined
  readonly #allocator: ChunkAllocator
  #loading: BackgroundLoading | undefined
  #closing: Promise<void> | undefined

  private constructor(parts: {
    readonly options: ResolvedOptions
    readonly services: EngineCore
    readonly registered: RegisteredSources
    readonly ownFunctions: OwnFunctions
    readonly planCache: PlanCache
    readonly pool: ThreadPool | undefined
    readonly spill: SpillDirectory | undefined
    readonly exchangeStorage: ExchangeStorage | undefined
    readonly allocator: ChunkAllocator
    readonly member: ClusterMember
    readonly catalogs: EngineCatalogs
    readonly turns: Turns
  }) {
    this.member = parts.member
    this.turns = parts.turns
    this.catalogs = parts.catalogs
    this.services = parts.services
    this.registered = parts.registered
    this.#ownFunctions = parts.ownFunctions
    this.#planCache = parts.planCache
    this.#pool = parts.pool
    this.#allocator = parts.allocator
    this.#spill = parts.spill
    this.#exchangeStorage = parts.exchangeStorage
    this.threadCount = parts.options.threads
    this.defaultSession = defaultSession(parts.options.user, parts.options.timeZone)
  }

  /** @throws CONFIGURATION_INVALID; what connectors throw when they are created */
  static async create(engineOptions: EngineOptions = {}): Promise<Engine> {
    const options = resolveOptions(engineOptions)
    // Before anything is held that would have to be given back.
    const factories = await loadFactories(options.plugins)
    const shared = createSharedMemory(options.memoryLimitBytes)
    const allocator = joinSharedMemory(shared)
    const catalogs = new CatalogManager()
    const planCache = new PlanCache()
    const registered = new RegisteredSources(() => planCache.invalidate())
    const queries = new QueryRegistry()
    const contexts = new QueryContexts()
    const buffers = new SharedBuffers()
    const { faultTolerance } = options
    const { exchangeStorage, spill } = openDirectories(options)
    const segments = new SegmentPool(allocator, options.segmentBytes, (segment, buffer) =>
      pool?.broadcast({ kind: 'segment', segment, buffer }),
    )
    const pool = startPool(
      options,
      () => ({
        shared,
        catalogs: catalogs.descriptors(),
        segments: segments.buffers,
      }),
      buffers,
    )
    const ownFunctions = new OwnFunctions()
    const turns = new Turns(pool === undefined ? LONG_TURN_MILLIS : SHORT_TURN_MILLIS)
    const execution = {
      pool,
      slotsInUse: new Set<number>(),
      spill,
      spillsEagerly: options.spillsEagerly,
      memoryLimitBytes: options.memoryLimitBytes,
      outputPageRows: options.outputPageRows,
      expressionTarget: options.expressionTarget,
    }
    const statements = once(async () => {
      const { createStatementServices } = await import('./planning/statement-services.js')
      return createStatementServices(core, {
        ...execution,
        allocator,
        turns,
        catalogs,
        ownFunctions,
        contexts,
        member,
        faultTolerance,
        exchangeDirectory: exchangeStorage?.directory,
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
          useCatalogs: (used) => engine.catalogs.use(used),
          isThreadBound: (name) => catalogs.isThreadBound(name),
        }),
    )
    const core: EngineCore = {
      version: VERSION,
      nodeId: options.nodeId,
      environment: options.environment,
      catalogs,
      transactions: new TransactionManager(catalogs),
      queries,
      contexts,
      propertyDefaults: new Map([['retry_policy', faultTolerance.policy]]),
      parseType,
      statements: async () => (await statements()).services,
      ...(options.dynamicCatalogs
        ? {
            catalogStore: {
              create: (descriptor) => engine.catalogs.create(descriptor),
              drop: (name) => engine.catalogs.drop(name),
            },
          }
        : {}),
    }
    catalogs.add({
      name: REGISTERED_CATALOG,
      connectorName: 'inline',
      config: {},
      connector: registered.connector,
    })
    const engineCatalogs = createEngineCatalogs(options, core, {
      factories,
      allocator,
      segments,
      buffers,
      pool,
      member,
      httpUri: () => engine.httpUri,
      planCache,
    })
    const engine = new Engine({
      options,
      services: core,
      registered,
      ownFunctions,
      planCache,
      pool,
      spill,
      exchangeStorage,
      allocator,
      member,
      catalogs: engineCatalogs,
      turns,
    })
    try {
      for (const [name, properties] of Object.entries(firstCatalogs(options))) {
        await engineCatalogs.create(catalogDescriptor(name, properties))
      }
    } catch (error) {
      await engine.close()
      throw error
    }
    engine.#loading = loadInBackground([
      ...Array.from({ length: options.threads }, () => () => pool?.startThread()),
      ...STATEMENT_CODE,
      statements,
    ])
    return engine
  }

  /** Memory that queries share, and what stored tables take: in use and in all. */
  get memory(): { readonly usedBytes: number; readonly limitBytes: number } {
    const { usedBytes, limitBytes, segmentBytes } = this.#allocator
    return { usedBytes: usedBytes + segmentBytes, limitBytes: limitBytes + segmentBytes }
  }

  /** A statement that has not begun. @throws MillraceError SERVER_SHUTTING_DOWN */
  createRun(request: RunRequest): StatementRun {
    if (this.#closing !== undefined) {
      throw new MillraceError('SERVER_SHUTTING_DOWN', 'The engine is closed')
    }
    return new StatementRun(this.services, this.#nextQueryId(), request)
  }

  /**
   * Adds a function of the program. Its code cannot travel: queries that call it run in this thread.
   * @throws ALREADY_EXISTS; GENERIC_USER_ERROR and TYPE_NOT_FOUND for what is no function
   */
  registerFunction(given: FunctionDefinition | ProgramFunction): void {
    this.#ownFunctions.add('overloads' in given ? given : defineFunction(given))
    this.#planCache.invalidate()
  }

  /** How many worker threads there are, and whether all of them take queries. */
  get threads(): { readonly count: number; readonly isReady: boolean } {
    return { count: this.#pool?.size ?? 0, isReady: this.#pool?.isReady ?? true }
  }

  /** Resolves when the worker threads take queries, and the first statement finds its code loaded. */
  async ready(): Promise<void> {
    await Promise.all([this.#pool?.ready(), this.services.statements()])
  }

  /** Ends queries under way, threads and connectors; further calls wait for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Goes on where a step fails: what a connector can't close must not keep threads and files. */
  async #close(): Promise<void> {
    const { queries, transactions, catalogs } = this.services
    const steps = [
      () => this.#loading?.stop(),
      () => queries.close(new MillraceError('SERVER_SHUTTING_DOWN', 'The engine was closed')),
      () => this.member.close(),
      () => transactions.close(),
      () => this.catalogs.close(),
      () => this.#pool?.close(),
      () => catalogs.close(),
      () => this.#spill?.close(),
      () => this.#exchangeStorage?.close(),
    ]
    const failures: unknown[] = []
    for (const step of steps) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length === 1) throw failures[0]
    if (failures.length > 1) throw new AggregateError(failures, 'The engine could not be closed')
  }
}

function firstCatalogs(options: ResolvedOptions): ResolvedOptions['catalogs'] {
  const localFiles = options.localFiles ? localFilesProperties() : undefined
  return {
    ...DEFAULT_CATALOGS,
    ...options.catalogs,
    ...(localFiles === undefined ? {} : { [LOCAL_FILES_CATALOG]: localFiles }),
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

/** The places on disk that the engine writes to. @throws CONFIGURATION_INVALID where one can't be written to */
function openDirectories(options: ResolvedOptions): {
  readonly exchangeStorage: ExchangeStorage | undefined
  readonly spill: SpillDirectory | undefined
} {
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
