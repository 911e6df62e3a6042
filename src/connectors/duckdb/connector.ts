import type { ConnectorFactory } from '../../spi/index.js'
import { createSqlConnector } from '../sql-base/connector.js'
import { DUCKDB_PROPERTIES, isThreadBound, parseDuckdbConfig } from './config.js'
import { DuckdbDatabase, SPLITS_AT_ONCE } from './database.js'
import { DUCKDB_DIALECT } from './dialect.js'
import { DuckdbInstance } from './instances.js'

/**
 * The duckdb connector: a database of DuckDB as a catalog, through the optional package @duckdb/node-api. DuckDB runs in this
 * process with threads of its own; a database that may be written is read by one thread of the engine, one that is read only
 * by all of them, each with a DuckDB of its own.
 */
export const duckdbConnectorFactory: ConnectorFactory = {
  name: 'duckdb',
  properties: DUCKDB_PROPERTIES,
  async create(_catalogName, properties) {
    const config = parseDuckdbConfig(properties)
    const instance = await DuckdbInstance.open(config)
    return createSqlConnector({
      dialect: DUCKDB_DIALECT,
      database: new DuckdbDatabase(config, instance),
      isReadOnly: config.isReadOnly,
      isJoinPushed: config.isJoinPushed,
      isThreadBound: isThreadBound(config),
      splitsAhead: isThreadBound(config) ? SPLITS_AT_ONCE - 1 : 0,
    })
  },
}
