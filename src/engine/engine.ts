import type { Turns, TurnTaker } from '../dataflow/turns.js'
import type { FunctionDefinition } from '../expressions/function-definition.js'
import { MillraceError } from '../spi/index.js'
import { loadFactories } from './catalog/catalogs.js'
import {
  catalogDescriptor,
  type EngineCatalogs,
  SYSTEM_CONNECTOR,
} from './catalog/engine-catalogs.js'
import { LOCAL_FILES_CATALOG, localFilesProperties } from './catalog/local-files.js'
import type { RegisteredSources } from './catalog/registered-sources.js'
import { type EngineOptions, type ResolvedOptions, resolveOptions } from './engine-options.js'
import { createParts, type EngineParts } from './engine-parts.js'
import type { ClusterMember } from './execution/cluster.js'
import { defineFunction } from './functions/define-function.js'
import type { ProgramFunction } from './functions/program-function.js'
import { type RunRequest, StatementRun } from './query/statement-run.js'
import type { SystemAccessControl } from './security/system-access-control.js'
import type { EngineCore } from './services.js'
import { queryIdGenerator } from './session/query-id.js'
import { defaultSession, type Session } from './session/session.js'
import { type BackgroundLoading, loadInBackground } from './start/background-loading.js'
import { STATEMENT_CODE } from './start/statement-code.js'

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
  readonly threadCount: number
  /** What a statement gets that says nothing else. */
  readonly defaultSession: Session
  readonly #parts: EngineParts
  readonly #nextQueryId = queryIdGenerator()
  #loading: BackgroundLoading | undefined
  #closing: Promise<void> | undefined

  private constructor(options: ResolvedOptions, parts: EngineParts) {
    this.#parts = parts
    this.threadCount = options.threads
    this.defaultSession = defaultSession(options.user, options.timeZone)
  }

  /** @throws CONFIGURATION_INVALID; what connectors throw when they are created */
  static async create(engineOptions: EngineOptions = {}): Promise<Engine> {
    const options = resolveOptions(engineOptions)
    // Before anything is held that would have to be given back.
    const factories = await loadFactories(options.plugins)
    const parts = createParts(options, factories, await accessControlOf(options))
    const engine = new Engine(options, parts)
    try {
      for (const [name, properties] of Object.entries(firstCatalogs(options))) {
        await parts.catalogs.create(catalogDescriptor(name, properties))
      }
    } catch (error) {
      await engine.close()
      throw error
    }
    engine.#loading = loadInBackground([
      ...Array.from({ length: options.threads }, () => () => parts.pool?.startThread()),
      ...STATEMENT_CODE,
      () => parts.core.statements(),
    ])
    return engine
  }

  get services(): EngineCore {
    return this.#parts.core
  }

  get registered(): RegisteredSources {
    return this.#parts.registered
  }

  /** What the engine is to other nodes. */
  get member(): ClusterMember {
    return this.#parts.member
  }

  get catalogs(): EngineCatalogs {
    return this.#parts.catalogs
  }

  /** What works side by side in the calling thread takes turns. */
  get turns(): Turns {
    return this.#parts.turns
  }

  /** Where a server offers the engine; empty while none does. */
  get httpUri(): string {
    return this.#parts.address.httpUri
  }

  set httpUri(uri: string) {
    this.#parts.address.httpUri = uri
  }

  /** Memory that queries share, and what stored tables take: in use and in all. */
  get memory(): { readonly usedBytes: number; readonly limitBytes: number } {
    const { usedBytes, limitBytes, segmentBytes } = this.#parts.allocator
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
    this.#parts.ownFunctions.add('overloads' in given ? given : defineFunction(given))
    this.#parts.planCache.invalidate()
  }

  /** How many worker threads there are, and whether all of them take queries. */
  get threads(): { readonly count: number; readonly isReady: boolean } {
    return { count: this.#parts.pool?.size ?? 0, isReady: this.#parts.pool?.isReady ?? true }
  }

  /** Resolves when the worker threads take queries, and the first statement finds its code loaded. */
  async ready(): Promise<void> {
    await Promise.all([this.#parts.pool?.ready(), this.services.statements()])
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
      () => this.#parts.pool?.close(),
      () => catalogs.close(),
      () => this.#parts.spill?.close(),
      () => this.#parts.exchangeStorage?.close(),
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

/** @throws CONFIGURATION_INVALID */
async function accessControlOf({
  accessControl,
}: ResolvedOptions): Promise<SystemAccessControl | undefined> {
  if (accessControl === undefined) return undefined
  const { createAccessControl } = await import('./security/create-access-control.js')
  return createAccessControl(accessControl)
}

function firstCatalogs(options: ResolvedOptions): ResolvedOptions['catalogs'] {
  const localFiles = options.localFiles ? localFilesProperties() : undefined
  return {
    ...DEFAULT_CATALOGS,
    ...options.catalogs,
    ...(localFiles === undefined ? {} : { [LOCAL_FILES_CATALOG]: localFiles }),
  }
}
