import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { SEGMENT_BYTES } from '../dataflow/memory/segment-pool.js'
import { MillraceError, processUser, timeZoneId, timeZoneKey } from '../spi/index.js'
import type { PluginSource } from './catalog/catalogs.js'
import { type FaultTolerance, faultToleranceOf } from './execution/fault-tolerance.js'

export interface EngineOptions {
  /** Properties of each catalog, `connector.name` among them; added to `memory` and `system`, or in their place. */
  readonly catalogs?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Worker threads; default: as many as the machine has cores. 0: everything runs in the calling thread. */
  readonly threads?: number
  /**
   * What reads stored tables and is expected to take one thread at most so many milliseconds runs in the calling thread, as does what
   * reads little: handing it to worker threads would take longer. 0: all that reads tables runs in worker threads. Default: 6.
   */
  readonly callingThreadMillis?: number
  /** What queries may reserve together; default: 60% of the machine's memory or of its cgroup's limit. */
  readonly memoryLimitBytes?: number
  /**
   * Queries that run side by side; others wait in the order in which they came. Default: 1,000. Where there is a `spillPath`, large ones
   * wait too until each that runs can have 32 MB of `memoryLimitBytes`.
   */
  readonly maxConcurrentQueries?: number
  /** Queries that wait; more fail. Default: 5,000. */
  readonly maxQueuedQueries?: number
  /** A folder, made if need be, for what queries can't keep in memory; without one they fail at their memory limit. */
  readonly spillPath?: string
  /** What all queries may have on disk at once; default: 100 GB. */
  readonly maxSpillBytes?: number
  /** What one query may have on disk at once; default: 100 GB. */
  readonly queryMaxSpillBytes?: number
  /** Packages by name or URL, or plugin objects, that bring connectors. */
  readonly plugins?: readonly PluginSource[]
  /**
   * Whether `FROM 'path'` reads any file that the process can read; by default the embedded engine and the shell do. Without,
   * only files of catalogs of the files connector are read.
   */
  readonly localFiles?: boolean
  /** Who queries run as unless they say otherwise; default: the process's user. */
  readonly user?: string
  /** Zone of queries unless they say otherwise; default: the process's. */
  readonly timeZone?: string
  /** Trino's node.environment. */
  readonly environment?: string
  readonly nodeId?: string
  /** Whether CREATE CATALOG and DROP CATALOG work (catalog.management=dynamic). Default false. */
  readonly dynamicCatalogs?: boolean
  /** False on nodes that run tasks of another's queries only. Default true. */
  readonly isCoordinator?: boolean
  /**
   * Bytes of stored tables that lie in the memory in which queries work; those beyond lie in segments of their own, and
   * are copied as they are scanned. Default: half of `memoryLimitBytes`, at most 2 GB.
   */
  readonly tableMemoryBytes?: number
  /** The length of such segments; for tests. Default 256 MB. */
  readonly segmentBytes?: number
  /**
   * Whether V8 may be told to compile JavaScript sooner and, with worker threads, to optimise it later, which holds for the whole
   * process: on Node 20 queries take less time. Default true.
   */
  readonly tunesV8?: boolean
  /**
   * Who may do what, as the properties of Trino's access-control.properties: `{ 'access-control.name': 'file',
   * 'security.config-file': 'rules.json' }`. Default: everybody everything that connectors let them.
   */
  readonly accessControl?: Readonly<Record<string, string>>
  /** Users of each group, for rules of access. */
  readonly groups?: Readonly<Record<string, readonly string[]>>
  /** What a coordinator does when nodes fail (retry-policy and its like); by default their queries fail. */
  readonly faultTolerance?: Partial<FaultTolerance>
  /** How a coordinator has nodes compress what they hand to each other; default NONE. */
  readonly exchangeCompression?: 'NONE' | 'LZ4'
  /** Rows a page of results has at most; for tests. */
  readonly outputPageRows?: number
  /** Whatever can be is spilled, however much memory there is; for tests. */
  readonly spillsEagerly?: boolean
  /** Where expressions run; for tests. */
  readonly expressionTarget?: 'wasm' | 'js' | 'interpreter'
}

/** Options with their defaults, checked. */
export interface ResolvedOptions {
  readonly catalogs: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly threads: number
  readonly callingThreadMillis: number
  readonly memoryLimitBytes: number
  readonly maxConcurrentQueries: number
  readonly maxQueuedQueries: number
  readonly spillPath: string | undefined
  readonly maxSpillBytes: number
  readonly queryMaxSpillBytes: number
  readonly plugins: readonly PluginSource[]
  readonly localFiles: boolean
  readonly user: string
  readonly timeZone: string
  readonly environment: string
  readonly nodeId: string
  readonly dynamicCatalogs: boolean
  readonly isCoordinator: boolean
  readonly tableMemoryBytes: number
  readonly segmentBytes: number
  readonly tunesV8: boolean
  readonly accessControl: Readonly<Record<string, string>> | undefined
  readonly groups: Readonly<Record<string, readonly string[]>>
  readonly faultTolerance: FaultTolerance
  readonly exchangeCompression: 'NONE' | 'LZ4'
  readonly outputPageRows: number
  readonly spillsEagerly: boolean
  readonly expressionTarget: 'wasm' | 'js' | 'interpreter' | undefined
}

const MAX_THREADS = 256
/** About what two threads need to have begun: below it they are no faster than one that need not begin. */
const DEFAULT_CALLING_THREAD_MILLIS = 6
const DEFAULT_OUTPUT_PAGE_ROWS = 16_384
/** As Trino's max-spill-per-node. */
const DEFAULT_SPILL_BYTES = 100 * 1024 ** 3
/** As Trino's query.max-concurrent-queries and query.max-queued-queries. */
const DEFAULT_CONCURRENT_QUERIES = 1000
const DEFAULT_QUEUED_QUERIES = 5000
const MAX_TABLE_MEMORY_BYTES = 2 * 1024 ** 3
const MIN_MEMORY_BYTES = 16 * 1024 * 1024
const DEFAULT_MEMORY_FRACTION = 0.6

const invalid = (message: string): MillraceError =>
  new MillraceError('CONFIGURATION_INVALID', message)

/** @throws CONFIGURATION_INVALID */
export function resolveOptions(options: EngineOptions): ResolvedOptions {
  const known = new Set([
    'catalogs',
    'threads',
    'callingThreadMillis',
    'memoryLimitBytes',
    'maxConcurrentQueries',
    'maxQueuedQueries',
    'spillPath',
    'maxSpillBytes',
    'queryMaxSpillBytes',
    'plugins',
    'localFiles',
    'user',
    'timeZone',
    'environment',
    'nodeId',
    'isCoordinator',
    'dynamicCatalogs',
    'tableMemoryBytes',
    'segmentBytes',
    'tunesV8',
    'accessControl',
    'groups',
    'faultTolerance',
    'exchangeCompression',
    'outputPageRows',
    'spillsEagerly',
    'expressionTarget',
  ])
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw invalid(`Unknown option: ${name}`)
  }
  const threads = options.threads ?? availableParallelism()
  if (!Number.isInteger(threads) || threads < 0 || threads > MAX_THREADS) {
    throw invalid(`threads must be a whole number from 0 to ${MAX_THREADS}: ${threads}`)
  }
  const { callingThreadMillis = DEFAULT_CALLING_THREAD_MILLIS } = options
  if (!(callingThreadMillis >= 0)) {
    throw invalid(`callingThreadMillis must be a number from 0 on: ${callingThreadMillis}`)
  }
  const memoryLimitBytes = options.memoryLimitBytes ?? defaultMemoryLimit()
  if (!Number.isFinite(memoryLimitBytes) || memoryLimitBytes < MIN_MEMORY_BYTES) {
    throw invalid(`memoryLimitBytes must be at least ${MIN_MEMORY_BYTES}: ${memoryLimitBytes}`)
  }
  const outputPageRows = options.outputPageRows ?? DEFAULT_OUTPUT_PAGE_ROWS
  if (!Number.isInteger(outputPageRows) || outputPageRows < 1) {
    throw invalid(`outputPageRows must be a whole number from 1 on: ${outputPageRows}`)
  }
  return {
    catalogs: checkedCatalogs(options.catalogs ?? {}),
    threads,
    callingThreadMillis,
    memoryLimitBytes,
    ...queueOptions(options),
    ...spillOptions(options),
    ...tableMemory(options, memoryLimitBytes),
    tunesV8: options.tunesV8 ?? true,
    plugins: options.plugins ?? [],
    localFiles: options.localFiles ?? false,
    user: options.user ?? processUser(),
    timeZone: zoneOf(options.timeZone),
    environment: options.environment ?? 'embedded',
    nodeId: options.nodeId ?? crypto.randomUUID(),
    dynamicCatalogs: options.dynamicCatalogs ?? false,
    isCoordinator: options.isCoordinator ?? true,
    accessControl: options.accessControl,
    groups: options.groups ?? {},
    faultTolerance: faultToleranceOf(options.faultTolerance, options.isCoordinator ?? true),
    exchangeCompression: options.exchangeCompression ?? 'NONE',
    outputPageRows,
    spillsEagerly: options.spillsEagerly ?? false,
    expressionTarget: options.expressionTarget,
  }
}

/** @throws CONFIGURATION_INVALID */
export function checkCatalogName(name: string): void {
  if (/^[a-z0-9_][a-z0-9_-]*$/.test(name)) return
  throw invalid(`Catalog name must consist of lower-case letters, digits, _ and -: ${name}`)
}

function queueOptions(
  options: EngineOptions,
): Pick<ResolvedOptions, 'maxConcurrentQueries' | 'maxQueuedQueries'> {
  const {
    maxConcurrentQueries = DEFAULT_CONCURRENT_QUERIES,
    maxQueuedQueries = DEFAULT_QUEUED_QUERIES,
  } = options
  if (!Number.isInteger(maxConcurrentQueries) || maxConcurrentQueries < 1) {
    throw invalid(`maxConcurrentQueries must be a whole number from 1 on: ${maxConcurrentQueries}`)
  }
  if (!Number.isInteger(maxQueuedQueries) || maxQueuedQueries < 0) {
    throw invalid(`maxQueuedQueries must be a whole number from 0 on: ${maxQueuedQueries}`)
  }
  return { maxConcurrentQueries, maxQueuedQueries }
}

function spillOptions(
  options: EngineOptions,
): Pick<ResolvedOptions, 'spillPath' | 'maxSpillBytes' | 'queryMaxSpillBytes'> {
  const { maxSpillBytes = DEFAULT_SPILL_BYTES, queryMaxSpillBytes = DEFAULT_SPILL_BYTES } = options
  for (const [name, bytes] of Object.entries({ maxSpillBytes, queryMaxSpillBytes })) {
    if (!(bytes >= 0)) throw invalid(`${name} must be a number from 0 on: ${bytes}`)
  }
  const { spillPath } = options
  if (spillPath === '') throw invalid('spillPath must not be empty')
  return { spillPath, maxSpillBytes, queryMaxSpillBytes }
}

function tableMemory(
  options: EngineOptions,
  memoryLimitBytes: number,
): Pick<ResolvedOptions, 'tableMemoryBytes' | 'segmentBytes'> {
  const { segmentBytes = SEGMENT_BYTES } = options
  const tableMemoryBytes =
    options.tableMemoryBytes ?? Math.min(memoryLimitBytes / 2, MAX_TABLE_MEMORY_BYTES)
  if (!(tableMemoryBytes >= 0)) {
    throw invalid(`tableMemoryBytes must be a number from 0 on: ${tableMemoryBytes}`)
  }
  if (!Number.isInteger(segmentBytes) || segmentBytes < 1) {
    throw invalid(`segmentBytes must be a whole number from 1 on: ${segmentBytes}`)
  }
  return { tableMemoryBytes, segmentBytes }
}

function checkedCatalogs(
  catalogs: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  for (const [name, properties] of Object.entries(catalogs)) {
    checkCatalogName(name)
    for (const [property, value] of Object.entries(properties)) {
      if (typeof value !== 'string') {
        throw invalid(`Catalog properties are strings: ${name}, ${property}`)
      }
    }
    if (properties['connector.name'] === undefined) {
      throw invalid(`Catalog has no connector.name: ${name}`)
    }
  }
  return catalogs
}

function zoneOf(timeZone: string | undefined): string {
  const id = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const key = timeZoneKey(id)
  if (key === undefined) throw invalid(`Unknown time zone: ${id}`)
  return timeZoneId(key)
}

/** 60% of what the machine, or the container the process runs in, has. */
function defaultMemoryLimit(): number {
  const limits = [totalmem()]
  for (const file of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    const limit = cgroupLimit(file)
    if (limit !== undefined) limits.push(limit)
  }
  return Math.max(MIN_MEMORY_BYTES, Math.floor(Math.min(...limits) * DEFAULT_MEMORY_FRACTION))
}

function cgroupLimit(file: string): number | undefined {
  try {
    const limit = Number(readFileSync(file, 'utf8').trim())
    return Number.isFinite(limit) && limit > 0 ? limit : undefined
  } catch {
    // No such file: no cgroup of this version.
    return undefined
  }
}
