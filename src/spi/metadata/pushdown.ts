import type { ConnectorExpression } from '../predicate/connector-expression.js'
import { allDomain, type Domain, domainType } from '../predicate/domain.js'
import type { TupleDomain } from '../predicate/tuple-domain.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import type { CatalogSchemaTableName } from './schema.js'

/**
 * A predicate offered to a connector. `summary` and `expression` together are the predicate.
 * @source Trino Constraint
 */
export interface Constraint<Column = unknown> {
  readonly summary: TupleDomain<Column>
  readonly expression: ConnectorExpression
  /** The column of each variable of `expression`. */
  readonly assignments: Readonly<Record<string, Column>>
  /** Tests values of columns (such as a partition's); stricter than `summary`. Not to be kept after the call. */
  predicate?(bindings: ReadonlyMap<Column, Value>): boolean
  /** The columns `predicate` depends on; present if it is. */
  readonly predicateColumns?: readonly Column[]
}

/** Variable `variable` of the result stands for `column`. @source Trino Assignment */
export interface ConnectorAssignment<Column = unknown> {
  readonly variable: string
  readonly column: Column
  readonly type: SqlType
}

/** @source Trino SortItem; SortOrder */
export interface ConnectorSortItem {
  /** A key of the assignments given beside it. */
  readonly name: string
  readonly ascending: boolean
  readonly nullsFirst: boolean
}

export interface LimitApplicationResult<Table = unknown> {
  readonly handle: Table
  /** True: the connector gives no more rows than that, so the engine drops its own limit. */
  readonly limitGuaranteed: boolean
  readonly precalculateStatistics?: boolean
}
export interface TopNApplicationResult<Table = unknown> {
  readonly handle: Table
  readonly topNGuaranteed: boolean
  readonly precalculateStatistics?: boolean
}
export interface ConstraintApplicationResult<Table = unknown, Column = unknown> {
  readonly handle: Table
  /** What the engine still has to check of the summary. */
  readonly remainingFilter: TupleDomain<Column>
  /** What it still has to check of the expression; absent: all of it. */
  readonly remainingExpression?: ConnectorExpression
  readonly precalculateStatistics?: boolean
}
export interface ProjectionApplicationResult<Table = unknown, Column = unknown> {
  readonly handle: Table
  /** One for each that was offered, over the variables of `assignments`. */
  readonly projections: readonly ConnectorExpression[]
  readonly assignments: readonly ConnectorAssignment<Column>[]
  readonly precalculateStatistics?: boolean
}
export interface SampleApplicationResult<Table = unknown> {
  readonly handle: Table
  readonly precalculateStatistics?: boolean
}
/** @source Trino AggregateFunction */
export interface AggregateFunction {
  readonly function: string
  readonly outputType: SqlType
  readonly args: readonly ConnectorExpression[]
  readonly orderBy: readonly ConnectorSortItem[]
  readonly distinct: boolean
  readonly filter?: ConnectorExpression
}
export interface AggregationApplicationResult<Table = unknown, Column = unknown> {
  readonly handle: Table
  /** One for each aggregate that was offered, over the variables of `assignments`. */
  readonly projections: readonly ConnectorExpression[]
  readonly assignments: readonly ConnectorAssignment<Column>[]
  /** The new column of each grouping column. */
  readonly groupingColumnMapping: readonly ColumnMapping<Column>[]
  readonly precalculateStatistics?: boolean
}
export interface ColumnMapping<Column = unknown> {
  readonly from: Column
  readonly to: Column
}
export type ConnectorJoinType = 'INNER' | 'LEFT_OUTER' | 'RIGHT_OUTER' | 'FULL_OUTER'
export interface JoinStatistics {
  readonly left?: BasicRelationStatistics
  readonly right?: BasicRelationStatistics
  readonly join?: BasicRelationStatistics
}
export interface BasicRelationStatistics {
  readonly rowCount: number
  readonly averageRowSize: number
}
export interface JoinApplicationResult<Table = unknown, Column = unknown> {
  readonly handle: Table
  readonly leftColumns: readonly ColumnMapping<Column>[]
  readonly rightColumns: readonly ColumnMapping<Column>[]
  readonly precalculateStatistics?: boolean
}
export interface TableFunctionApplicationResult<Table = unknown, Column = unknown> {
  readonly handle: Table
  /** Columns in the order of the function's output. */
  readonly columns: readonly Column[]
}
export interface TableScanRedirectApplicationResult<Column = unknown> {
  readonly table: CatalogSchemaTableName
  /** Column name in the other table, of each column. */
  readonly columns: readonly { readonly column: Column; readonly name: string }[]
  /** Filter to apply, over names of the other table's columns. */
  readonly filter: TupleDomain<string>
}

export type SampleType = 'SYSTEM' | 'BERNOULLI'

/** The outcome of asking whether a column's domain may be pushed down. @source Trino DomainPushdownResult */
export interface DomainPushdownResult {
  readonly pushedDown: Domain
  readonly remainingFilter: Domain
}
/** Decides by type and by a source's semantics what of a domain it may check itself. @source Trino PredicatePushdownController */
export type PredicatePushdownController = (domain: Domain) => DomainPushdownResult

/** The source checks the whole domain. @source Trino PredicatePushdownController.FULL_PUSHDOWN */
export const FULL_PUSHDOWN: PredicatePushdownController = (pushed) => ({
  pushedDown: pushed,
  remainingFilter: allDomain(domainType(pushed)),
})
/** The source checks nothing. @source Trino PredicatePushdownController.DISABLE_PUSHDOWN */
export const DISABLE_PUSHDOWN: PredicatePushdownController = (kept) => ({
  pushedDown: allDomain(domainType(kept)),
  remainingFilter: kept,
})
