import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import {
  booleanConfig,
  dataSizeConfig,
  integerConfig,
  parseConfig,
  stringConfig,
} from '../../spi/index.js'

/** The properties of a duckdb catalog. */
export const DUCKDB_PROPERTIES = {
  'connection-url': stringConfig({
    description: 'The database file: a path, duckdb:path, or :memory:',
    required: true,
  }),
  'read-only': booleanConfig({
    description:
      'Whether the file is opened for reading only, as several processes can at once, and all threads of the engine',
    default: 'false',
  }),
  'join-pushdown.enabled': booleanConfig({
    description: 'Whether joins of two tables of the catalog are done by DuckDB',
    default: 'true',
  }),
  'duckdb.threads': integerConfig({
    description: "DuckDB's own threads; by default as many as there are processors",
    min: '1',
  }),
  'duckdb.memory-limit': dataSizeConfig({
    description:
      "What DuckDB may use, for each thread of the engine where the file is read only; by default 80% of the machine's memory",
    min: '16MB',
  }),
}

export interface DuckdbConfig {
  /** Absolute, or `:memory:`. */
  readonly path: string
  readonly isReadOnly: boolean
  readonly isJoinPushed: boolean
  /** DuckDB's own. */
  readonly threads: number
  /** DuckDB's own options. */
  readonly options: Readonly<Record<string, string>>
}

/**
 * Whether one thread of the engine has the database open: DuckDB knows of its own writes only, so that a file which is written
 * must not be open twice.
 */
export const isThreadBound = ({ path, isReadOnly }: DuckdbConfig): boolean =>
  !isReadOnly || path === ':memory:'

/** @throws CONFIGURATION_INVALID */
export function parseDuckdbConfig(properties: Readonly<Record<string, string>>): DuckdbConfig {
  const config = parseConfig(DUCKDB_PROPERTIES, properties)
  const path = config['connection-url'].replace(/^(?:jdbc:)?duckdb:/, '')
  const isMemory = path === '' || path === ':memory:'
  const isReadOnly = config['read-only']
  const threads = config['duckdb.threads']
  const memoryLimit = config['duckdb.memory-limit']
  return {
    path: isMemory ? ':memory:' : resolve(path),
    isReadOnly,
    isJoinPushed: config['join-pushdown.enabled'],
    threads: threads ?? availableParallelism(),
    options: {
      // The last row of a scan must come last.
      preserve_insertion_order: 'true',
      ...(isReadOnly && !isMemory ? { access_mode: 'READ_ONLY' } : {}),
      ...(threads === undefined ? {} : { threads: String(threads) }),
      ...(memoryLimit === undefined ? {} : { memory_limit: `${memoryLimit}B` }),
    },
  }
}
