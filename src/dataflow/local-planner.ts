import type { ResolvedFunction } from '../expressions/ir.js'
import type { PartitionExceptions } from '../operators/partition/page-partitioner.js'
import type { KeyFilterRef } from '../operators/spec.js'
import type { PlanKind, PlanNode, TableWriterNode } from '../planner/plan/node.js'
import { outputsOf, sourcesOf } from '../planner/plan/structure.js'
import type { PlanSymbol } from '../planner/plan/symbol.js'
import { type PlanVisitor, visitPlan } from '../planner/plan/visit.js'
import { assert, type Domain, MillraceError, type SqlType } from '../spi/index.js'
import { estimatedNanos } from './estimated-work.js'
import { planAggregation } from './local-plan/aggregation.js'
import { planAsyncCall } from './local-plan/async-call.js'
import { planFilter, planProject, planTableScan } from './local-plan/filter-project.js'
import { planJoin, planSemiJoin, planUnion } from './local-plan/join.js'
import { planLimit, planOffset, planSort, planTopN } from './local-plan/order.js'
import { planPatternRecognition } from './local-plan/pattern-recognition.js'
import {
  planAssignUniqueId,
  planEnforceSingleRow,
  planGroupId,
  planMarkDistinct,
  planRowNumber,
  planSample,
  planTopNRanking,
  planUnnest,
  planWindow,
} from './local-plan/rows.js'
import { comesInOrder, planRemoteSource, planValues } from './local-plan/scan.js'
import { planSharedScan, planWith } from './local-plan/shared.js'
import {
  channelsOf,
  endPipeline,
  type LocalPlanContext,
  type Stream,
  selectChannels,
  typesOf,
  withOperator,
} from './local-plan/stream.js'
import { planTableFunction } from './local-plan/table-function.js'
import type { LocalPlan, SortedRunsRef } from './pipeline.js'

export interface LocalPlannerOptions {
  /** Threads beside the calling one; 0: everything runs in the calling thread. */
  readonly threads: number
  /** What is expected to take less of one thread runs in the calling one; 0: nothing that reads a table does. */
  readonly callingThreadMillis: number
  /** What joins of other fragments say of the columns of scans, by the filters' ids. */
  readonly knownFilters?: Readonly<Record<string, Domain>>
  /** Estimated bytes of the tables that are read; absent where unknown. */
  readonly inputBytes?: number
  /** Estimated rows that come out of plan nodes, by their id; absent where unknown. */
  readonly nodeRows?: ReadonlyMap<string, number>
  /** Estimated pairs that conditions of joins beyond their keys look at, by the joins' ids; absent where unknown. */
  readonly joinPairs?: ReadonlyMap<string, number>
  /** The sort whose runs are looked at before they are merged, by its id. */
  readonly sampledSort?: string
  /** By which keys the rows that come out are cut, into as many parts as tasks read them; absent: they are not. */
  readonly outputCut?: OutputCut
  /** What operators hold may be written to disk. */
  readonly maySpill: boolean
  isThreadBound(catalog: string): boolean
  /** Whether a catalog's pages lie in memory as they are read; absent: of none is it known. */
  readonly liesInMemory?: (catalog: string) => boolean
  readonly intermediateType: (aggregate: ResolvedFunction) => SqlType
  /** The calling thread must stay free: it is the one that hears of a cancellation. */
  readonly mayRunForEver?: boolean
}

/** How the output of a fragment is cut by the hash of keys. */
export interface OutputCut extends PartitionExceptions {
  readonly keys: readonly PlanSymbol[]
  readonly partitionCount: number
}

/** Queries over less than this run in the calling thread: handing them over would take longer. */
const INLINE_BYTES_MAX = 4 * 1024 * 1024
/** Estimates of work are about twice what it takes. */
const ESTIMATED_NANOS_A_MILLI = 2e6

/** A source of fewer rows has one driver: its pipeline can end in a join index without a gathering step. */
const SMALL_SOURCE_ROWS = 16_384

/** Threads that are worth it. */
function threadsFor(root: PlanNode, options: LocalPlannerOptions): number {
  if (options.mayRunForEver === true) return options.threads
  if (options.threads > 1 && handsOnRemoteRows(root, options)) return options.threads
  if (!hasScan(root)) return 0
  const nanosMax = options.callingThreadMillis * ESTIMATED_NANOS_A_MILLI
  const isLittle =
    nanosMax > 0 &&
    ((options.inputBytes ?? Number.POSITIVE_INFINITY) < INLINE_BYTES_MAX ||
      expectedNanos(root, options) < nanosMax)
  return isLittle ? 0 : options.threads
}

function expectedNanos(root: PlanNode, options: LocalPlannerOptions): number {
  const { nodeRows, joinPairs = NO_PAIRS, liesInMemory } = options
  if (nodeRows === undefined || liesInMemory === undefined) return Number.POSITIVE_INFINITY
  return estimatedNanos(root, { nodeRows, joinPairs, liesInMemory })
}

const NO_PAIRS: ReadonlyMap<string, number> = new Map()

const hasScan = (node: PlanNode): boolean =>
  node.kind === 'tableScan' || node.kind === 'tableFunction' || sourcesOf(node).some(hasScan)

/** Whether a node is expected to give so few rows that one driver is best. */
const isSmall = ({ id }: PlanNode, { nodeRows }: LocalPlannerOptions): boolean =>
  (nodeRows?.get(id) ?? Number.POSITIVE_INFINITY) < SMALL_SOURCE_ROWS

/** Whether so many rows come from other fragments, in any order, that other threads had better work on them. */
const handsOnRemoteRows = (node: PlanNode, options: LocalPlannerOptions): boolean =>
  node.kind === 'remoteSource'
    ? !comesInOrder(node) && !isSmall(node, options)
    : sourcesOf(node).some((source) => handsOnRemoteRows(source, options))

/** Nodes under which rows still flow to the consumer as they come, or what a node itself gives does: a sort collects what it reads. */
const STREAMING: ReadonlySet<PlanKind> = new Set([
  'output',
  'with',
  'project',
  'filter',
  'limit',
  'offset',
  'sort',
  'asyncCall',
  'tableWriter',
  'tableFinish',
  'remoteSource',
])

/**
 * Cuts a plan into the pipelines one node runs.
 * @source Trino LocalExecutionPlanner, in one small function a node kind (local-plan/)
 */
export function planLocally(
  root: PlanNode,
  options: LocalPlannerOptions,
): LocalPlan & {
  readonly writer?: TableWriterNode
  /** Where the dynamic filters of its joins come from, by their ids. */
  readonly keyFilters: ReadonlyMap<string, KeyFilterRef>
  /** Of {@link LocalPlannerOptions.sampledSort}. */
  readonly sortedRuns?: SortedRunsRef
} {
  const context: LocalPlanContext = {
    threads: threadsFor(root, options),
    pipelines: [],
    nextPipelineId: 0,
    nextScanId: 0,
    maySpill: options.maySpill,
    isThreadBound: options.isThreadBound,
    isSmall: (source) => isSmall(source, options),
    // Where the connector leaves rows out, few of them may be much to read.
    tableRows: ({ id, enforcedConstraint }) =>
      options.mayRunForEver === true || enforcedConstraint !== undefined
        ? undefined
        : options.nodeRows?.get(id),
    estimatedRows: (node) => options.nodeRows?.get(node.id),
    keyFilters: new Map(),
    knownFilters: options.knownFilters ?? {},
    sharedPlans: new Map(),
    sharedRows: new Map(),
    nextReaderId: 0,
    sampledSort: options.sampledSort,
    intermediateType: options.intermediateType,
    sharingWanted: [],
    onlyStreamsAbove: true,
    plan(node) {
      const before = context.onlyStreamsAbove
      context.onlyStreamsAbove = before && STREAMING.has(node.kind)
      const stream = planNode(node, context)
      context.onlyStreamsAbove = before
      return stream
    },
  }
  const planned = context.plan(root)
  // Who reads the rows of a fragment knows its root's outputs, in their order.
  const stream =
    context.writer === undefined ? selectChannels(root, planned, outputsOf(root)) : planned
  const outputTypes = typesOf(stream.layout)
  const { outputCut } = options
  const output = outputCut === undefined ? stream : cutByKeys(stream, outputCut)
  endPipeline(context, output, {
    kind: 'output',
    types: outputTypes,
    ...(context.writer === undefined ? {} : { isWritten: true }),
  })
  return {
    pipelines: context.pipelines,
    readerCount: context.nextReaderId,
    outputTypes,
    keyFilters: context.keyFilters,
    ...(context.sortedRuns === undefined ? {} : { sortedRuns: context.sortedRuns }),
    ...(context.writer === undefined ? {} : { writer: context.writer.node }),
  }
}

/** Cuts rows where they are made, in the threads. */
const cutByKeys = (stream: Stream, { keys, ...cut }: OutputCut): Stream =>
  withOperator(stream, {
    kind: 'partitionOutput',
    planNodeId: '',
    keyChannels: channelsOf(stream.layout, keys),
    ...cut,
  })

const planNode = (node: PlanNode, context: LocalPlanContext): Stream => {
  const unplanned = (n: PlanNode): never => {
    throw new MillraceError('NOT_SUPPORTED', `This form of query is not supported: ${n.kind}`)
  }
  const visitor: PlanVisitor<Stream> = {
    tableScan: (n) => planTableScan(n, context),
    values: planValues,
    filter: (n) => planFilter(n, context),
    project: (n) => planProject(n, context),
    aggregation: (n) => planAggregation(n, context),
    join: (n) => planJoin(n, context),
    semiJoin: (n) => planSemiJoin(n, context),
    sort: (n) => planSort(n, context),
    topN: (n) => planTopN(n, context),
    limit: (n) => planLimit(n, context),
    offset: (n) => planOffset(n, context),
    setOperation: (n) =>
      n.operation === 'union' && !n.distinct ? planUnion(n, context) : unplanned(n),
    enforceSingleRow: (n) => planEnforceSingleRow(n, context),
    asyncCall: (n) => planAsyncCall(n, context),
    assignUniqueId: (n) => planAssignUniqueId(n, context),
    markDistinct: (n) => planMarkDistinct(n, context),
    groupId: (n) => planGroupId(n, context),
    window: (n) => planWindow(n, context),
    patternRecognition: (n) => planPatternRecognition(n, context),
    rowNumber: (n) => planRowNumber(n, context),
    topNRanking: (n) => planTopNRanking(n, context),
    unnest: (n) => planUnnest(n, context),
    sample: (n) => planSample(n, context),
    tableFunction: (n) => planTableFunction(n, context),
    apply: unplanned,
    correlatedJoin: unplanned,
    remoteSource: (n) => planRemoteSource(n, context),
    with: (n) => planWith(n, context),
    sharedScan: (n) => planSharedScan(n, context),
    exchange: (n) => context.plan(n.source),
    output: (n) => {
      const stream = context.plan(n.source)
      return context.writer === undefined ? selectChannels(n, stream, n.outputs) : stream
    },
    tableFinish: (n) => context.plan(n.source),
    tableWriter: (n) => {
      assert(context.writer === undefined, 'one table writer a plan')
      const stream = selectChannels(n, context.plan(n.source), n.columns)
      context.writer = { node: n }
      return stream
    },
  }
  return visitPlan(node, visitor)
}
