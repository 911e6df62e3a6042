import type { Expression, ResolvedFunction } from '../expressions/ir.js'
import type { ChannelOrder, KeyFilterRef, OperatorSpec } from '../operators/spec.js'
import type { TableFunctionReference, TableReference } from '../planner/plan/node.js'
import type { Domain, SqlType } from '../spi/index.js'

/**
 * A fragment as its node runs it: pipelines of operators, each ending where rows must be collected before the next can
 * start. Plain data: it is posted to every thread once. A driver is one pipeline in one thread.
 */
export interface LocalPlan {
  /** In an order in which each comes after those it depends on; the last one's sink is the output. */
  readonly pipelines: readonly PipelineSpec[]
  readonly outputTypes: readonly SqlType[]
  /** Sources that read pages which others read too. */
  readonly readerCount: number
}

export interface PipelineSpec {
  readonly id: number
  readonly source: SourceSpec
  readonly operators: readonly OperatorSpec[]
  readonly sink: SinkSpec
  /**
   * `all`: a driver in every thread; `one`: a single driver, in any thread; `caller`: a single driver in the thread that
   * asked, where sources and sinks live that can't travel, and results are consumed.
   */
  readonly drivers: 'all' | 'one' | 'caller'
  /** Pipelines whose state this one reads. */
  readonly dependsOn: readonly number[]
}

export type SourceSpec =
  | ScanSource
  | ValuesSource
  | CollectedSource
  | MergeSource
  | UnionSource
  | TableFunctionSource
  | AsyncCallSource
  | ChannelSource
  | RemoteSource

/** Splits of a table, or of a table function without table arguments, each taken by one driver. */
export interface ScanSource {
  readonly kind: 'scan'
  readonly planNodeId: string
  /** Numbers the scans of a plan: whose splits a driver asks for. */
  readonly scanId: number
  readonly table: TableReference
  readonly columns: readonly unknown[]
  readonly types: readonly SqlType[]
  /** Rows of the table; absent where nothing is known, or the calling thread must not read it. */
  readonly expectedRows?: number
  /** What the connector is told of joins above. */
  readonly dynamicFilters: readonly ScanFilter[]
  /** What joins of other fragments have said of its columns before. */
  readonly knownDomains: readonly { readonly column: unknown; readonly domain: Domain }[]
  /** The column that rows are first ordered by for a top-N whose drivers share a bound: rows after it are not asked for. */
  readonly boundBy?: BoundColumn
  /** The handle is a table function's. */
  readonly isTableFunction?: true
}
export interface BoundColumn extends Omit<ChannelOrder, 'channel'> {
  readonly column: unknown
  readonly type: SqlType
}
/** A key filter, and the connector's column that it is about. */
export interface ScanFilter extends KeyFilterRef {
  readonly column: unknown
}
export interface ValuesSource {
  readonly kind: 'values'
  readonly planNodeId: string
  readonly types: readonly SqlType[]
  /** Expressions without inputs. */
  readonly rows: readonly (readonly Expression[])[]
}
/** Pages that pipelines have collected, in any order. */
export interface CollectedSource {
  readonly kind: 'collected'
  readonly pipelines: readonly number[]
  readonly types: readonly SqlType[]
  /** Numbers the readers of shared plans: two of one pipeline may read the same pages. */
  readonly reader?: number
  /** Every driver reads all pages; otherwise each page goes to one driver. */
  readonly everyDriver?: true
}
/** Sorted runs, one a driver of the pipeline, merged; of several drivers each makes the pages of its turns. */
export interface MergeSource {
  readonly kind: 'merge'
  readonly pipeline: number
  readonly types: readonly SqlType[]
  readonly orderBy: readonly ChannelOrder[]
}
/** The pipeline that leaves sorted runs, one a driver, and their order. */
export type SortedRunsRef = Omit<MergeSource, 'kind'>
/** Branches one after another. */
export interface UnionSource {
  readonly kind: 'union'
  readonly branches: readonly {
    readonly source: SourceSpec
    readonly operators: readonly OperatorSpec[]
  }[]
}
/** A table function over the rows of its table arguments, which come partition after partition. */
export interface TableFunctionSource {
  readonly kind: 'tableFunction'
  readonly planNodeId: string
  readonly function: TableFunctionReference
  /** Of the columns that the function itself gives. */
  readonly properTypes: readonly SqlType[]
  readonly inputs: readonly {
    readonly source: SourceSpec
    readonly operators: readonly OperatorSpec[]
    readonly argument: TableFunctionArgumentSpec
  }[]
  /** Inputs by position, see TableFunctionNode. */
  readonly copartitions: readonly (readonly number[])[]
}
/** Calls of asynchronous functions for the rows of another driver, in the thread that asked. */
export interface AsyncCallSource {
  readonly kind: 'asyncCall'
  readonly planNodeId: string
  readonly input: { readonly source: SourceSpec; readonly operators: readonly OperatorSpec[] }
  readonly calls: readonly AsyncCallSpec[]
}
export interface AsyncCallSpec {
  readonly function: ResolvedFunction
  /** Channels of the input. */
  readonly args: readonly number[]
}
/** A table argument; numbers are channels of its rows. */
export interface TableFunctionArgumentSpec {
  readonly types: readonly SqlType[]
  readonly rowSemantics: boolean
  readonly pruneWhenEmpty: boolean
  readonly passesThrough: boolean
  readonly partitionBy: readonly number[]
  readonly required: readonly number[]
  readonly passed: readonly number[]
}
/** Pages as drivers of a running pipeline emit them, in the thread that asked; those of a merge in their order. */
export interface ChannelSource {
  readonly kind: 'channel'
  readonly pipeline: number
  readonly types: readonly SqlType[]
}

/** Pages that tasks of other fragments hand to this one: the thread that asked has the connections, and hands them on to other threads. */
export interface RemoteSource {
  readonly kind: 'remote'
  readonly planNodeId: string
  readonly fragments: readonly number[]
  readonly types: readonly SqlType[]
  /** The order that each task's pages are in, and their merge is. */
  readonly orderBy?: readonly ChannelOrder[]
  /** One task after another is read. */
  readonly concatenates?: true
  /** Every driver reads all pages; otherwise each page goes to one driver. */
  readonly everyDriver?: true
  /** Parts that the rows come in, by their keys: each part goes to one driver, unless every driver reads all. Absent: they are not cut so. */
  readonly lanes?: number
}

export type SinkSpec =
  /** Keeps pages in shared memory: the state is where they are. */
  | {
      readonly kind: 'collect'
      readonly types: readonly SqlType[]
      /** They are read all at once. */
      readonly staysInMemory?: true
    }
  /** Builds the index of a join over the collected build side. */
  | {
      readonly kind: 'joinIndex'
      readonly planNodeId: string
      readonly types: readonly SqlType[]
      readonly keyChannels: readonly number[]
      /** Only whether a key is there counts. */
      readonly keysOnly: boolean
      /** Rows without a match are asked for. */
      readonly marksMatches: boolean
      /** Keys, by their place, that dynamic filters are made of. */
      readonly filterKeys: readonly number[]
      /** Its pages are collected already. */
      readonly stablePages: boolean
    }
  /** Makes filters of keys, for scans that come later. */
  | {
      readonly kind: 'keyFilters'
      readonly planNodeId: string
      readonly types: readonly SqlType[]
      readonly keyChannels: readonly number[]
    }
  /** Hands pages to the pipeline with the channel source. */
  | { readonly kind: 'channel'; readonly types: readonly SqlType[] }
  /** Hands pages to the consumer of the query. */
  | {
      readonly kind: 'output'
      readonly types: readonly SqlType[]
      /** They are written: drivers take runs of neighbouring splits, and pages tell where their rows come from. */
      readonly isWritten?: true
    }
