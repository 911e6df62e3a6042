import type { CollectedPages } from './page-sink.js'
import type { CollectedSource, SourceSpec } from './pipeline.js'
import { isOnDisk } from './streams/merge.js'

/** What pipelines have left for later ones, by their ids: a state of each driver. */
export type States = ReadonlyMap<number, readonly unknown[]>

/** The place among a task's counters of that of the pages that drivers have taken. */
export const collectedCounter = (
  { reader, pipelines }: CollectedSource,
  pipelineCount: number,
): number => (reader === undefined ? pipelines[0]! : pipelineCount + reader)

export const collectedStates = (
  source: CollectedSource,
  states: States,
): readonly CollectedPages[] => source.pipelines.flatMap((id) => states.get(id) as CollectedPages[])

/** Collected pages that a pipeline reads; Infinity where some are on disk: those are many. */
export const pageCount = (source: CollectedSource, states: States): number =>
  collectedStates(source, states).reduce(
    (sum, { pages, spilled }) => sum + (spilled === undefined ? pages.length : Infinity),
    0,
  )

/** Rows that a pipeline reads at most, or is expected to; Infinity where nothing is known. */
export function sourceRows(source: SourceSpec, states: States): number {
  switch (source.kind) {
    case 'collected':
      return collectedStates(source, states).reduce((sum, state) => sum + state.rowCount, 0)
    case 'scan':
      return source.expectedRows ?? Number.POSITIVE_INFINITY
    case 'merge': {
      const runs = states.get(source.pipeline) as readonly CollectedPages[]
      if (isOnDisk(runs)) return Number.POSITIVE_INFINITY
      return runs.reduce((sum, { rowCount }) => sum + rowCount, 0)
    }
    case 'values':
    case 'tableFunction':
    case 'asyncCall':
    case 'union':
    case 'channel':
    case 'remote':
      return Number.POSITIVE_INFINITY
  }
}
