import type { ConnectorTypes } from '../connector/connector-types.js'
import type { ConnectorSession } from '../connector/session.js'
import type { ConnectorExpression } from '../predicate/connector-expression.js'
import type {
  AggregateFunction,
  AggregationApplicationResult,
  ConnectorJoinType,
  ConnectorSortItem,
  Constraint,
  ConstraintApplicationResult,
  JoinApplicationResult,
  JoinStatistics,
  LimitApplicationResult,
  ProjectionApplicationResult,
  SampleApplicationResult,
  SampleType,
  TableFunctionApplicationResult,
  TableScanRedirectApplicationResult,
  TopNApplicationResult,
} from './pushdown.js'
import type { Awaitable } from './schema.js'

/** The columns that variables or sort items are named after. */
export type Assignments<Column> = Readonly<Record<string, Column>>

/** Work over a table that a connector was offered and that is left to the engine, as its method was told of it. */
export type RefusedWork<Table = unknown, Column = unknown> =
  | { readonly kind: 'limit'; readonly limit: number }
  | {
      readonly kind: 'topN'
      readonly count: number
      readonly sortItems: readonly ConnectorSortItem[]
      readonly assignments: Assignments<Column>
    }
  | {
      readonly kind: 'projection'
      readonly expression: ConnectorExpression
      readonly assignments: Assignments<Column>
    }
  | {
      readonly kind: 'aggregation'
      readonly aggregates: readonly AggregateFunction[]
      readonly assignments: Assignments<Column>
      readonly groupingSets: readonly (readonly Column[])[]
    }
  | {
      /** The table is the left one. */
      readonly kind: 'join'
      readonly joinType: ConnectorJoinType
      readonly right: Table
      readonly condition: ConnectorExpression
      readonly leftAssignments: Assignments<Column>
      readonly rightAssignments: Assignments<Column>
    }

/**
 * Each method answers with a handle of the derived (virtual) table, or undefined where the call has no effect: where the
 * connector can't take the operation, and also where the handle has it already. The optimizer calls them again until
 * all answer undefined; a connector that goes on is stopped with a warning naming it.
 * @source Trino ConnectorMetadata
 */
export interface PushdownMetadata<T extends ConnectorTypes = ConnectorTypes> {
  applyLimit(
    session: ConnectorSession,
    table: T['table'],
    limit: number,
  ): Awaitable<LimitApplicationResult<T['table']> | undefined>
  /** @throws INVALID_ORDER_BY where another order has to be asked for. */
  applyTopN(
    session: ConnectorSession,
    table: T['table'],
    topNCount: number,
    sortItems: readonly ConnectorSortItem[],
    assignments: Assignments<T['column']>,
  ): Awaitable<TopNApplicationResult<T['table']> | undefined>
  applyFilter(
    session: ConnectorSession,
    table: T['table'],
    constraint: Constraint<T['column']>,
  ): Awaitable<ConstraintApplicationResult<T['table'], T['column']> | undefined>
  /**
   * Why a predicate that stands over the table after all pushdown is not checked by the connector, for EXPLAIN: a short
   * clause such as `compares text without regard to case`. An extension.
   */
  explainRefusal(
    session: ConnectorSession,
    table: T['table'],
    constraint: Constraint<T['column']>,
  ): Awaitable<string | undefined>
  /**
   * The same of other work that stands over the table after all pushdown. An extension.
   */
  explainRefusedWork(
    session: ConnectorSession,
    table: T['table'],
    work: RefusedWork<T['table'], T['column']>,
  ): Awaitable<string | undefined>
  applyProjection(
    session: ConnectorSession,
    table: T['table'],
    projections: readonly ConnectorExpression[],
    assignments: Assignments<T['column']>,
  ): Awaitable<ProjectionApplicationResult<T['table'], T['column']> | undefined>
  applySample(
    session: ConnectorSession,
    table: T['table'],
    sampleType: SampleType,
    /** 0 to 1 */
    sampleRatio: number,
  ): Awaitable<SampleApplicationResult<T['table']> | undefined>
  /** One grouping set; an empty one is the global aggregation. */
  applyAggregation(
    session: ConnectorSession,
    table: T['table'],
    aggregates: readonly AggregateFunction[],
    assignments: Assignments<T['column']>,
    groupingSets: readonly (readonly T['column'][])[],
  ): Awaitable<AggregationApplicationResult<T['table'], T['column']> | undefined>
  applyJoin(
    session: ConnectorSession,
    joinType: ConnectorJoinType,
    left: T['table'],
    right: T['table'],
    joinCondition: ConnectorExpression,
    leftAssignments: Assignments<T['column']>,
    rightAssignments: Assignments<T['column']>,
    statistics: JoinStatistics,
  ): Awaitable<JoinApplicationResult<T['table'], T['column']> | undefined>
  applyTableFunction(
    session: ConnectorSession,
    handle: T['tableFunction'],
  ): Awaitable<TableFunctionApplicationResult<T['table'], T['column']> | undefined>
  applyTableScanRedirect(
    session: ConnectorSession,
    table: T['table'],
  ): Awaitable<TableScanRedirectApplicationResult<T['column']> | undefined>
  /** A DELETE that the connector runs by itself: the handle to give to executeDelete. */
  applyDelete(session: ConnectorSession, table: T['table']): Awaitable<T['table'] | undefined>
  /** Deletes the rows of the handle; their number if known. */
  executeDelete(session: ConnectorSession, table: T['table']): Awaitable<number | undefined>
  applyUpdate(
    session: ConnectorSession,
    table: T['table'],
    /** Values that don't depend on the row, by column. */
    assignments: readonly { readonly column: T['column']; readonly value: ConnectorExpression }[],
  ): Awaitable<T['table'] | undefined>
  executeUpdate(session: ConnectorSession, table: T['table']): Awaitable<number | undefined>
}
