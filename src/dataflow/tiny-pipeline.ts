import type { JoinBuildState } from '../operators/join/join-index-sink.js'
import type { LookupJoinSpec, OperatorSpec } from '../operators/spec.js'
import type { CollectedPages } from './page-sink.js'
import type { PipelineSpec, SourceSpec } from './pipeline.js'

/** Rows that the calling thread takes on itself. */
const TINY_ROWS = 4096
/** Those of a table that come after other pipelines: most of these wait for them, and so does the calling thread. */
const TINY_LATER_ROWS = 16_384
/** Collected rows that only become an index or a filter: half a millisecond, done in steps. */
const TINY_BUILD_ROWS = 32_768

/** Operators that give at most as many rows as they get, so that few rows mean little work. */
const NEVER_MORE_ROWS: ReadonlySet<OperatorSpec['kind']> = new Set<OperatorSpec['kind']>([
  'filterProject',
  'aggregation',
  'sort',
  'topN',
  'limit',
  'offset',
  'enforceSingleRow',
])

type States = ReadonlyMap<number, readonly unknown[]>

/**
 * Handing a few rows over to another thread would take longer than what is done with them.
 * @param states of the pipelines that this one reads
 */
export function isTiny(pipeline: PipelineSpec, states: States): boolean {
  const { drivers, source, operators } = pipeline
  if (drivers !== 'one') return false
  let rowCount = sourceRows(source, states)
  for (const operator of operators) {
    if (operator.kind === 'lookupJoin') rowCount *= matchesMax(operator, states)
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

/** Infinity where nothing is known. */
function sourceRows(source: SourceSpec, states: States): number {
  switch (source.kind) {
    case 'collected': {
      const collected = source.pipelines.flatMap((id) => states.get(id) as CollectedPages[])
      return collected.reduce((sum, state) => sum + state.rowCount, 0)
    }
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

/** How many rows a join may give for one of its probe side. */
function matchesMax({ type, indexPipeline }: LookupJoinSpec, states: States): number {
  const [build] = states.get(indexPipeline) as readonly JoinBuildState[]
  const { index, spilled } = build!
  if (spilled !== undefined || type === 'right' || type === 'full') return Number.POSITIVE_INFINITY
  return index.next === 0 ? 1 : index.rowCount
}
