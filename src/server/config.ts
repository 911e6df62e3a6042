import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { EngineOptions } from '../engine/engine-options.js'
import type { FaultTolerance } from '../engine/execution/fault-tolerance.js'
import { MillraceError, nearestName, parseDataSize, parseDuration } from '../spi/index.js'
import type { ClusterOptions } from './cluster/cluster-node.js'
import { DEFAULT_LIVENESS } from './cluster/message-socket.js'
import { readSecurity } from './security-config.js'
import type { ServerOptions } from './server.js'
import type { StreamOptions } from './stream/stream-options.js'

export interface ServerConfig {
  readonly engine: EngineOptions
  readonly server: ServerOptions
}

/** A file of `name=value` lines: `#` and `!` begin comments, a backslash at the end continues a line. */
export function parseProperties(text: string, file: string): Record<string, string> {
  const properties: Record<string, string> = {}
  const lines = text.replace(/\\\r?\n[ \t]*/g, '').split(/\r?\n/)
  lines.forEach((line, index) => {
    const content = line.trim()
    if (content === '' || content.startsWith('#') || content.startsWith('!')) return
    const separator = content.search(/[=:]/)
    if (separator <= 0) {
      throw invalid(`Line ${index + 1} of ${file} has no name and value: ${content}`)
    }
    const name = content.slice(0, separator).trim()
    if (Object.hasOwn(properties, name)) {
      throw invalid(`Property is set twice in ${file}: ${name}`)
    }
    properties[name] = withEnvironment(content.slice(separator + 1).trim(), file)
  })
  return properties
}

const invalid = (message: string): MillraceError =>
  new MillraceError('CONFIGURATION_INVALID', message)

/** Puts the values of environment variables in the place of `${ENV:NAME}`. */
function withEnvironment(value: string, file: string): string {
  return value.replace(/\$\{ENV:([A-Za-z0-9_]+)\}/g, (_, name: string) => {
    const found = process.env[name]
    if (found === undefined) {
      throw invalid(`Environment variable of ${file} is not set: ${name}`)
    }
    return found
  })
}

/** Properties of Trino's configuration that say nothing here. */
const IGNORED = new Set(['discovery-server.enabled', 'node.data-dir'])

type Setting = (value: string, into: MutableConfig, etcDir: string) => void
interface MutableConfig {
  engine: { -readonly [K in keyof EngineOptions]: EngineOptions[K] }
  server: { -readonly [K in keyof ServerOptions]: ServerOptions[K] }
  cluster: { -readonly [K in keyof ClusterOptions]: ClusterOptions[K] }
}

const wholeNumber = (name: string, value: string, min: number, max: number): number => {
  const number = Number(value)
  if (!Number.isInteger(number) || number < min || number > max) {
    throw invalid(`${name} must be a whole number from ${min} to ${max}: ${value}`)
  }
  return number
}

const truth = (name: string, value: string): boolean => {
  if (value !== 'true' && value !== 'false')
    throw invalid(`${name} must be true or false: ${value}`)
  return value === 'true'
}

const duration = (name: string, value: string): number => {
  const millis = parseDuration(value)
  if (millis === undefined) throw invalid(`${name} must be a duration such as 10s or 5m: ${value}`)
  return millis
}

const dataSize = (name: string, value: string): number => {
  const bytes = parseDataSize(value)
  if (bytes === undefined) throw invalid(`${name} must be a data size such as 64MB: ${value}`)
  return bytes
}

/** One folder: putting several disks together is the file system's work. */
const spillPath: Setting = (value, { engine }, etcDir) => {
  if (value === '' || value.includes(',')) {
    throw invalid(`spiller-spill-path must be one folder: ${value}`)
  }
  engine.spillPath = resolve(etcDir, value)
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const

/** What is done about nodes that fail. Of Trino's defaults, `retry-initial-delay` alone is shorter here. */
function faultSettings(): Readonly<Record<string, Setting>> {
  const setting =
    (read: (value: string, name: string, etcDir: string) => Partial<FaultTolerance>) =>
    (name: string): Setting =>
    (value, { engine }, etcDir) => {
      engine.faultTolerance = { ...engine.faultTolerance, ...read(value, name, etcDir) }
    }
  const delay = (of: 'initialDelayMillis' | 'maxDelayMillis' | 'noNodeMillis') =>
    setting((value, name) => ({ [of]: duration(name, value) }))
  const count = (of: 'queryRetries' | 'taskRetries') =>
    setting((value, name) => ({ [of]: wholeNumber(name, value, 0, 1000) }))
  const readers: Readonly<Record<string, (name: string) => Setting>> = {
    'retry-policy': setting((value, name) => {
      const policy = (['NONE', 'QUERY', 'TASK'] as const).find((p) => p === value.toUpperCase())
      if (policy === undefined) throw invalid(`${name} is one of NONE, QUERY, TASK: ${value}`)
      return { policy }
    }),
    'exchange.base-directories': setting((value, _, etcDir) => ({
      exchangeDirectories: exchangeDirectories(value, etcDir),
    })),
    'exchange.deduplication-buffer-size': setting((value, name) => ({
      resultBufferBytes: dataSize(name, value),
    })),
    'query-retry-attempts': count('queryRetries'),
    'task-retry-attempts-per-task': count('taskRetries'),
    'retry-initial-delay': delay('initialDelayMillis'),
    'retry-max-delay': delay('maxDelayMillis'),
    'retry-delay-scale-factor': setting((value, name) => {
      const delayFactor = Number(value)
      if (!(delayFactor >= 1)) throw invalid(`${name} must be a number from 1 on: ${value}`)
      return { delayFactor }
    }),
    'node-scheduler.allowed-no-matching-node-period': delay('noNodeMillis'),
  }
  return Object.fromEntries(Object.entries(readers).map(([name, read]) => [name, read(name)]))
}

function exchangeDirectories(value: string, etcDir: string): readonly string[] {
  const directories = value
    .split(',')
    .map((directory) => directory.trim())
    .filter((directory) => directory !== '')
  if (directories.length === 0) throw invalid('exchange.base-directories is empty')
  return directories.map((directory) => {
    if (directory.startsWith('file:')) return directory
    if (/^[a-z0-9]+:\/\//i.test(directory)) {
      throw invalid(`exchange.base-directories must be folders that all nodes reach: ${directory}`)
    }
    return resolve(etcDir, directory)
  })
}

/** What `config.properties` and `node.properties` may say; {@link CONFIG_PROPERTIES} describes it. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  ...streamSettings(),
  ...faultSettings(),
  'log.level': (value, { server }) => {
    const level = LOG_LEVELS.find((known) => known === value.toLowerCase())
    if (level === undefined) throw invalid(`log.level is one of ${LOG_LEVELS.join(', ')}: ${value}`)
    server.log = { ...server.log, level }
  },
  'log.path': (value, { server }, etcDir) => {
    server.log = { level: 'info', ...server.log, file: resolve(etcDir, value) }
  },
  coordinator: (value, { cluster, engine }) => {
    cluster.coordinator = truth('coordinator', value)
    engine.isCoordinator = cluster.coordinator
  },
  'node-scheduler.include-coordinator': (value, { cluster }) => {
    cluster.includeCoordinator = truth('node-scheduler.include-coordinator', value)
  },
  'discovery.uri': (value, { cluster }) => {
    if (!URL.canParse(value) || !/^https?:/.test(value)) {
      throw invalid(`discovery.uri must be the http address of the coordinator: ${value}`)
    }
    cluster.discoveryUri = value
  },
  'internal-communication.shared-secret': (value, { cluster }) => {
    if (value === '') throw invalid('internal-communication.shared-secret is empty')
    cluster.sharedSecret = value
  },
  'exchange.max-error-duration': (value, { cluster }) => {
    cluster.exchangeErrorMillis = duration('exchange.max-error-duration', value)
  },
  'failure-detector.heartbeat-interval': (value, { cluster }) => {
    cluster.liveness = {
      ...DEFAULT_LIVENESS,
      ...cluster.liveness,
      pingMillis: duration('failure-detector.heartbeat-interval', value),
    }
  },
  'failure-detector.silence-limit': (value, { cluster }) => {
    cluster.liveness = {
      ...DEFAULT_LIVENESS,
      ...cluster.liveness,
      silentMillis: duration('failure-detector.silence-limit', value),
    }
  },
  'catalog.management': (value, { engine }) => {
    if (value !== 'static' && value !== 'dynamic') {
      throw invalid(`catalog.management must be static or dynamic: ${value}`)
    }
    engine.dynamicCatalogs = value === 'dynamic'
  },
  'node.internal-address': (value, { cluster }) => {
    cluster.internalAddress = value
  },
  'http-server.http.port': (value, { server }) => {
    server.port = wholeNumber('http-server.http.port', value, 0, 65_535)
  },
  'http-server.http.host': (value, { server }) => {
    server.host = value
  },
  'http-server.compression.enabled': (value, { server }) => {
    const isEnabled = truth('http-server.compression.enabled', value)
    server.compression = isEnabled ? 'always' : 'never'
  },
  'query.client.timeout': (value, { server }) => {
    server.clientTimeoutMillis = duration('query.client.timeout', value)
  },
  'query.max-memory': (value, { engine }) => {
    engine.memoryLimitBytes = dataSize('query.max-memory', value)
  },
  'query.max-concurrent-queries': (value, { engine }) => {
    engine.maxConcurrentQueries = wholeNumber('query.max-concurrent-queries', value, 1, 1_000_000)
  },
  'query.max-queued-queries': (value, { engine }) => {
    engine.maxQueuedQueries = wholeNumber('query.max-queued-queries', value, 0, 1_000_000)
  },
  'spiller-spill-path': spillPath,
  'spill-path': spillPath,
  'max-spill-per-node': (value, { engine }) => {
    engine.maxSpillBytes = dataSize('max-spill-per-node', value)
  },
  'query-max-spill-per-node': (value, { engine }) => {
    engine.queryMaxSpillBytes = dataSize('query-max-spill-per-node', value)
  },
  'task.max-worker-threads': (value, { engine }) => {
    engine.threads = wholeNumber('task.max-worker-threads', value, 0, 256)
  },
  'node.environment': (value, { engine }) => {
    engine.environment = value
  },
  'node.id': (value, { engine }) => {
    engine.nodeId = value
  },
  'exchange.compression-codec': (value, { engine }) => {
    const codec = (['NONE', 'LZ4'] as const).find((known) => known === value.toUpperCase())
    if (codec === undefined) throw invalid(`exchange.compression-codec is NONE or LZ4: ${value}`)
    engine.exchangeCompression = codec
  },
  'sql.default-time-zone': (value, { engine }) => {
    engine.timeZone = value
  },
  plugins: (value, { engine }, etcDir) => {
    engine.plugins = value
      .split(',')
      .map((plugin) => plugin.trim())
      .filter((plugin) => plugin !== '')
      .map((plugin) =>
        plugin.startsWith('.') || plugin.startsWith('/')
          ? pathToFileURL(resolve(etcDir, plugin))
          : plugin,
      )
  },
}

/** @source Trino's exchange-manager.properties */
const EXCHANGE_MANAGER_SETTINGS: Readonly<Record<string, Setting>> = {
  'exchange-manager.name': (value) => {
    if (value !== 'filesystem') {
      throw invalid(`exchange-manager.name must be filesystem: ${value}`)
    }
  },
  'exchange.base-directories': SETTINGS['exchange.base-directories']!,
}

/** What each file may say. */
const FILES: Readonly<Record<string, Readonly<Record<string, Setting>>>> = {
  'node.properties': SETTINGS,
  'exchange-manager.properties': EXCHANGE_MANAGER_SETTINGS,
  'config.properties': SETTINGS,
}

/** Properties of /v1/stream. */
function streamSettings(): Readonly<Record<string, Setting>> {
  const setting =
    (read: (value: string) => Partial<StreamOptions>): Setting =>
    (value, { server }) => {
      server.stream = { ...server.stream, ...read(value) }
    }
  const count = (name: string, value: string): number => wholeNumber(name, value, 1, 1_000_000)
  return {
    'stream.allowed-origins': setting((value) => ({
      allowedOrigins: value
        .split(',')
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ''),
    })),
    'stream.max-message-size': setting((value) => ({
      messageBytesMax: dataSize('stream.max-message-size', value),
    })),
    'stream.max-queries-per-connection': setting((value) => ({
      queriesPerConnection: count('stream.max-queries-per-connection', value),
    })),
    'stream.max-connections': setting((value) => ({
      connectionsMax: count('stream.max-connections', value),
    })),
    'stream.resume-window': setting((value) => ({
      resumeMillis: duration('stream.resume-window', value),
    })),
    'stream.client-timeout': setting((value) => ({
      clientTimeoutMillis: duration('stream.client-timeout', value),
    })),
  }
}

/**
 * Reads `config.properties`, `node.properties`, `exchange-manager.properties`, `access-control.properties`,
 * `group-provider.properties` and `catalog/*.properties` of a directory, as Trino lays them out.
 * @throws CONFIGURATION_INVALID for a missing directory, a property that nothing reads, or a bad value
 */
export function readConfig(etcDir: string): ServerConfig {
  if (!existsSync(etcDir)) throw invalid(`Configuration directory does not exist: ${etcDir}`)
  const config: MutableConfig = {
    engine: {
      catalogs: readCatalogs(etcDir),
      ...readSecurity(etcDir, (file) => {
        const path = join(etcDir, file)
        return existsSync(path) ? parseProperties(readFileSync(path, 'utf8'), file) : undefined
      }),
    },
    server: {},
    cluster: { coordinator: true, includeCoordinator: true },
  }
  for (const [name, settings] of Object.entries(FILES)) {
    const file = join(etcDir, name)
    if (!existsSync(file)) continue
    for (const [property, value] of Object.entries(
      parseProperties(readFileSync(file, 'utf8'), name),
    )) {
      if (IGNORED.has(property)) continue
      const setting = Object.hasOwn(settings, property) ? settings[property] : undefined
      if (setting === undefined) {
        const near = nearestName(property, Object.keys(settings))
        throw new MillraceError(
          'CONFIGURATION_INVALID',
          `Property of ${name} is not used: ${property}`,
          near === undefined ? {} : { hint: `Did you mean ${near}?` },
        )
      }
      setting(value, config, etcDir)
    }
  }
  const { engine, server, cluster } = config
  if (!cluster.coordinator && cluster.discoveryUri === undefined) {
    throw new MillraceError('CONFIGURATION_INVALID', 'A worker has no discovery.uri', {
      hint: 'Set discovery.uri to the address of the coordinator, or coordinator=true',
    })
  }
  return { engine, server: { ...server, cluster } }
}

function readCatalogs(etcDir: string): Record<string, Record<string, string>> {
  const folder = join(etcDir, 'catalog')
  if (!existsSync(folder)) return {}
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.properties'))
    .sort()
  return Object.fromEntries(
    files.map((file) => [
      basename(file, '.properties'),
      parseProperties(readFileSync(join(folder, file), 'utf8'), `catalog/${file}`),
    ]),
  )
}
