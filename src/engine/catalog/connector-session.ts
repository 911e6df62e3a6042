import {
  type ConnectorSession,
  codedError,
  MillraceError,
  type PropertyMetadata,
  type SelectedRole,
  type Value,
} from '../../spi/index.js'
import { parsePropertyText } from '../session/property-text.js'

/** Makes the session of a query as the connector of one catalog sees it. */
export function createConnectorSession(options: {
  readonly queryId: string
  readonly user: string
  readonly timeZone: string
  readonly locale: string
  readonly startMillis: number
  readonly source?: string | undefined
  readonly traceToken?: string | undefined
  readonly signal: AbortSignal
  readonly groups?: readonly string[] | undefined
  /** Set for the catalog. */
  readonly role?: SelectedRole | undefined
  /** The catalog's session properties as text. */
  readonly properties: ReadonlyMap<string, string>
}): ConnectorSession {
  const { properties, user, groups = [], source, traceToken, role } = options
  return {
    queryId: options.queryId,
    identity: { user, groups, ...(role === undefined ? {} : { connectorRole: role }) },
    user,
    timeZone: options.timeZone,
    locale: options.locale,
    startMillis: options.startMillis,
    ...(source === undefined ? {} : { source }),
    ...(traceToken === undefined ? {} : { traceToken }),
    signal: options.signal,
    getProperty<T>(property: PropertyMetadata<T>): T {
      const text = properties.get(property.name)
      return text === undefined
        ? property.defaultValue
        : decodeProperty(
            property,
            parsePropertyText(property.type, text),
            'INVALID_SESSION_PROPERTY',
          )
    },
  }
}

/** Where a property that is wrong stands. */
export type PropertyErrorCode =
  | 'INVALID_SESSION_PROPERTY'
  | 'INVALID_TABLE_PROPERTY'
  | 'INVALID_SCHEMA_PROPERTY'
  | 'INVALID_COLUMN_PROPERTY'
  | 'INVALID_VIEW_PROPERTY'
  | 'INVALID_MATERIALIZED_VIEW_PROPERTY'
  | 'INVALID_ANALYZE_PROPERTY'
  | 'INVALID_PROCEDURE_ARGUMENT'

/** Decodes a property's value; what it throws without a code gets the code of its place. */
export function decodeProperty<T>(
  property: PropertyMetadata<T>,
  value: Value,
  code: PropertyErrorCode,
): T {
  try {
    return property.decode(value)
  } catch (error) {
    const coded = codedError(error)
    if (coded !== undefined) throw coded
    throw new MillraceError(code, error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
}
