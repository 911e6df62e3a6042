import type { JoinBuildState } from '../operators/join/join-index-sink.js'
import type { SharedBuildPart } from '../operators/join/shared-build.js'
import { assert } from '../spi/index.js'
import { joinColumnWords } from './memory/page-words.js'
import type { PipelineSpec } from './pipeline.js'

/** The build side of a join, from what each of its drivers has made. */
export function joinedBuild(parts: readonly SharedBuildPart[]): JoinBuildState {
  const made = parts.find((part) => part.index !== undefined)
  assert(made?.index !== undefined, 'one driver has set the index up')
  const columns: Float64Array[] = []
  const filters: JoinBuildState['filters'][number][] = []
  for (const part of parts) {
    for (const [channel, words] of part.columns) columns[channel] = words
    for (const [key, filter] of part.filters) filters[key] = filter
  }
  return {
    index: {
      ...made.index,
      next: parts.some((part) => part.hasDuplicates) ? made.index.next : 0,
    },
    filters,
    words: joinColumnWords(made.rowCount, columns),
    marks: made.marks,
  }
}

/**
 * What a pipeline has left, from what each of its drivers has: the parts of a build together, anything else as it is.
 * @param driverCount those that were told to run: what several were to build is in parts, though one may have done all
 */
export const wholeStates = (
  { sink }: Pick<PipelineSpec, 'sink'>,
  states: readonly unknown[],
  driverCount: number,
): readonly unknown[] =>
  sink.kind === 'joinIndex' && driverCount > 1
    ? [joinedBuild(states as readonly SharedBuildPart[])]
    : states
