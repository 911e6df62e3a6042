import type { FunctionRegistry } from '../../expressions/registry.js'
import type { Awaitable, ConnectorMetadata, ConnectorSession } from '../../spi/index.js'
import { assert, MillraceError, UNKNOWN_TABLE_STATISTICS } from '../../spi/index.js'
import type { TableReference } from '../plan/node.js'
import type { OptimizerMetadata } from './context.js'

/** A catalog as a query sees it. */
export interface QueryCatalog {
  readonly metadata: ConnectorMetadata
  readonly session: ConnectorSession
}

/**
 * Answers the optimizer from the connectors of a query. What a connector doesn't have is answered as unchanged.
 * @param catalogOf the catalog of a name that the query uses, with its transaction's metadata
 */
export function connectorOptimizerMetadata(
  registry: FunctionRegistry,
  catalogOf: (name: string) => QueryCatalog,
): OptimizerMetadata {
  const of = (table: TableReference): QueryCatalog => catalogOf(table.catalog)
  return {
    resolveFunction: (name, argumentTypes) => registry.resolve(name, argumentTypes),
    tableStatistics: (table) => {
      const { metadata, session } = of(table)
      return metadata.getTableStatistics?.(session, table.handle) ?? UNKNOWN_TABLE_STATISTICS
    },
    columnMetadata: (table, column) => {
      const { metadata, session } = of(table)
      return metadata.getColumnMetadata(session, table.handle, column)
    },
    requiredPredicateColumns: (table) => {
      const { metadata, session } = of(table)
      return then(
        metadata.getTableMetadata(session, table.handle),
        (found) => found.requiredPredicateColumns ?? [],
      )
    },
    applyFilter: (table, constraint) => {
      const { metadata, session } = of(table)
      return metadata.applyFilter?.(session, table.handle, constraint)
    },
    explainRefusal: (table, constraint) => {
      const { metadata, session } = of(table)
      return metadata.explainRefusal?.(session, table.handle, constraint)
    },
    explainsRefusedWork: (table) => of(table).metadata.explainRefusedWork !== undefined,
    explainRefusedWork: (table, work) => {
      const { metadata, session } = of(table)
      return metadata.explainRefusedWork?.(session, table.handle, work)
    },
    applyProjection: (table, projections, assignments) => {
      const { metadata, session } = of(table)
      return metadata.applyProjection?.(session, table.handle, projections, assignments)
    },
    applyLimit: (table, limit) => {
      const { metadata, session } = of(table)
      return metadata.applyLimit?.(session, table.handle, limit)
    },
    applyTopN: (table, count, sortItems, assignments) => {
      const { metadata, session } = of(table)
      return metadata.applyTopN?.(session, table.handle, count, sortItems, assignments)
    },
    applySample: (table, type, ratio) => {
      const { metadata, session } = of(table)
      return metadata.applySample?.(session, table.handle, type, ratio)
    },
    applyAggregation: (table, aggregates, assignments, groupingSets) => {
      const { metadata, session } = of(table)
      return metadata.applyAggregation?.(
        session,
        table.handle,
        aggregates,
        assignments,
        groupingSets,
      )
    },
    applyJoin: (type, left, right, condition, leftAssignments, rightAssignments, statistics) => {
      assert(left.catalog === right.catalog, 'joined tables of one catalog')
      const { metadata, session } = of(left)
      return metadata.applyJoin?.(
        session,
        type,
        left.handle,
        right.handle,
        condition,
        leftAssignments,
        rightAssignments,
        statistics,
      )
    },
    applyTableScanRedirect: (table) => {
      const { metadata, session } = of(table)
      return metadata.applyTableScanRedirect?.(session, table.handle)
    },
    resolveTable: async (name, columns) => {
      const { metadata, session } = catalogOf(name.catalog)
      const handle = await metadata.getTableHandle(session, name)
      if (handle === undefined) {
        throw new MillraceError(
          'TABLE_NOT_FOUND',
          `Table '${name.catalog}.${name.schema}.${name.table}' does not exist`,
        )
      }
      const handles = await metadata.getColumnHandles(session, handle)
      const table: TableReference = { ...name, handle }
      return {
        table,
        columns: columns.map((column) => {
          const found = handles.get(column)
          if (found === undefined) {
            throw new MillraceError('COLUMN_NOT_FOUND', `Column '${column}' cannot be resolved`)
          }
          return found
        }),
      }
    },
  }
}

const then = <T, R>(value: Awaitable<T>, next: (value: T) => R): Awaitable<R> =>
  value instanceof Promise ? value.then(next) : next(value)
