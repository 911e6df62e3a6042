import type { Expression, ResolvedFunction } from '../../expressions/ir.js'
import type {
  AggregateFunction,
  AggregationApplicationResult,
  Awaitable,
  ConnectorExpression,
  ConnectorJoinType,
  ConnectorSortItem,
  Constraint,
  ConstraintApplicationResult,
  JoinApplicationResult,
  JoinStatistics,
  LimitApplicationResult,
  ProjectionApplicationResult,
  RefusedWork,
  SampleApplicationResult,
  SampleType,
  SqlType,
  TableScanRedirectApplicationResult,
  TableStatistics,
  TopNApplicationResult,
  Value,
} from '../../spi/index.js'
import { Estimator } from '../cost/estimator.js'
import { TableStatisticsCache } from '../cost/table-statistics.js'
import type { PlanNode, PlanNodeIdAllocator, TableReference } from '../plan/node.js'
import type { SymbolAllocator } from '../plan/symbol.js'

/** What a caller optimises a query plan with. One object a query. */
export interface OptimizerEnvironment {
  readonly metadata: OptimizerMetadata
  readonly session: OptimizerSession
  readonly symbols: SymbolAllocator
  readonly ids: PlanNodeIdAllocator
  /** Evaluates an expression without symbols in the query's session; throws what the query would. */
  readonly evaluate: (expression: Expression) => Value
  /** Whether an expression has a value for any row, also for one that the query would not evaluate it for. */
  readonly neverFails: (expression: Expression) => boolean
  /** Types of the columns in which a partial aggregation hands a call's states on. */
  readonly stateTypes: (aggregate: ResolvedFunction) => readonly SqlType[]
  /** Receives warnings for the client. */
  readonly warn: (warning: OptimizerWarning) => void
  /** Called with every rewrite of a rule, for EXPLAIN of rules and tests. */
  readonly trace?: (rule: string, before: PlanNode, after: PlanNode) => void
}

/** The environment and what the optimizer has found out about the query's tables. */
export interface OptimizerContext extends OptimizerEnvironment {
  readonly tables: TableStatisticsCache
  readonly estimator: Estimator
}

/** Makes the context of one optimizer run. */
export function optimizerContext(environment: OptimizerEnvironment): OptimizerContext {
  const tables = new TableStatisticsCache((table, columns) =>
    environment.metadata.tableStatistics(table, columns),
  )
  return { ...environment, tables, estimator: new Estimator(tables) }
}

/** @source Trino TrinoWarning with StandardWarningCode's names */
export interface OptimizerWarning {
  readonly code: string
  readonly message: string
}

/** Session properties the optimizer reads, with Trino's names; the engine fills in defaults. */
export interface OptimizerSession {
  readonly joinReorderingStrategy: 'NONE' | 'ELIMINATE_CROSS_JOINS' | 'AUTOMATIC'
  /** Relations up to which join orders are enumerated; more are ordered greedily. */
  readonly maxReorderedJoins: number
  readonly enableDynamicFiltering: boolean
  readonly complexExpressionPushdown: boolean
  readonly allowPushdownIntoConnectors: boolean
  /** Also the correlated subqueries that Trino refuses become joins. */
  readonly extendedDecorrelation: boolean
  /** What a plan would compute several times is computed once. */
  readonly shareSubplans: boolean
  /** Rows are grouped before they are joined, where groups are far fewer. */
  readonly pushPartialAggregationThroughJoin: boolean
  /** Groups are made below outer joins that look them up. */
  readonly pushAggregationThroughOuterJoin: boolean
}

/** A column of a scanned table as the connector and as SQL know it. */
export interface ColumnDescription {
  readonly name: string
  readonly type: SqlType
}

/**
 * What the optimizer asks of catalogs; the engine answers from the connectors of the query. Where a connector lacks a
 * pushdown the engine answers undefined (nothing changed).
 */
export interface OptimizerMetadata {
  /**
   * The function that a name and argument types resolve to.
   * @throws FUNCTION_NOT_FOUND
   */
  resolveFunction(
    name: string,
    argumentTypes: readonly SqlType[],
    kind: ResolvedFunction['kind'],
  ): ResolvedFunction
  /** Statistics of a table as its handle restricts it; columns are column handles. */
  tableStatistics(
    table: TableReference,
    columns: readonly unknown[],
  ): Awaitable<TableStatistics<unknown>>
  /** Name and type of a column handle. */
  columnMetadata(table: TableReference, column: unknown): Awaitable<ColumnDescription>
  /** Columns that a query of the table must restrict by a predicate. */
  requiredPredicateColumns(table: TableReference): Awaitable<readonly string[]>
  applyFilter(
    table: TableReference,
    constraint: Constraint<unknown>,
  ): Awaitable<ConstraintApplicationResult<unknown, unknown> | undefined>
  explainRefusal(
    table: TableReference,
    constraint: Constraint<unknown>,
  ): Awaitable<string | undefined>
  /** Whether the catalog says why it leaves work to the engine. */
  explainsRefusedWork(table: TableReference): boolean
  explainRefusedWork(table: TableReference, work: RefusedWork): Awaitable<string | undefined>
  applyProjection(
    table: TableReference,
    projections: readonly ConnectorExpression[],
    assignments: Readonly<Record<string, unknown>>,
  ): Awaitable<ProjectionApplicationResult<unknown, unknown> | undefined>
  applyLimit(
    table: TableReference,
    limit: number,
  ): Awaitable<LimitApplicationResult<unknown> | undefined>
  applyTopN(
    table: TableReference,
    count: number,
    sortItems: readonly ConnectorSortItem[],
    assignments: Readonly<Record<string, unknown>>,
  ): Awaitable<TopNApplicationResult<unknown> | undefined>
  applySample(
    table: TableReference,
    type: SampleType,
    ratio: number,
  ): Awaitable<SampleApplicationResult<unknown> | undefined>
  applyAggregation(
    table: TableReference,
    aggregates: readonly AggregateFunction[],
    assignments: Readonly<Record<string, unknown>>,
    groupingSets: readonly (readonly unknown[])[],
  ): Awaitable<AggregationApplicationResult<unknown, unknown> | undefined>
  /** Both tables are of one catalog. */
  applyJoin(
    type: ConnectorJoinType,
    left: TableReference,
    right: TableReference,
    condition: ConnectorExpression,
    leftAssignments: Readonly<Record<string, unknown>>,
    rightAssignments: Readonly<Record<string, unknown>>,
    statistics: JoinStatistics,
  ): Awaitable<JoinApplicationResult<unknown, unknown> | undefined>
  applyTableScanRedirect(
    table: TableReference,
  ): Awaitable<TableScanRedirectApplicationResult<unknown> | undefined>
  /** Resolves a redirected scan's target: its handle and the handles of the named columns. */
  resolveTable(
    name: { readonly catalog: string; readonly schema: string; readonly table: string },
    columns: readonly string[],
  ): Awaitable<{ readonly table: TableReference; readonly columns: readonly unknown[] }>
}
