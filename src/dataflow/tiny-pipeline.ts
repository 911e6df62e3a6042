import type { JoinBuildState } from '../operators/join/join-index-sink.js'
import type { LookupJoinSpec, OperatorSpec, SemiJoinSpec } from '../operators/spec.js'
import { SHARED_ROWS_MIN } from './local-plan/stream.js'
import type { CollectedPages } from './page-sink.js'
import type { CollectedSource, PipelineSpec, SourceSpec } from './pipeline.js'

/** Rows that the calling thread takes on itself. */
const TINY_ROWS = 4096
/** Those of a table that come after other pipelines: most of these wait for them, and so does the calling thread. */
const TINY_LATER_ROWS = 16_384
/** Collected rows that only become an index or a filter: half a millisecond, done in steps. */
const TINY_BUILD_ROWS = 32_768

/** Operators that give at most as many rows as they get, so that few rows mean little work. */
const NEVER_MORE_ROWS: ReadonlySet<OperatorSpec['kind']> = new Set<OperatorSpec['kind']>([
  'filterProject',
  'keyShare',
  'partitionOutput',
  'aggregation',
  'sort',
  'topN',
  'limit',
  'offset',
  'enforceSingleRow',
])

type States = ReadonlyMap<number, readonly unknown[]>

/**
 * Handing a few rows over to another thread would take longer than what is done with them. A pipeline that was to have a driver in
 * every thread may do with one where what it reads has turned out to be little.
 * @param states of the pipelines that this one reads
 */
export function isTiny(pipeline: PipelineSpec, states: States): boolean {
  const { drivers, source, operators } = pipeline
  if (drivers === 'caller' || (drivers === 'all' && source.kind !== 'collected')) return false
  let rowCount = sourceRows(source, states)
  for (const operator of operators) {
    if (operator.kind === 'lookupJoin') rowCount *= matchesMax(operator, states)
    else if (operator.kind === 'semiJoin') rowCount *= comparedMax(operator, states)
    else if (!NEVER_MORE_ROWS.has(operator.kind)) return false
  }
  return rowCount <= tinyRows(pipeline)
}

function tinyRows({ source, operators, sink, dependsOn }: PipelineSpec): number {
  const isBuild = sink.kind === 'joinIndex' || sink.kind === 'keyFilters'
  if (isBuild && source.kind === 'collected' && operators.length === 0) return TINY_BUILD_ROWS
  // What builds have filtered is few rows to sort.
  const sortsMany =
    operators.some(({ kind }) => kind === 'sort') &&
    !(source.kind === 'scan' && source.dynamicFilters.length > 0)
  return source.kind === 'scan' && dependsOn.length > 0 && !sortsMany ? TINY_LATER_ROWS : TINY_ROWS
}

/** Bytes that building the index of a row takes beside the pages. */
const BUILD_BYTES_PER_ROW = 40
/** Values of a build side, below which one driver is as quick as several; those of a single column take more steps in several. */
const SHARED_BUILD_VALUES_MIN = 1 << 18
const SHARED_BUILD_KEYS_MIN = 1 << 19

/** What the drivers of a pipeline have to share. */
export interface Resources {
  /** Of the pipeline's scans. */
  readonly splitCount: number
  readonly threads: number
  /** What the query may still claim. */
  readonly freeBytes: number
}

/** Drivers of a pipeline that worker threads run: no more than there are parts to share. */
export function driverCountOf(
  { drivers, source, sink }: PipelineSpec,
  states: States,
  { splitCount, threads, freeBytes }: Resources,
): number {
  if (drivers !== 'all') return 1
  if (sink.kind === 'joinIndex') {
    return isBuiltTogether(source as CollectedSource, states, freeBytes) ? threads : 1
  }
  switch (source.kind) {
    case 'scan':
      return Math.max(1, Math.min(threads, splitCount))
    case 'collected': {
      // All drivers would read all rows, for their share of the keys.
      if (source.everyDriver === true) {
        return sourceRows(source, states) < SHARED_ROWS_MIN ? 1 : threads
      }
      return Math.max(1, Math.min(threads, pageCount(source, states)))
    }
    case 'values':
    case 'tableFunction':
    case 'asyncCall':
    case 'merge':
    case 'union':
    case 'channel':
    case 'remote':
      return threads
  }
}

/** Single drivers of one query are spread over the threads, but results come from the first. */
export function threadOf(
  { id, sink }: PipelineSpec,
  driverIndex: number,
  driverCount: number,
  threads: number,
): number {
  if (driverCount > 1) return driverIndex
  return sink.kind === 'output' || sink.kind === 'channel' ? 0 : id % threads
}

/**
 * Whether a driver that has not begun would find nothing to do. Asked when another one has ended.
 * @param splits of the pipeline's scans, and the counters of what its drivers have taken
 * @param pipelineCount those of the plan: counters of its readers come after theirs
 */
export function isTaken(
  { source, operators, sink }: PipelineSpec,
  splits: { readonly areTaken: boolean; readonly counters: Int32Array },
  states: States,
  pipelineCount: number,
): boolean {
  // A build that has ended for one driver has no task left for another.
  if (sink.kind === 'joinIndex') return true
  // The driver that ends last gives rows that none has matched: all must have ended.
  if (operators.some((o) => o.kind === 'lookupJoin' && KEEPS_BUILD.has(o.type))) return false
  if (source.kind === 'scan') return splits.areTaken
  if (source.kind !== 'collected' || source.everyDriver === true) return false
  const counter = collectedCounter(source, pipelineCount)
  return Atomics.load(splits.counters, counter) >= pageCount(source, states)
}

/** The counter of the pages that drivers have taken. */
export const collectedCounter = (
  { reader, pipelines }: CollectedSource,
  pipelineCount: number,
): number => (reader === undefined ? pipelines[0]! : pipelineCount + reader)

const collectedStates = (source: CollectedSource, states: States): readonly CollectedPages[] =>
  source.pipelines.flatMap((id) => states.get(id) as CollectedPages[])

/** Whether a build side is worth several drivers, and surely fits the memory: one alone can still put it on disk. */
function isBuiltTogether(source: CollectedSource, states: States, freeBytes: number): boolean {
  const rowCount = sourceRows(source, states)
  if (rowCount <= TINY_BUILD_ROWS) return false
  const columns = source.types.length
  const valuesMin = columns === 1 ? SHARED_BUILD_KEYS_MIN : SHARED_BUILD_VALUES_MIN
  if (rowCount * columns < valuesMin) return false
  if (pageCount(source, states) === Infinity) return false
  const heldBytes = collectedStates(source, states).reduce(
    (sum, { runs }) => sum + runs.reduce((bytes, run) => bytes + run.byteLength, 0),
    0,
  )
  return (heldBytes + BUILD_BYTES_PER_ROW * rowCount) * 2 < freeBytes
}

/** Infinity where some are on disk: those are many. */
const pageCount = (source: CollectedSource, states: States): number =>
  collectedStates(source, states).reduce(
    (sum, { pages, spilled }) => sum + (spilled === undefined ? pages.length : Infinity),
    0,
  )

/** Infinity where nothing is known. */
function sourceRows(source: SourceSpec, states: States): number {
  switch (source.kind) {
    case 'collected':
      return collectedStates(source, states).reduce((sum, state) => sum + state.rowCount, 0)
    case 'scan':
      return source.expectedRows ?? Number.POSITIVE_INFINITY
    case 'values':
    case 'tableFunction':
    case 'asyncCall':
    case 'merge':
    case 'union':
    case 'channel':
    case 'remote':
      return Number.POSITIVE_INFINITY
  }
}

/** Joins that give the rows of their build side that none has matched. */
const KEEPS_BUILD: ReadonlySet<LookupJoinSpec['type']> = new Set(['right', 'full'])

/** How many rows a join may give for one of its probe side. */
const matchesMax = ({ type, indexPipeline }: LookupJoinSpec, states: States): number =>
  KEEPS_BUILD.has(type) ? Number.POSITIVE_INFINITY : equalKeysMax(indexPipeline, states)

/** How many rows of its other side a semi-join may have to look at for one row. */
function comparedMax({ indexPipeline, filter }: SemiJoinSpec, states: States): number {
  const equal = equalKeysMax(indexPipeline, states)
  return filter === undefined && Number.isFinite(equal) ? 1 : equal
}

/** How many rows of a build side may have one key; Infinity where they are on disk. */
function equalKeysMax(indexPipeline: number, states: States): number {
  const [build] = states.get(indexPipeline) as readonly JoinBuildState[]
  const { index, spilled } = build!
  if (spilled !== undefined) return Number.POSITIVE_INFINITY
  return index.next === 0 ? 1 : index.rowCount
}
