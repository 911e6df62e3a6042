import type { Expression, ResolvedFunction } from '../../expressions/ir.js'
import { input } from '../../expressions/ir-build.js'
import { replaceSymbols } from '../../expressions/ir-walk.js'
import { isHashable } from '../../operators/keys/key-hash.js'
import type {
  ChannelOrder,
  KeyFilterRef,
  OperatorSpec,
  WindowBoundSpec,
} from '../../operators/spec.js'
import type {
  FrameBound,
  PlanNode,
  RemoteSourceNode,
  SortItem,
  TableScanNode,
} from '../../planner/plan/node.js'
import type { PlanSymbol } from '../../planner/plan/symbol.js'
import { assert, type Domain, type SqlType } from '../../spi/index.js'
import type { PipelineSpec, SinkSpec, SortedRunsRef, SourceSpec } from '../pipeline.js'
import type { SharedRows } from './shared.js'

/** A pipeline that is still being planned: it has a source and operators, and no sink yet. */
export interface Stream {
  readonly source: SourceSpec
  readonly operators: readonly OperatorSpec[]
  /** The symbol of each channel. */
  readonly layout: readonly PlanSymbol[]
  /** True where every thread runs a driver of it and rows are spread among them. */
  readonly parallel: boolean
  /** Rows with equal values of these symbols are all in one driver. */
  readonly sharedBy?: readonly PlanSymbol[]
  /** True where its source can only be read in the thread that asked. */
  readonly callerBound: boolean
  readonly dependsOn: readonly number[]
}

/** What planning a fragment for one node needs and collects. */
export interface LocalPlanContext {
  /** Threads beside the calling one; 0: everything runs in the calling thread. */
  readonly threads: number
  readonly pipelines: PipelineSpec[]
  nextPipelineId: number
  nextScanId: number
  /** True where what operators hold may be written to disk. */
  readonly maySpill: boolean
  /** True where the catalog's rows can only be read in the thread that asked. */
  isThreadBound(catalog: string): boolean
  /** True where a source is expected to give so few rows that one driver is best. */
  isSmall(source: TableScanNode | RemoteSourceNode): boolean
  /** Rows of a scan's table; undefined where nothing is known, or the calling thread must not read it. */
  tableRows(scan: TableScanNode): number | undefined
  /** Rows that a node is estimated to give; undefined where nothing is known. */
  estimatedRows(node: PlanNode): number | undefined
  /** Filters of keys that earlier pipelines make, for scans planned later, by the id of the dynamic filter. */
  readonly keyFilters: Map<string, KeyFilterRef>
  /** What joins of other fragments say of the columns of scans, by the filters' ids. */
  readonly knownFilters: Readonly<Record<string, Domain>>
  /** Plans that several nodes read, and what has become of those that were read already; by name. */
  readonly sharedPlans: Map<string, PlanNode>
  readonly sharedRows: Map<string, SharedRows>
  nextReaderId: number
  /** The sort whose runs are looked at before they are merged. */
  readonly sampledSort: string | undefined
  sortedRuns?: SortedRunsRef
  /** Type of the partial state of an aggregate's definition. */
  readonly intermediateType: (aggregate: ResolvedFunction) => SqlType
  /** Keys by which an aggregation above would have its rows divided among the drivers. */
  sharingWanted: readonly PlanSymbol[]
  /** True while every node above only passes rows on: the rows may go to the calling thread as they come. */
  onlyStreamsAbove: boolean
  /** Plans a source node. */
  plan(node: PlanNode): Stream
  writer?: { readonly node: Extract<PlanNode, { kind: 'tableWriter' }> }
}

export const typesOf = (layout: readonly PlanSymbol[]): readonly SqlType[] =>
  layout.map((symbol) => symbol.type)

export function channelOf(layout: readonly PlanSymbol[], symbol: PlanSymbol): number {
  const channel = layout.findIndex((s) => s.name === symbol.name)
  assert(channel >= 0, `symbol ${symbol.name} is not among ${layout.map((s) => s.name).join(', ')}`)
  return channel
}

export const channelsOf = (
  layout: readonly PlanSymbol[],
  symbols: readonly PlanSymbol[],
): readonly number[] => symbols.map((symbol) => channelOf(layout, symbol))

export const frameBoundSpec = (
  { kind, value, sortKey }: FrameBound,
  layout: readonly PlanSymbol[],
): WindowBoundSpec => ({
  kind,
  ...(value === undefined ? {} : { channel: channelOf(layout, value) }),
  ...(sortKey === undefined ? {} : { sortKeyChannel: channelOf(layout, sortKey) }),
})

/** Replaces symbols by inputs; parameters of lambdas stay symbols. */
export function bindInputs(expression: Expression, layout: readonly PlanSymbol[]): Expression {
  const channels = new Map(layout.map((symbol, channel) => [symbol.name, channel]))
  return replaceSymbols(expression, (symbol) => {
    const channel = channels.get(symbol.name)
    assert(channel !== undefined, `symbol ${symbol.name} is not in the layout`)
    return input(channel, symbol.type)
  })
}

export const channelOrder = (
  layout: readonly PlanSymbol[],
  orderBy: readonly SortItem[],
): readonly ChannelOrder[] =>
  orderBy.map((item) => ({
    channel: channelOf(layout, item.symbol),
    ascending: item.ascending,
    nullsFirst: item.nullsFirst,
  }))

/** Adds an operator that keeps the layout, or changes it, and reads the state of earlier pipelines. */
export function withOperator(
  { sharedBy, ...stream }: Stream,
  operator: OperatorSpec,
  layout: readonly PlanSymbol[] = stream.layout,
  dependsOn: readonly number[] = [],
): Stream {
  const staysShared = sharedBy?.every((symbol) => isKept(symbol, operator, stream.layout, layout))
  return {
    ...stream,
    ...(staysShared === true ? { sharedBy } : {}),
    operators: [...stream.operators, operator],
    layout,
    dependsOn: [...stream.dependsOn, ...dependsOn],
  }
}

/** Whether rows that come out of an operator have the symbol's value from a row that went in. */
function isKept(
  { name }: PlanSymbol,
  operator: OperatorSpec,
  before: readonly PlanSymbol[],
  after: readonly PlanSymbol[],
): boolean {
  const channel = after.findIndex((symbol) => symbol.name === name)
  if (operator.kind === 'keyShare' || operator.kind === 'semiJoin') return channel >= 0
  if (operator.kind === 'aggregation') return channel >= 0 && channel < operator.keyChannels.length
  if (operator.kind !== 'filterProject') return false
  const value = operator.projections[channel]
  return value?.kind === 'input' && before[value.channel]?.name === name
}

/** The columns of some symbols, in their order. */
export function selectChannels(node: PlanNode, stream: Stream, symbols: Stream['layout']): Stream {
  const channels = channelsOf(stream.layout, symbols)
  if (channels.length === stream.layout.length && channels.every((c, i) => c === i)) return stream
  return withOperator(
    stream,
    {
      kind: 'filterProject',
      planNodeId: node.id,
      projections: channels.map((channel) => input(channel, stream.layout[channel]!.type)),
    },
    symbols,
  )
}

/** Ends a stream in a sink: it becomes a pipeline of the plan. */
export function endPipeline(context: LocalPlanContext, stream: Stream, sink: SinkSpec): number {
  const id = context.nextPipelineId++
  context.pipelines.push({
    id,
    source: stream.source,
    operators: joiningSmallPages(stream.operators, sink),
    sink,
    drivers: driversOf(context, stream),
    dependsOn: stream.dependsOn,
  })
  return id
}

/** Operators that give nothing before their input has ended. */
const COLLECTING: ReadonlySet<OperatorSpec['kind']> = new Set<OperatorSpec['kind']>([
  'aggregation',
  'sort',
  'topN',
])

/**
 * Of a pipeline that ends in a state nothing is seen before its input has ended, nor of what an operator collects, so that filters
 * before that may put their small pages together, unless few rows are enough.
 */
function joiningSmallPages(
  operators: readonly OperatorSpec[],
  { kind }: SinkSpec,
): readonly OperatorSpec[] {
  const isSeen = kind === 'output' || kind === 'channel'
  const end = isSeen
    ? operators.findLastIndex((operator) => COLLECTING.has(operator.kind))
    : operators.length
  if (operators.slice(0, Math.max(end, 0)).some((operator) => operator.kind === 'limit')) {
    return operators
  }
  return operators.map((operator, i) =>
    i < end && operator.kind === 'filterProject'
      ? { ...operator, joinsSmallPages: true }
      : operator,
  )
}

const driversOf = (context: LocalPlanContext, stream: Stream): PipelineSpec['drivers'] => {
  if (context.threads === 0 || stream.callerBound) return 'caller'
  return stream.parallel ? 'all' : 'one'
}

/** Brings the rows of a parallel stream into one driver, in any order. */
export function gather(context: LocalPlanContext, stream: Stream): Stream {
  if (comesToAll(stream)) return { ...stream, parallel: false }
  return stream.parallel ? collected(context, stream, false) : stream
}

/**
 * Whether it is what other fragments hand over, or what was collected, as it comes: its rows need not be collected to be in one
 * driver, or in all.
 */
export const comesToAll = ({ source, operators }: Stream): boolean =>
  (source.kind === 'remote' || source.kind === 'collected') && operators.length === 0

/** Dividing fewer rows than this by their keys takes longer than one driver needs for them. */
export const SHARED_ROWS_MIN = 20_000

export const isAmong = (symbols: readonly PlanSymbol[], others: readonly PlanSymbol[]): boolean =>
  symbols.every(({ name }) => others.some((other) => other.name === name))

/** Whether all rows with equal values of some symbols are in one driver already. */
export const isSharedAmong = ({ sharedBy }: Stream, keys: readonly PlanSymbol[]): boolean =>
  sharedBy !== undefined && isAmong(sharedBy, keys)

/** Whether rows can be divided among drivers by keys, and are worth it. */
export const canDivide = (keys: readonly PlanSymbol[], rows: number | undefined): boolean =>
  keys.some((key) => isHashable(key.type)) && (rows ?? Infinity) >= SHARED_ROWS_MIN

/**
 * Collects a stream and divides its rows among the drivers by their key, so that rows with equal keys meet in one. Brings
 * them all into one driver where that is not possible or not worth it.
 * @param rows how many there will be; undefined where that is not known
 */
export function gatherByKey(
  context: LocalPlanContext,
  stream: Stream,
  keys: readonly PlanSymbol[],
  rows: number | undefined,
  planNodeId: string,
): Stream {
  if (!stream.parallel || isSharedAmong(stream, keys)) return stream
  if (!canDivide(keys, rows)) return gather(context, stream)
  const shared = comesToAll(stream) ? forAll(stream) : collectedForAll(context, stream)
  const { source } = shared
  return withOperator(
    { ...shared, sharedBy: keys },
    {
      kind: 'keyShare',
      planNodeId,
      keyChannels: channelsOf(stream.layout, keys),
      keyTypes: typesOf(keys),
      ...(source.kind === 'collected' ? { pipelines: source.pipelines } : {}),
    },
  )
}

/** Collects a stream; every driver of what reads it gets all pages. */
export function collectedForAll(context: LocalPlanContext, stream: Stream): Stream {
  return forAll(collected(context, stream, true))
}

const forAll = (stream: Stream): Stream => ({
  ...stream,
  source: { ...stream.source, everyDriver: true } as SourceSpec,
})

/** Collects a stream; what reads it afterwards is parallel or not. */
export function collected(context: LocalPlanContext, stream: Stream, parallel: boolean): Stream {
  const types = typesOf(stream.layout)
  const id = endPipeline(context, stream, { kind: 'collect', types })
  return {
    source: { kind: 'collected', pipelines: [id], types },
    operators: [],
    layout: stream.layout,
    parallel,
    callerBound: false,
    dependsOn: [id],
  }
}
