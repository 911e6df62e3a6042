import type { PropertyMetadata } from '../config/property.js'

/** Who runs a query. */
export interface ConnectorIdentity {
  readonly user: string
  readonly groups: readonly string[]
  readonly principal?: string
  readonly enabledSystemRoles?: readonly string[]
  /** The role set for the catalog by SET ROLE. */
  readonly connectorRole?: SelectedRole
  readonly extraCredentials?: Readonly<Record<string, string>>
}
export interface SelectedRole {
  readonly type: 'ROLE' | 'ALL' | 'NONE'
  readonly role?: string
}

/**
 * The query as a connector sees it. One object a query and catalog; what must travel is rebuilt in the other thread.
 * @source Trino ConnectorSession
 */
export interface ConnectorSession {
  readonly queryId: string
  readonly identity: ConnectorIdentity
  /** The same as `identity.user`. */
  readonly user: string
  /** Zone id such as `Europe/Berlin`, `UTC` or `+05:30`. */
  readonly timeZone: string
  /** BCP 47, such as `en-US`. */
  readonly locale: string
  /** Milliseconds since the epoch: what now() gives in this query. */
  readonly startMillis: number
  readonly source?: string
  readonly traceToken?: string
  /** Aborted when the query is cancelled or fails; pass it on to whatever the connector waits for. */
  readonly signal: AbortSignal
  /** The session's value of one of the catalog's session properties, or its default. */
  getProperty<T>(property: PropertyMetadata<T>): T
}
