import type { Expression, ResolvedFunction } from '../../expressions/ir.js'
import type { RowPatternSpec } from '../../expressions/row-pattern.js'
import type { SourceLocation } from '../../spi/index.js'
import type { HeavyKeys } from './heavy-keys.js'
import type { PlanSymbol } from './symbol.js'
import type { TableArgument, TableFunctionReference } from './table-argument.js'
import type { WriterTarget } from './writer-target.js'

export type { TableArgument, TableFunctionReference }

/**
 * Plan nodes: frozen plain data with Trino's names and meaning (io.trino.sql.planner.plan). `id` is unique in
 * a plan and stays with a node through rewriting, for EXPLAIN ANALYZE. Expressions over a node's sources use symbols.
 */
export type PlanNode =
  | TableScanNode
  | ValuesNode
  | FilterNode
  | ProjectNode
  | AggregationNode
  | JoinNode
  | SemiJoinNode
  | SortNode
  | TopNNode
  | LimitNode
  | OffsetNode
  | SetOperationNode
  | EnforceSingleRowNode
  | AssignUniqueIdNode
  | MarkDistinctNode
  | GroupIdNode
  | WindowNode
  | RowNumberNode
  | TopNRankingNode
  | PatternRecognitionNode
  | UnnestNode
  | SampleNode
  | AsyncCallNode
  | TableFunctionNode
  | ApplyNode
  | CorrelatedJoinNode
  | TableWriterNode
  | TableFinishNode
  | ExchangeNode
  | RemoteSourceNode
  | WithNode
  | SharedScanNode
  | OutputNode

export type PlanKind = PlanNode['kind']
export type PlanNodeId = string

export interface PlanNodeIdAllocator {
  next(): PlanNodeId
}
export function planNodeIdAllocator(first = 0): PlanNodeIdAllocator {
  let id = first
  return { next: () => String(id++) }
}

interface NodeFields {
  readonly id: PlanNodeId
}

/** Handles are the connector's plain values, opaque to the engine. */
export interface TableScanNode extends NodeFields {
  readonly kind: 'tableScan'
  readonly table: TableReference
  readonly outputs: readonly PlanSymbol[]
  /** Column handle of each output, by position. */
  readonly columns: readonly unknown[]
  /** What the connector guarantees, as a TupleDomain over column names; for EXPLAIN and statistics. */
  readonly enforcedConstraint?: unknown
  /** Notes for EXPLAIN on each predicate offered to the connector: pushed, or why not. */
  readonly pushdownNotes?: readonly string[]
  /** Dynamic filters that rows of this scan may be dropped by. */
  readonly dynamicFilters?: readonly { readonly id: string; readonly symbol: PlanSymbol }[]
}
export interface TableReference {
  readonly catalog: string
  readonly schema: string
  readonly table: string
  readonly handle: unknown
  readonly transaction?: unknown
}
export interface ValuesNode extends NodeFields {
  readonly kind: 'values'
  readonly outputs: readonly PlanSymbol[]
  /** Rows of outputs.length expressions each; with no outputs the number of rows still counts. */
  readonly rows: readonly (readonly Expression[])[]
}
export interface FilterNode extends NodeFields {
  readonly kind: 'filter'
  readonly source: PlanNode
  readonly predicate: Expression
}
export interface ProjectNode extends NodeFields {
  readonly kind: 'project'
  readonly source: PlanNode
  readonly assignments: readonly Assignment[]
}
export interface Assignment {
  readonly symbol: PlanSymbol
  readonly expression: Expression
}

export type AggregationStep = 'single' | 'partial' | 'intermediate' | 'final'
export interface AggregationNode extends NodeFields {
  readonly kind: 'aggregation'
  readonly source: PlanNode
  /** Outputs are the grouping keys, then the aggregations' symbols. Both empty: a distinct of nothing. */
  readonly groupingKeys: readonly PlanSymbol[]
  /**
   * Number of global grouping sets (sets without keys), each of which gives a row even for no input. Without grouping
   * keys it is 1; with grouping sets `groupIdSymbol` tells the sets apart.
   */
  readonly globalGroupingSets: readonly number[]
  readonly groupIdSymbol?: PlanSymbol
  readonly aggregations: readonly AggregationAssignment[]
  readonly step: AggregationStep
  /**
   * The columns of states of each aggregation: what the step `partial` gives in place of the aggregations' symbols,
   * `final` reads in place of their arguments, and `intermediate` reads and gives.
   */
  readonly states?: readonly (readonly PlanSymbol[])[]
  /** Grouping keys that the input is already clustered by. */
  readonly preGroupedSymbols?: readonly PlanSymbol[]
}
export interface AggregationAssignment {
  readonly symbol: PlanSymbol
  readonly call: AggregateCall
}
export interface AggregateCall {
  readonly function: ResolvedFunction
  /** Symbols, lambdas and constants; other expressions are projected below. */
  readonly args: readonly Expression[]
  readonly distinct: boolean
  /** A boolean symbol of the source (FILTER clause, or a mark of MarkDistinct): only rows where it is true count. */
  readonly filter?: PlanSymbol
  readonly mask?: PlanSymbol
  readonly orderBy?: readonly SortItem[]
}

export interface SortItem {
  readonly symbol: PlanSymbol
  readonly ascending: boolean
  readonly nullsFirst: boolean
}

export type JoinType = 'inner' | 'left' | 'right' | 'full'
export interface JoinNode extends NodeFields {
  readonly kind: 'join'
  readonly type: JoinType
  /** The probe side. */
  readonly left: PlanNode
  /** The build side. */
  readonly right: PlanNode
  /** Equalities; none: a cross join, or a nested loop with `filter`. */
  readonly criteria: readonly JoinCriterion[]
  /** Further condition of the join (of the ON clause, for outer joins) over symbols of both sides. */
  readonly filter?: Expression
  /** Outputs: these of the left, then these of the right. */
  readonly leftOutputs: readonly PlanSymbol[]
  readonly rightOutputs: readonly PlanSymbol[]
  readonly distribution?: 'partitioned' | 'replicated'
  /** Filters the build side makes: id and the criterion's right symbol. */
  readonly dynamicFilters?: readonly { readonly id: string; readonly symbol: PlanSymbol }[]
  /** Filters that the left side makes for scans of the right one: it is then read first. Not of RIGHT and FULL joins. */
  readonly probeFilters?: readonly { readonly id: string; readonly symbol: PlanSymbol }[]
}
export interface JoinCriterion {
  readonly left: PlanSymbol
  readonly right: PlanSymbol
}
/**
 * Marks, keeps or drops each row of source by whether a row of filteringSource matches it. `mark` adds a boolean symbol;
 * `semi` keeps rows with a match; `anti` keeps rows whose mark is false. With `nullAware` the mark is IN's:
 * NULL where there is no match but a null on either side (one criterion, no filter); otherwise it is EXISTS's: true or false.
 */
export interface SemiJoinNode extends NodeFields {
  readonly kind: 'semiJoin'
  readonly mode: 'mark' | 'semi' | 'anti'
  readonly source: PlanNode
  readonly filteringSource: PlanNode
  readonly criteria: readonly JoinCriterion[]
  /** Further condition over symbols of both sides; only without nullAware. */
  readonly filter?: Expression
  readonly nullAware: boolean
  /** Set with mode `mark`. */
  readonly output?: PlanSymbol
  readonly dynamicFilters?: readonly { readonly id: string; readonly symbol: PlanSymbol }[]
  /** Filters that the source makes for scans of the filtering source: it is then read first. */
  readonly probeFilters?: readonly { readonly id: string; readonly symbol: PlanSymbol }[]
}
export interface SortNode extends NodeFields {
  readonly kind: 'sort'
  readonly source: PlanNode
  readonly orderBy: readonly SortItem[]
}
export interface TopNNode extends NodeFields {
  readonly kind: 'topN'
  readonly source: PlanNode
  readonly orderBy: readonly SortItem[]
  readonly count: number
  readonly step: 'single' | 'partial' | 'final'
}
export interface LimitNode extends NodeFields {
  readonly kind: 'limit'
  readonly source: PlanNode
  readonly count: number
  /** FETCH FIRST … WITH TIES: rows equal to the last by these items are kept; the source is sorted by them. */
  readonly tiesOrderBy?: readonly SortItem[]
  readonly partial?: boolean
}
export interface OffsetNode extends NodeFields {
  readonly kind: 'offset'
  readonly source: PlanNode
  readonly count: number
}
export interface SetOperationNode extends NodeFields {
  readonly kind: 'setOperation'
  readonly operation: 'union' | 'intersect' | 'except'
  /** UNION is planned as `distinct: false` under an aggregation; INTERSECT and EXCEPT carry their own. */
  readonly distinct: boolean
  readonly sources: readonly PlanNode[]
  readonly outputs: readonly PlanSymbol[]
  /** inputs[s][o] is the symbol of source s that feeds output o. */
  readonly inputs: readonly (readonly PlanSymbol[])[]
}
export interface EnforceSingleRowNode extends NodeFields {
  readonly kind: 'enforceSingleRow'
  readonly source: PlanNode
}
export interface AssignUniqueIdNode extends NodeFields {
  readonly kind: 'assignUniqueId'
  readonly source: PlanNode
  /** BIGINT */
  readonly symbol: PlanSymbol
}
export interface MarkDistinctNode extends NodeFields {
  readonly kind: 'markDistinct'
  readonly source: PlanNode
  readonly marker: PlanSymbol
  readonly distinctSymbols: readonly PlanSymbol[]
}
/** Repeats its input once a grouping set, with the keys that are not of the set NULL, and numbers the set. */
export interface GroupIdNode extends NodeFields {
  readonly kind: 'groupId'
  readonly source: PlanNode
  /** Output symbols of each set. */
  readonly groupingSets: readonly (readonly PlanSymbol[])[]
  /** Output grouping symbol ← source symbol. */
  readonly groupingColumns: readonly { readonly output: PlanSymbol; readonly input: PlanSymbol }[]
  readonly aggregationArguments: readonly PlanSymbol[]
  readonly groupIdSymbol: PlanSymbol
}
export interface WindowFrame {
  readonly unit: 'rows' | 'range' | 'groups'
  readonly start: FrameBound
  readonly end: FrameBound
}
export interface FrameBound {
  readonly kind:
    | 'unbounded preceding'
    | 'preceding'
    | 'current row'
    | 'following'
    | 'unbounded following'
  /** Offset of ROWS and GROUPS, or for RANGE the boundary value computed below the node. */
  readonly value?: PlanSymbol
  /** For RANGE with an offset: the sort key, coerced to be compared with value. */
  readonly sortKey?: PlanSymbol
}
export interface WindowFunctionCall {
  readonly symbol: PlanSymbol
  readonly function: ResolvedFunction
  readonly args: readonly Expression[]
  readonly frame: WindowFrame
  readonly ignoreNulls: boolean
  readonly distinct?: boolean
  /** Aggregates only: the order in which the rows of a frame are added. */
  readonly orderBy?: readonly SortItem[]
  readonly filter?: PlanSymbol
}
export interface WindowNode extends NodeFields {
  readonly kind: 'window'
  readonly source: PlanNode
  readonly partitionBy: readonly PlanSymbol[]
  readonly orderBy: readonly SortItem[]
  readonly functions: readonly WindowFunctionCall[]
}
/**
 * Finds matches of a row pattern in each partition. Outputs are `columns`, which the source gives, then the measures, and the
 * symbols of `frame`. With one row per match the columns are among `partitionBy`.
 */
export interface PatternRecognitionNode extends NodeFields {
  readonly kind: 'patternRecognition'
  readonly source: PlanNode
  readonly partitionBy: readonly PlanSymbol[]
  readonly orderBy: readonly SortItem[]
  /** What the expressions of `spec` read, by position. */
  readonly inputs: readonly PlanSymbol[]
  readonly columns: readonly PlanSymbol[]
  readonly measures: readonly PlanSymbol[]
  readonly spec: RowPatternSpec
  /** Present where the pattern is that of a window frame, one row of output a row of input. */
  readonly frame?: PatternFrame
}
/** The part of a partition, from the current row on, that a match may lie in; and where each row's match is. */
export interface PatternFrame {
  readonly end: FrameBound
  /** The row's number in its partition. */
  readonly position: PlanSymbol
  /** Distances from the row to the first and the last row of its match; where it has none, the first is greater. */
  readonly matchStart: PlanSymbol
  readonly matchEnd: PlanSymbol
}
export interface RowNumberNode extends NodeFields {
  readonly kind: 'rowNumber'
  readonly source: PlanNode
  readonly partitionBy: readonly PlanSymbol[]
  readonly symbol: PlanSymbol
  readonly maxRowsPerPartition?: number
}
export interface TopNRankingNode extends NodeFields {
  readonly kind: 'topNRanking'
  readonly source: PlanNode
  readonly ranking: 'row_number' | 'rank' | 'dense_rank'
  readonly partitionBy: readonly PlanSymbol[]
  readonly orderBy: readonly SortItem[]
  readonly symbol: PlanSymbol
  readonly maxRanking: number
}
export interface UnnestNode extends NodeFields {
  readonly kind: 'unnest'
  readonly source: PlanNode
  readonly replicated: readonly PlanSymbol[]
  readonly mappings: readonly {
    readonly input: PlanSymbol
    readonly outputs: readonly PlanSymbol[]
  }[]
  readonly ordinality?: PlanSymbol
  /** `left` keeps a row whose collections are all empty. */
  readonly type: 'inner' | 'left'
}
export interface SampleNode extends NodeFields {
  readonly kind: 'sample'
  readonly source: PlanNode
  /** 0 to 1 */
  readonly ratio: number
  readonly type: 'bernoulli' | 'system'
}

/** Calls asynchronous functions for each row; the rows keep their order. Outputs are the source's, then a symbol a call. */
export interface AsyncCallNode extends NodeFields {
  readonly kind: 'asyncCall'
  readonly source: PlanNode
  readonly calls: readonly AsyncCall[]
}
export interface AsyncCall {
  readonly symbol: PlanSymbol
  readonly function: ResolvedFunction
  readonly args: readonly PlanSymbol[]
}

/**
 * Runs a table function of a connector: over the splits that its connector makes where it has no sources, else over the rows of
 * its table arguments, one source each. Outputs are `properOutputs`, then what each argument passes on.
 * @source Trino TableFunctionNode
 */
export interface TableFunctionNode extends NodeFields {
  readonly kind: 'tableFunction'
  readonly function: TableFunctionReference
  /** Columns that the function itself gives. */
  readonly properOutputs: readonly PlanSymbol[]
  readonly sources: readonly PlanNode[]
  /** By position the argument that each source is, in the order of declaration. */
  readonly tables: readonly TableArgument[]
  /** Arguments, by position, whose partitions with equal keys belong together; others are combined each with each. */
  readonly copartitions: readonly (readonly number[])[]
}

/** Where the text has a subquery. */
export interface SubqueryOrigin {
  readonly location: SourceLocation
  /** A lateral join with a condition of its own. */
  readonly conditional?: boolean
}
/** Before decorrelation: boolean set expressions of a subquery. */
export interface ApplyNode extends NodeFields {
  readonly kind: 'apply'
  readonly input: PlanNode
  readonly subquery: PlanNode
  readonly correlation: readonly PlanSymbol[]
  readonly assignments: readonly { readonly symbol: PlanSymbol; readonly set: SetExpression }[]
  readonly origin?: SubqueryOrigin
}
export type SetExpression =
  | { readonly kind: 'exists' }
  | { readonly kind: 'in'; readonly value: PlanSymbol; readonly reference: PlanSymbol }
  | {
      readonly kind: 'quantified'
      readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>='
      readonly quantifier: 'all' | 'any'
      readonly value: PlanSymbol
      readonly reference: PlanSymbol
    }
/** Before decorrelation: a subquery run for each row of input (scalar subqueries, LATERAL). */
export interface CorrelatedJoinNode extends NodeFields {
  readonly kind: 'correlatedJoin'
  readonly type: JoinType
  readonly input: PlanNode
  readonly subquery: PlanNode
  readonly correlation: readonly PlanSymbol[]
  readonly filter: Expression
  readonly origin?: SubqueryOrigin
}

export interface TableWriterNode extends NodeFields {
  readonly kind: 'tableWriter'
  readonly source: PlanNode
  readonly target: WriterTarget
  readonly columns: readonly PlanSymbol[]
  readonly columnNames: readonly string[]
  /** BIGINT rows written, and VARBINARY fragments for the finish. */
  readonly rowCountSymbol: PlanSymbol
  readonly fragmentSymbol: PlanSymbol
}
export interface TableFinishNode extends NodeFields {
  readonly kind: 'tableFinish'
  readonly source: PlanNode
  readonly target: WriterTarget
  readonly rowCountSymbol: PlanSymbol
}

export interface ExchangeNode extends NodeFields {
  readonly kind: 'exchange'
  readonly type: 'gather' | 'repartition' | 'replicate'
  readonly scope: 'local' | 'remote'
  readonly source: PlanNode
  readonly partitionBy: readonly PlanSymbol[]
  /**
   * The order that each source task's rows are in. A gather merges them; a repartition gives each task a range of the order, merged, so
   * that the rows of a task come before those of the next.
   */
  readonly orderBy?: readonly SortItem[]
  /** Of a gather: the rows of a task come before those of the next, as a repartition by ranges leaves them. */
  readonly concatenates?: true
  /** Of a repartition: rows with a NULL key go to any task, since nothing relies on where they are. */
  readonly spreadsNulls?: true
  readonly heavyKeys?: HeavyKeys
}
/** The rows that the tasks of other fragments hand to this one. */
export interface RemoteSourceNode extends NodeFields {
  readonly kind: 'remoteSource'
  readonly fragments: readonly number[]
  readonly outputs: readonly PlanSymbol[]
  /** Rows of each task are in this order, and are merged. */
  readonly orderBy?: readonly SortItem[]
  /** One task after another is read. */
  readonly concatenates?: true
  /** The fragments cut their rows by these columns for so many drivers of each task. */
  readonly lanes?: { readonly count: number; readonly keys: readonly PlanSymbol[] }
}
/**
 * The rows of `main`, and beside it plans that several of its nodes read: each is run once, and its rows are kept until the
 * last of them has read them. Only above all joins, below the output or the writer.
 */
export interface WithNode extends NodeFields {
  readonly kind: 'with'
  readonly main: PlanNode
  /** Each may read those before it. */
  readonly shared: readonly SharedPlan[]
}
export interface SharedPlan {
  readonly name: string
  readonly plan: PlanNode
}
/** Reads the rows of a shared plan, under symbols of its own. */
export interface SharedScanNode extends NodeFields {
  readonly kind: 'sharedScan'
  readonly name: string
  readonly outputs: readonly PlanSymbol[]
  /** The shared plan's symbol of each output. */
  readonly columns: readonly PlanSymbol[]
  /** The shared plan as it was when it became one: what is known of the rows. It is no source, and never run. */
  readonly definition: PlanNode
}
export interface OutputNode extends NodeFields {
  readonly kind: 'output'
  readonly source: PlanNode
  readonly columnNames: readonly string[]
  readonly outputs: readonly PlanSymbol[]
}
