import type { ConnectorFactory } from '../../spi/index.js'
import { createSqlConnector } from '../sql-base/connector.js'
import { parseSqliteConfig, SQLITE_PROPERTIES } from './config.js'
import { SqliteDatabase } from './database.js'
import { SQLITE_DIALECT } from './dialect.js'

/** The sqlite connector: a file of SQLite as a catalog, through the optional package libsql. Read in every thread. */
export const sqliteConnectorFactory: ConnectorFactory = {
  name: 'sqlite',
  properties: SQLITE_PROPERTIES,
  create(_catalogName, properties) {
    const config = parseSqliteConfig(properties)
    return createSqlConnector({
      dialect: SQLITE_DIALECT,
      database: new SqliteDatabase(config),
      isReadOnly: config.isReadOnly,
      isJoinPushed: config.isJoinPushed,
      isThreadBound: false,
    })
  },
}
