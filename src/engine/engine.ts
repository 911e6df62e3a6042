import { readFileSync } from 'node:fs'
import { informationSchemaConnector } from '../connectors/information-schema/connector.js'
import { createSystemConnector } from '../connectors/system/connector.js'
import { joinSharedMemory } from '../dataflow/memory/join-memory.js'
import { SharedPageStore } from '../dataflow/memory/page-store.js'
import {
  type ChunkAllocator,
  createSharedMemory,
  type SharedMemory,
} from '../dataflow/memory/shared-memory.js'
import { ThreadPool } from '../dataflow/threads/pool.js'
import type { FunctionDefinition } from '../expressions/function-definition.js'
import { BUILTIN_FUNCTIONS } from '../expressions/functions/index.js'
import { createRegistry } from '../expressions/registry.js'
import { parseType } from '../expressions/type-signature.js'
import { parseStatement } from '../planner/parser/parser.js'
import { assert, MillraceError, type Page, readValue } from '../spi/index.js'
import { createCatalogInformation } from './catalog-information.js'
import { CatalogManager, informationCatalog } from './catalog-manager.js'
import { createConnector, loadFactories } from './catalogs.js'
import { createConnectorContext } from './connector-context.js'
import { type EngineOptions, type ResolvedOptions, resolveOptions } from './engine-options.js'
import { LOCAL_FILES_CATALOG, localFilesProperties } from './local-files.js'
import { OwnFunctions } from './own-functions.js'
import { PlanCache } from './plan-cache.js'
import { PlanRunner } from './plan-runner.js'
import { createPlanServices } from './plan-services.js'
import { QueryContexts } from './query-contexts.js'
import { queryIdGenerator } from './query-id.js'
import { QueryRegistry } from './query-registry.js'
import { REGISTERED_CATALOG, RegisteredSources } from './registered-sources.js'
import type { EngineServices } from './services.js'
import { defaultSession, type Session } from './session.js'
import { type RunRequest, StatementRun } from './statement-run.js'
import { createSystemInformation } from './system-information.js'
import { connectorArena, createThreadEnvironment } from './thread.js'
import { TransactionManager } from './transaction.js'
import type { WorkerStart } from './worker-start.js'

/** The connector over the engine itself, which only the engine can make. */
const SYSTEM_CONNECTOR = 'system'

/** Catalogs that every engine has unless it is told otherwise. */
const DEFAULT_CATALOGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  memory: { 'connector.name': 'memory' },
  system: { 'connector.name': SYSTEM_CONNECTOR },
}

/** The version of the package. */
export const VERSION: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version

/**
 * An engine: catalogs, threads and memory, and the statements that run on them. The embedded API and the server are
 * two ways to it.
 */
export class Engine {
  readonly services: EngineServices
  readonly registered: RegisteredSources
  readonly threadCount: number
  /** Where a server offers the engine; empty while none does. */
  httpUri = ''
  /** What a statement gets that says nothing else. */
  readonly defaultSession: Session
  readonly #nextQueryId = queryIdGenerator()
  readonly #ownFunctions: OwnFunctions
  readonly #pool: ThreadPool | undefined
  #closing: Promise<void> | undefined

  private constructor(parts: {
    readonly options: ResolvedOptions
    readonly services: EngineServices
    readonly registered: RegisteredSources
    readonly ownFunctions: OwnFunctions
    readonly pool: ThreadPool | undefined
  }) {
    this.services = parts.services
    this.registered = parts.registered
    this.#ownFunctions = parts.ownFunctions
    this.#pool = parts.pool
    this.threadCount = parts.options.threads
    this.defaultSession = defaultSession(parts.options.user, parts.options.timeZone)
  }

  /** @throws CONFIGURATION_INVALID; what connectors throw when they are created */
  static async create(engineOptions: EngineOptions = {}): Promise<Engine> {
    const options = resolveOptions(engineOptions)
    const shared = createSharedMemory(options.memoryLimitBytes)
    const allocator = joinSharedMemory(shared)
    const functions = createRegistry(BUILTIN_FUNCTIONS)
    const catalogs = new CatalogManager()
    const planCache = new PlanCache()
    const registered = new RegisteredSources(() => planCache.invalidate())
    const queries = new QueryRegistry()
    const contexts = new QueryContexts()
    const localFiles = options.localFiles ? localFilesProperties() : undefined
    const catalogProperties = {
      ...DEFAULT_CATALOGS,
      ...options.catalogs,
      ...(localFiles === undefined ? {} : { [LOCAL_FILES_CATALOG]: localFiles }),
    }
    const buffers = new SharedBuffers()
    const pool = startPool(options, shared, catalogProperties, buffers)
    const ownFunctions = new OwnFunctions()
    const runner = new PlanRunner({
      thread: createThreadEnvironment({
        threadName: 'main',
        allocator,
        registry: functions,
        connector: (catalog) => catalogs.get(catalog).connector,
        knownSession: (queryId, catalog) => contexts.find(queryId)?.connectorSession(catalog),
      }),
      pool,
      catalogs,
      ownFunctions,
      contexts,
      memoryLimitBytes: options.memoryLimitBytes,
      outputPageRows: options.outputPageRows,
      expressionTarget: options.expressionTarget,
    })
    const services: EngineServices = {
      version: VERSION,
      nodeId: options.nodeId,
      environment: options.environment,
      defaultTimeZone: options.timeZone,
      catalogs,
      transactions: new TransactionManager(catalogs),
      functions,
      queries,
      contexts,
      parseType,
      parse: parseStatement,
      firstBigint,
      ...createPlanServices({ functions, cache: planCache, registered, runner }),
    }
    catalogs.add({
      name: REGISTERED_CATALOG,
      connectorName: 'inline',
      config: {},
      connector: registered.connector,
    })
    const engine = new Engine({ options, services, registered, ownFunctions, pool })
    try {
      await createCatalogs(engine, options, catalogProperties, allocator, buffers)
    } catch (error) {
      await engine.close()
      throw error
    }
    return engine
  }

  /** A statement that has not begun. @throws MillraceError SERVER_SHUTTING_DOWN */
  createRun(request: RunRequest): StatementRun {
    if (this.#closing !== undefined) {
      throw new MillraceError('SERVER_SHUTTING_DOWN', 'The engine is closed')
    }
    return new StatementRun(this.services, this.#nextQueryId(), request)
  }

  /** Adds a function of the program. Its code cannot travel: queries that call it run in this thread. */
  registerFunction(definition: FunctionDefinition): void {
    if (this.services.functions.has(definition.name)) {
      throw new MillraceError('ALREADY_EXISTS', `Function already exists: ${definition.name}`)
    }
    this.services.functions.add(definition)
    this.#ownFunctions.add([definition.name, ...(definition.aliases ?? [])])
  }

  /** Resolves when the worker threads take queries. */
  async ready(): Promise<void> {
    await this.#pool?.ready()
  }

  /** Ends queries under way, threads and connectors; further calls wait for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { queries, transactions, catalogs } = this.services
    await queries.close(new MillraceError('SERVER_SHUTTING_DOWN', 'The engine was closed'))
    await transactions.close()
    await this.#pool?.close()
    await catalogs.close()
  }
}

/** Buffers that connectors share between threads, made by the first that asks for a name. */
class SharedBuffers {
  readonly #buffers = new Map<string, SharedArrayBuffer>()

  get(name: string, byteLength: number): SharedArrayBuffer {
    let buffer = this.#buffers.get(name)
    if (buffer === undefined) {
      buffer = new SharedArrayBuffer(byteLength)
      this.#buffers.set(name, buffer)
    }
    return buffer
  }
}

function firstBigint(page: Page): bigint {
  const block = page.blocks[0]
  const value = block === undefined || page.rowCount === 0 ? undefined : readValue(block, 0)
  assert(typeof value === 'bigint', 'a number of rows')
  return value
}

function startPool(
  options: ResolvedOptions,
  shared: SharedMemory,
  catalogProperties: Readonly<Record<string, Readonly<Record<string, string>>>>,
  buffers: SharedBuffers,
): ThreadPool | undefined {
  if (options.threads === 0) return undefined
  const start: WorkerStart = {
    shared,
    version: VERSION,
    nodeId: options.nodeId,
    memoryLimitBytes: options.memoryLimitBytes,
    plugins: options.plugins.flatMap((plugin) =>
      typeof plugin === 'string' || plugin instanceof URL ? [String(plugin)] : [],
    ),
    catalogs: Object.entries(catalogProperties).map(([name, properties]) =>
      catalogDescriptor(name, properties),
    ),
  }
  return new ThreadPool({
    threads: options.threads,
    entry: new URL('./worker-entry.js', import.meta.url),
    workerData: start,
    sharedBuffer: (name, byteLength) => buffers.get(name, byteLength),
  })
}

function catalogDescriptor(name: string, properties: Readonly<Record<string, string>>) {
  const { 'connector.name': connectorName, ...config } = properties
  return { name, connectorName: connectorName!, config }
}

async function createCatalogs(
  engine: Engine,
  options: ResolvedOptions,
  catalogProperties: Readonly<Record<string, Readonly<Record<string, string>>>>,
  allocator: ChunkAllocator,
  buffers: SharedBuffers,
): Promise<void> {
  const factories = await loadFactories(options.plugins)
  const context = createConnectorContext({
    version: VERSION,
    nodeId: options.nodeId,
    isCoordinator: true,
    pageStore: new SharedPageStore(allocator),
    memoryLimitBytes: options.memoryLimitBytes,
    createArena: () => connectorArena(allocator),
    sharedBuffer: (name, byteLength) => buffers.get(name, byteLength),
  })
  const { services } = engine
  const { catalogs } = services
  const catalogInformation = createCatalogInformation(
    (queryId) => services.contexts.get(queryId),
    parseType,
  )
  const systemInformation = createSystemInformation({
    ...services,
    catalogInformation,
    httpUri: () => engine.httpUri,
  })
  for (const [name, properties] of Object.entries(catalogProperties)) {
    const { connectorName, config } = catalogDescriptor(name, properties)
    const connector =
      connectorName === SYSTEM_CONNECTOR
        ? createSystemConnector(systemInformation, config)
        : await createConnector(factories, name, connectorName, config, context)
    const isLocal = factories.isLocal(connectorName)
    catalogs.add({ name, connectorName, config, connector, isLocal })
    catalogs.add({
      name: informationCatalog(name),
      connectorName: 'information_schema',
      config: {},
      connector: informationSchemaConnector(name, catalogInformation),
    })
  }
}
