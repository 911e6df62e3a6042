import type { JoinBuildState } from '../operators/join/join-index-sink.js'
import { keepsBuild } from '../operators/join/keeps-build.js'
import type { LookupJoinSpec, OperatorSpec, SemiJoinSpec } from '../operators/spec.js'
import type { PipelineSpec, SourceSpec } from './pipeline.js'
import { type States, sourceRows } from './source-sizes.js'

/** Rows that the calling thread takes on itself. */
const TINY_ROWS = 4096
/** Those of a table that come after other pipelines: most of these wait for them, and so does the calling thread. */
const TINY_LATER_ROWS = 16_384
/** Collected rows that only become an index or a filter: half a millisecond, done in steps. */
export const TINY_BUILD_ROWS = 32_768

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

/**
 * Handing a few rows over to another thread would take longer than what is done with them. A pipeline that was to have a driver in
 * every thread may do with one where what it reads has turned out to be little.
 * @param states of the pipelines that this one reads
 */
export function isTiny(pipeline: PipelineSpec, states: States): boolean {
  const { drivers, source, operators } = pipeline
  if (drivers === 'caller' || (drivers === 'all' && !isKept(source))) return false
  let rowCount = sourceRows(source, states)
  for (const operator of operators) {
    if (operator.kind === 'lookupJoin') rowCount *= matchesMax(operator, states)
    else if (operator.kind === 'semiJoin') rowCount *= comparedMax(operator, states)
    else if (!NEVER_MORE_ROWS.has(operator.kind)) return false
  }
  return rowCount <= tinyRows(pipeline)
}

/** Whether pipelines before have left its rows, so that it is known how many they are. */
const isKept = ({ kind }: SourceSpec): boolean => kind === 'collected' || kind === 'merge'

function tinyRows({ source, operators, sink, dependsOn }: PipelineSpec): number {
  const isBuild = sink.kind === 'joinIndex' || sink.kind === 'keyFilters'
  if (isBuild && source.kind === 'collected' && operators.length === 0) return TINY_BUILD_ROWS
  // What builds have filtered is few rows to sort.
  const sortsMany =
    operators.some(({ kind }) => kind === 'sort') &&
    !(source.kind === 'scan' && source.dynamicFilters.length > 0)
  return source.kind === 'scan' && dependsOn.length > 0 && !sortsMany ? TINY_LATER_ROWS : TINY_ROWS
}

/** How many rows a join may give for one of its probe side. */
const matchesMax = ({ type, indexPipeline }: LookupJoinSpec, states: States): number =>
  keepsBuild(type) ? Number.POSITIVE_INFINITY : equalKeysMax(indexPipeline, states)

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
