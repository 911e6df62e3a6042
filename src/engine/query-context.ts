import type { PlannerSession } from '../planner/metadata.js'
import { assert, type ConnectorMetadata, type ConnectorSession } from '../spi/index.js'
import type { CatalogManager } from './catalog-manager.js'
import { createConnectorSession } from './connector-session.js'
import type { Session } from './session.js'
import type { Transaction } from './transaction.js'
import { VERSION } from './version.js'

export interface Warning {
  /** Trino's name. */
  readonly code: string
  readonly message: string
}

/** One query on its way: its session, transaction and signal, and what it asks of catalogs. */
export interface QueryContext {
  readonly queryId: string
  readonly session: Session
  readonly transaction: Transaction
  readonly catalogs: CatalogManager
  /** Milliseconds since the epoch. */
  readonly startMillis: number
  readonly signal: AbortSignal
  readonly warnings: Warning[]
  warn(warning: Warning): void
  /** The session of a catalog in this query, one object a catalog. */
  connectorSession(catalog: string): ConnectorSession
  /** The metadata of a catalog in this query's transaction. @throws CATALOG_NOT_FOUND */
  metadata(catalog: string): Promise<ConnectorMetadata>
  /** The same, of a catalog that the query has used before. */
  joinedMetadata(catalog: string): ConnectorMetadata
}

export function createQueryContext(options: {
  readonly queryId: string
  readonly session: Session
  readonly transaction: Transaction
  readonly catalogs: CatalogManager
  readonly startMillis: number
  readonly signal: AbortSignal
  /** Where warnings go. */
  readonly warnings: Warning[]
}): QueryContext {
  const sessions = new Map<string, ConnectorSession>()
  const metadatas = new Map<string, Promise<ConnectorMetadata>>()
  const joined = new Map<string, ConnectorMetadata>()
  const { transaction, warnings } = options
  const context: QueryContext = {
    ...options,
    warn(warning) {
      if (!warnings.some((w) => w.message === warning.message)) warnings.push(warning)
    },
    connectorSession(catalog) {
      let connectorSession = sessions.get(catalog)
      if (connectorSession === undefined) {
        connectorSession = createConnectorSession({
          ...options.session,
          queryId: options.queryId,
          startMillis: options.startMillis,
          signal: options.signal,
          role: options.session.roles?.get(catalog),
          properties: options.session.catalogProperties.get(catalog) ?? new Map(),
        })
        sessions.set(catalog, connectorSession)
      }
      return connectorSession
    },
    metadata(catalog) {
      let metadata = metadatas.get(catalog)
      if (metadata === undefined) {
        metadata = transaction.metadata(catalog, context.connectorSession(catalog))
        metadatas.set(catalog, metadata)
        metadata.then(
          (known) => joined.set(catalog, known),
          () => metadatas.delete(catalog),
        )
      }
      return metadata
    },
    joinedMetadata(catalog) {
      const metadata = joined.get(catalog)
      assert(metadata !== undefined, `catalog ${catalog} is not part of the query`)
      return metadata
    },
  }
  return context
}

/** The part of the session that the planner looks at. */
export function plannerSession(context: QueryContext): PlannerSession {
  const { session } = context
  return {
    user: session.user,
    version: VERSION,
    ...(session.catalog === undefined ? {} : { catalog: session.catalog }),
    ...(session.schema === undefined ? {} : { schema: session.schema }),
    path: session.path,
    ...(session.pathText === undefined ? {} : { pathText: session.pathText }),
    timeZone: session.timeZone,
    startMillis: context.startMillis,
  }
}
