import type { JoinBuildState } from '../operators/join/join-index-sink.js'
import type { LookupJoinSpec, OperatorSpec } from '../operators/spec.js'
import type { CollectedPages } from './page-sink.js'
import type { PipelineSpec, SourceSpec } from './pipeline.js'

/** Rows that the calling thread takes on itself. */
const TINY_ROWS = 4096

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
export function isTiny({ drivers, source, operators }: PipelineSpec, states: States): boolean {
  if (drivers !== 'one') return false
  let rowCount = sourceRows(source, states)
  for (const operator of operators) {
    if (operator.kind === 'lookupJoin') rowCount *= matchesMax(operator, states)
    else if (!NEVER_MORE_ROWS.has(operator.kind)) return false
  }
  return rowCount <= TINY_ROWS
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
