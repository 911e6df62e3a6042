import type { PropertyMetadata } from '../config/property.js'
import type { Connector, ConnectorContext } from '../connector/connector.js'
import type { ConnectorTypes } from '../connector/connector-types.js'
import type { ConnectorSession } from '../connector/session.js'
import { type ConnectorSplit, fixedSplitSource, lazySplitSource } from '../connector/split.js'
import type { ConnectorMetadata } from '../metadata/connector-metadata.js'
import type { ConnectorSortItem } from '../metadata/pushdown.js'
import type { Awaitable, ColumnMetadata } from '../metadata/schema.js'
import type { Page } from '../page/page.js'
import { TUPLE_DOMAIN_ALL, type TupleDomain } from '../predicate/tuple-domain.js'
import type { SqlType } from '../type/type.js'
import type { DefinedPushdown, TableDefinition, Tables } from './define-connector.js'
import { defineMetadata } from './defined-metadata.js'
import { pageSourceOfReadable } from './readable.js'
import { RowPageSource } from './row-page-source.js'
import { type RowReader, type RowSource, rowReader } from './row-reader.js'

/** A table with its names and types resolved. */
export interface DefinedTable {
  readonly schema: string
  readonly table: string
  readonly columns: readonly ColumnMetadata[]
  readonly definition: TableDefinition
}

/** Aggregates over columns of a table. */
export interface DefinedAggregation {
  readonly groupBy: readonly string[]
  readonly aggregates: readonly {
    /** The name that its column has in rows. */
    readonly name: string
    readonly function: string
    /** Columns; none for count(*). */
    readonly args: readonly string[]
    readonly distinct: boolean
    readonly type: SqlType
  }[]
}

/** What a scan asks of rows(). */
export interface ScanRequest {
  readonly schema: string
  readonly table: string
  /** What rows consist of, by name; arrays have this order. */
  readonly columns: readonly string[]
  /** By column name; of columns that the filter hook accepted. */
  readonly filter: TupleDomain<string>
  readonly limit?: number
  readonly orderBy?: readonly ConnectorSortItem[]
  readonly aggregation?: DefinedAggregation
  /** One of the values that splits() gave. */
  readonly split?: unknown
  readonly session: ConnectorSession
  /** Aborted when the query ends, and when no more rows() are wanted: what they wait for need not come. */
  readonly signal: AbortSignal
}

export interface DefinedTableHandle {
  readonly schema: string
  readonly table: string
  readonly filter: TupleDomain<string>
  readonly limit?: number
  readonly orderBy?: readonly ConnectorSortItem[]
  readonly aggregation?: DefinedAggregation
}
export interface DefinedColumnHandle {
  readonly name: string
  readonly type: SqlType
}
export interface DefinedSplit extends ConnectorSplit {
  readonly part?: unknown
}
export interface DefinedTypes extends ConnectorTypes {
  table: DefinedTableHandle
  column: DefinedColumnHandle
  split: DefinedSplit
}

export interface DefinedParts {
  readonly context: ConnectorContext
  readonly listTables: () => Awaitable<Tables>
  readonly rows?: (request: ScanRequest) => RowSource | Promise<RowSource>
  readonly pages?: (request: ScanRequest) => Iterable<Page> | AsyncIterable<Page>
  readonly splits?: (
    request: ScanRequest,
  ) => Iterable<unknown> | AsyncIterable<unknown> | Promise<Iterable<unknown>>
  readonly placeOf?: (row: unknown, request: ScanRequest) => string
  readonly pushdown: DefinedPushdown
  readonly sessionProperties: readonly PropertyMetadata[]
  readonly threadBound: boolean
  readonly close: () => Promise<void>
}

export const tableHandle = (schema: string, table: string): DefinedTableHandle => ({
  schema,
  table,
  filter: TUPLE_DOMAIN_ALL,
})

/** Builds the contract over the parts of a definition. */
export function createDefinedConnector(parts: DefinedParts): Connector<DefinedTypes> {
  const metadata: ConnectorMetadata<DefinedTypes> = defineMetadata(parts)
  return {
    ...(parts.threadBound ? { threadBound: true } : {}),
    getMetadata: () => metadata,
    getSessionProperties: () => parts.sessionProperties,
    getSplitManager: () => ({
      async getSplits(_transaction, session, table, _filter, _constraint, signal) {
        if (parts.splits === undefined) return fixedSplitSource<DefinedSplit>([{}])
        const found = await parts.splits(scanRequest(table, [], undefined, session, signal))
        return lazySplitSource(asSplits(found))
      },
    }),
    getPageSourceProvider: () => ({
      async createPageSource(_transaction, session, split, table, columns, _filter, signal) {
        if (parts.pages !== undefined) {
          const request = scanRequest(table, columns, split.part, session, signal)
          return pageSourceOfReadable(parts.pages(request))
        }
        const closing = new AbortController()
        const either = AbortSignal.any([signal, closing.signal])
        const request = scanRequest(table, columns, split.part, session, either)
        const { placeOf } = parts
        return new RowPageSource(
          abortedByClose(rowReader(await parts.rows!(request)), closing),
          columns.map(({ name, type }, index) => ({
            name,
            type,
            index,
            ...(columns.length === 1 ? { isAlone: true } : {}),
          })),
          placeOf === undefined ? {} : { placeOf: (row) => placeOf(row, request) },
        )
      },
    }),
    shutdown: () => parts.close(),
  }
}

/** A generator that waits for an answer can be stopped by its signal only. */
const abortedByClose = (reader: RowReader, closing: AbortController): RowReader => ({
  take: (maxRows) => reader.take(maxRows),
  close() {
    closing.abort()
    return reader.close()
  },
})

async function* asSplits(
  parts: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<DefinedSplit> {
  for await (const part of parts) yield { part }
}

const scanRequest = (
  table: DefinedTableHandle,
  columns: readonly DefinedColumnHandle[],
  split: unknown,
  session: ConnectorSession,
  signal: AbortSignal,
): ScanRequest => ({
  ...table,
  columns: columns.map((column) => column.name),
  ...(split === undefined ? {} : { split }),
  session,
  signal,
})
