import type { Expression, ResolvedFunction } from '../expressions/ir.js'
import type { RowPatternSpec } from '../expressions/row-pattern.js'
import type { SqlType } from '../spi/index.js'
import type { PartitionExceptions } from './partition/page-partitioner.js'

/**
 * Operators as plain data: what local planning makes of plan nodes, and what travels to the threads that run them.
 * Channels count from 0 in the operator's input page; expressions use `input` nodes.
 */
export type OperatorSpec =
  | FilterProjectSpec
  | LimitSpec
  | OffsetSpec
  | SortSpec
  | TopNSpec
  | AggregationSpec
  | LookupJoinSpec
  | NestedLoopJoinSpec
  | SemiJoinSpec
  | EnforceSingleRowSpec
  | AssignUniqueIdSpec
  | MarkDistinctSpec
  | GroupIdSpec
  | WindowSpec
  | PatternRecognitionSpec
  | RowNumberSpec
  | TopNRankingSpec
  | UnnestSpec
  | SampleSpec
  | KeyShareSpec
  | PartitionOutputSpec

export type OperatorKind = OperatorSpec['kind']
export type SpecOf<K extends OperatorKind> = Extract<OperatorSpec, { kind: K }>

interface SpecFields {
  readonly planNodeId: string
}
export interface ChannelOrder {
  readonly channel: number
  readonly ascending: boolean
  readonly nullsFirst: boolean
}
export interface FilterProjectSpec extends SpecFields {
  readonly kind: 'filterProject'
  readonly filter?: Expression
  /** Rows that joins above have no use for are dropped too. */
  readonly keyFilters?: readonly (KeyFilterRef & { readonly channel: number })[]
  readonly projections: readonly Expression[]
  /** Nobody waits for single rows: small pages are put together before they are projected. */
  readonly joinsSmallPages?: true
}
/** The filter of one key, in the state that an earlier pipeline leaves. */
export interface KeyFilterRef {
  readonly pipeline: number
  readonly keyIndex: number
}
export interface LimitSpec extends SpecFields {
  readonly kind: 'limit'
  readonly count: number
  /** WITH TIES: rows equal to the last one by these are kept. */
  readonly ties?: readonly ChannelOrder[]
}
export interface OffsetSpec extends SpecFields {
  readonly kind: 'offset'
  readonly count: number
}
export interface SortSpec extends SpecFields {
  readonly kind: 'sort'
  readonly orderBy: readonly ChannelOrder[]
  readonly types: readonly SqlType[]
}
export interface TopNSpec extends SpecFields {
  readonly kind: 'topN'
  readonly orderBy: readonly ChannelOrder[]
  readonly types: readonly SqlType[]
  readonly count: number
  /** The drivers tell each other how late rows may come. No other top-N of the pipeline does. */
  readonly sharesBound?: true
}
export interface AggregateSpec {
  readonly function: ResolvedFunction
  /** `input` expressions, constants and lambdas. For intermediate input: the one channel of the state. */
  readonly args: readonly Expression[]
  readonly distinct: boolean
  /** Only rows where this BOOLEAN channel is true count. */
  readonly filterChannel?: number
  readonly maskChannel?: number
  readonly orderBy?: readonly ChannelOrder[]
}
export interface AggregationSpec extends SpecFields {
  readonly kind: 'aggregation'
  /**
   * `partial` takes rows and emits keys and intermediate states, `intermediate` takes and emits these, `final` takes them,
   * `single` takes rows and emits results.
   */
  readonly step: 'single' | 'partial' | 'intermediate' | 'final'
  readonly keyChannels: readonly number[]
  readonly keyTypes: readonly SqlType[]
  readonly aggregates: readonly AggregateSpec[]
  /** Types of the output channels: keys, then states or results. */
  readonly outputTypes: readonly SqlType[]
  /** Emits a row of empty aggregates when there is no input (one driver only). */
  readonly globalRow: boolean
  /** With grouping sets: group ids of the sets without keys, and the key (by its index) that holds the group id. */
  readonly globalGroupIds?: readonly number[]
  readonly groupIdKey?: number
  /** Of a partial step: its groups are estimated to be hardly fewer than its rows. */
  readonly expectsFewRepeats?: boolean
}
export interface LookupJoinSpec extends SpecFields {
  readonly kind: 'lookupJoin'
  /** `right` and `full` need an index that marks matches. */
  readonly type: 'inner' | 'left' | 'right' | 'full'
  /** The pipeline whose state is the join index. */
  readonly indexPipeline: number
  readonly probeKeys: readonly number[]
  readonly probeTypes: readonly SqlType[]
  readonly buildTypes: readonly SqlType[]
  /** Over the probe's channels, then the build's. */
  readonly filter?: Expression
  readonly probeOutputs: readonly number[]
  readonly buildOutputs: readonly number[]
}
/** Every probe row against every build row: cross joins, and joins without equalities. */
export interface NestedLoopJoinSpec extends SpecFields {
  readonly kind: 'nestedLoopJoin'
  readonly type: 'inner' | 'left' | 'full'
  readonly buildPipeline: number
  readonly probeTypes: readonly SqlType[]
  readonly buildTypes: readonly SqlType[]
  readonly filter?: Expression
  readonly probeOutputs: readonly number[]
  readonly buildOutputs: readonly number[]
}
export interface SemiJoinSpec extends SpecFields {
  readonly kind: 'semiJoin'
  readonly mode: 'mark' | 'semi' | 'anti'
  readonly nullAware: boolean
  readonly indexPipeline: number
  readonly probeKeys: readonly number[]
  readonly probeTypes: readonly SqlType[]
  readonly buildTypes: readonly SqlType[]
  readonly filter?: Expression
}
export interface EnforceSingleRowSpec extends SpecFields {
  readonly kind: 'enforceSingleRow'
  readonly types: readonly SqlType[]
}
export interface AssignUniqueIdSpec extends SpecFields {
  readonly kind: 'assignUniqueId'
}
export interface MarkDistinctSpec extends SpecFields {
  readonly kind: 'markDistinct'
  readonly channels: readonly number[]
  readonly types: readonly SqlType[]
}
export interface GroupIdSpec extends SpecFields {
  readonly kind: 'groupId'
  /** For each set and output key: the input channel, or -1 for NULL. */
  readonly sets: readonly (readonly number[])[]
  readonly keyTypes: readonly SqlType[]
  readonly argumentChannels: readonly number[]
}
export interface WindowFrameSpec {
  readonly unit: 'rows' | 'range' | 'groups'
  readonly start: WindowBoundSpec
  readonly end: WindowBoundSpec
}
export interface WindowBoundSpec {
  readonly kind:
    | 'unbounded preceding'
    | 'preceding'
    | 'current row'
    | 'following'
    | 'unbounded following'
  readonly channel?: number
  readonly sortKeyChannel?: number
}
export interface WindowFunctionSpec {
  readonly function: ResolvedFunction
  readonly args: readonly Expression[]
  readonly frame: WindowFrameSpec
  readonly ignoreNulls: boolean
  /** Aggregates only: of rows with the same arguments the first in the frame counts. */
  readonly distinct?: boolean
  /** Aggregates only: the order in which the rows of a frame are added. */
  readonly orderBy?: readonly ChannelOrder[]
  readonly filterChannel?: number
}
export interface WindowSpec extends SpecFields {
  readonly kind: 'window'
  readonly types: readonly SqlType[]
  readonly partitionBy: readonly number[]
  readonly orderBy: readonly ChannelOrder[]
  readonly functions: readonly WindowFunctionSpec[]
}
/** Rows come sorted by partition, then order, in one driver. */
export interface PatternRecognitionSpec extends SpecFields {
  readonly kind: 'patternRecognition'
  readonly types: readonly SqlType[]
  readonly partitionBy: readonly number[]
  /** What the expressions of `pattern` read, by position. */
  readonly inputs: readonly number[]
  /** Channels that are passed on, before the measures. */
  readonly columns: readonly number[]
  readonly pattern: RowPatternSpec
  /**
   * Present with one row of output a row of input: where the part of the partition ends that a match at a row may lie in. After
   * the measures come the row's number in its partition, and the distances to the first and the last row of its match.
   */
  readonly frameEnd?: WindowBoundSpec
}
export interface RowNumberSpec extends SpecFields {
  readonly kind: 'rowNumber'
  readonly types: readonly SqlType[]
  readonly partitionBy: readonly number[]
  readonly maxRowsPerPartition?: number
}
export interface TopNRankingSpec extends SpecFields {
  readonly kind: 'topNRanking'
  readonly types: readonly SqlType[]
  readonly ranking: 'row_number' | 'rank' | 'dense_rank'
  readonly partitionBy: readonly number[]
  readonly orderBy: readonly ChannelOrder[]
  readonly maxRanking: number
}
export interface UnnestSpec extends SpecFields {
  readonly kind: 'unnest'
  readonly types: readonly SqlType[]
  readonly replicated: readonly number[]
  readonly unnested: readonly number[]
  readonly ordinality: boolean
  readonly type: 'inner' | 'left'
}
export interface SampleSpec extends SpecFields {
  readonly kind: 'sample'
  readonly ratio: number
}
/** Keeps the rows whose key falls to the driver; see key-share.ts. */
export interface KeyShareSpec extends SpecFields {
  readonly kind: 'keyShare'
  readonly keyChannels: readonly number[]
  readonly keyTypes: readonly SqlType[]
  /** Whose collected pages it gets; absent: rows of other fragments, as they come. */
  readonly pipelines?: readonly number[]
}
/** Cuts the output of a fragment by the hash of keys; see partition-output.ts. */
export interface PartitionOutputSpec extends SpecFields, PartitionExceptions {
  readonly kind: 'partitionOutput'
  readonly keyChannels: readonly number[]
  readonly partitionCount: number
}
