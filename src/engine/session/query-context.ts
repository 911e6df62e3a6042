import type { PlannerSession } from '../../planner/metadata.js'
import {
  assert,
  type ConnectorMetadata,
  type ConnectorSession,
  MillraceError,
} from '../../spi/index.js'
import type { CatalogManager } from '../catalog/catalog-manager.js'
import { createConnectorSession } from '../catalog/connector-session.js'
import { QueryAccess } from '../security/query-access.js'
import type { SystemAccessControl } from '../security/system-access-control.js'
import { VERSION } from '../version.js'
import type { Session } from './session.js'
import { propertyText } from './session-properties.js'
import type { Transaction } from './transaction.js'

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
  /** What the query may do; absent where nobody is refused anything. */
  readonly access?: QueryAccess
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
  /**
   * Tells every catalog that was told of the query's beginning of its end; nothing more can be asked of catalogs then.
   * @throws AggregateError of what catalogs fail with, once all are told
   */
  endQuery(): Promise<void>
}

export function createQueryContext(options: {
  readonly queryId: string
  readonly session: Session
  readonly transaction: Transaction
  readonly catalogs: CatalogManager
  readonly accessControl: SystemAccessControl | undefined
  readonly groupsOf: (user: string) => readonly string[]
  readonly startMillis: number
  readonly signal: AbortSignal
  /** Where warnings go. */
  readonly warnings: Warning[]
}): QueryContext {
  const sessions = new Map<string, ConnectorSession>()
  const metadatas = new Map<string, Promise<ConnectorMetadata>>()
  const joined = new Map<string, ConnectorMetadata>()
  const { transaction, warnings } = options
  let hasEnded = false
  const begin = async (catalog: string): Promise<ConnectorMetadata> => {
    const session = context.connectorSession(catalog)
    const metadata = await transaction.metadata(catalog, session)
    begun.push({ metadata, session })
    await metadata.beginQuery?.(session)
    return metadata
  }
  const begun: { readonly metadata: ConnectorMetadata; readonly session: ConnectorSession }[] = []
  const { accessControl, groupsOf, ...rest } = options
  const isControlled = accessControl !== undefined || options.catalogs.hasAccessControl
  const context: QueryContext = {
    ...rest,
    ...(isControlled
      ? { access: new QueryAccess({ ...rest, groupsOf, system: accessControl }) }
      : {}),
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
          groups: options.session.groups ?? groupsOf(options.session.user),
          properties: options.session.catalogProperties.get(catalog) ?? new Map(),
        })
        sessions.set(catalog, connectorSession)
      }
      return connectorSession
    },
    metadata(catalog) {
      let metadata = metadatas.get(catalog)
      if (metadata === undefined) {
        metadata = hasEnded ? Promise.reject(queryEnded(options.queryId)) : begin(catalog)
        metadatas.set(catalog, metadata)
        metadata.then(
          (known) => joined.set(catalog, known),
          // A catalog that failed to begin is told of the end, and not asked again.
          () => {},
        )
      }
      return metadata
    },
    joinedMetadata(catalog) {
      const metadata = joined.get(catalog)
      assert(metadata !== undefined, `catalog ${catalog} is not part of the query`)
      return metadata
    },
    async endQuery() {
      hasEnded = true
      await Promise.allSettled(metadatas.values())
      const ends = await Promise.allSettled(
        begun.splice(0).map(async ({ metadata, session }) => metadata.cleanupQuery?.(session)),
      )
      const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
      if (failures.length > 0) {
        throw new AggregateError(failures, 'Catalogs could not clean up after the query')
      }
    },
  }
  return context
}

const queryEnded = (queryId: string): MillraceError =>
  new MillraceError('USER_CANCELED', `Query has ended: ${queryId}`)

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
    keepsRedundantSorts: propertyText(session, 'skip_redundant_sort') === 'false',
    extendedDecorrelation: propertyText(session, 'extended_decorrelation') === 'true',
    maxGroupingSets: Number(propertyText(session, 'max_grouping_sets')),
  }
}
