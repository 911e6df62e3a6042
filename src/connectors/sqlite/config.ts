import { resolve } from 'node:path'
import {
  booleanConfig,
  durationConfig,
  MillraceError,
  parseConfig,
  stringConfig,
} from '../../spi/index.js'

/** The properties of a sqlite catalog. */
export const SQLITE_PROPERTIES = {
  'connection-url': stringConfig({
    description: 'The database file: a path, or sqlite:path',
    required: true,
  }),
  'read-only': booleanConfig({
    description: 'Whether the file is opened for reading only; it must exist then',
    default: 'false',
  }),
  'join-pushdown.enabled': booleanConfig({
    description: 'Whether joins of two tables of the catalog are done by SQLite',
    default: 'true',
  }),
  'sqlite.busy-timeout': durationConfig({
    description: 'How long to wait for a lock that somebody else holds on the file',
    default: '5s',
    min: '0ms',
    max: '10m',
  }),
}

export interface SqliteConfig {
  /** Absolute. */
  readonly path: string
  readonly isReadOnly: boolean
  readonly isJoinPushed: boolean
  readonly busyTimeoutMillis: number
}

/** @throws CONFIGURATION_INVALID */
export function parseSqliteConfig(properties: Readonly<Record<string, string>>): SqliteConfig {
  const config = parseConfig(SQLITE_PROPERTIES, properties)
  const path = config['connection-url'].replace(/^(?:jdbc:)?sqlite:/, '')
  if (path === '' || path.startsWith(':memory:')) {
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      `connection-url must name a file: ${config['connection-url']}`,
      { hint: 'Tables in memory are what the memory connector is for' },
    )
  }
  return {
    path: resolve(path),
    isReadOnly: config['read-only'],
    isJoinPushed: config['join-pushdown.enabled'],
    busyTimeoutMillis: config['sqlite.busy-timeout'],
  }
}
