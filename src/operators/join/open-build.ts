import { type Arena, assert, type Block, type Page } from '../../spi/index.js'
import type { OperatorContext } from '../operator.js'
import { memoryOf } from '../operator-memory.js'
import type { LookupJoinSpec, SemiJoinSpec } from '../spec.js'
import { JoinIndexReader } from './join-index.js'
import type { JoinBuildState } from './join-index-sink.js'
import { MatchMarks } from './match-marks.js'
import { PairFilter } from './pairs.js'

/** Reads the columns of a build side from page words. */
export type ReadBuildPage = (words: Float64Array, types: LookupJoinSpec['buildTypes']) => Page

/** The build side of a join or semi-join as one driver looks rows up in it. */
export interface OpenBuild {
  readonly memory: WebAssembly.Memory
  readonly reader: JoinIndexReader
  readonly columns: readonly Block[]
  /** The condition beyond the keys. */
  readonly filter: PairFilter | undefined
  /** Of joins that keep all rows of the build side. */
  readonly marks: MatchMarks | undefined
}

/** @param arena any arena of the shared memory */
export function openBuild(
  spec: LookupJoinSpec | SemiJoinSpec,
  context: OperatorContext,
  arena: Arena,
  readPage: ReadBuildPage,
): OpenBuild {
  const memory = memoryOf(arena)
  const [state] = context.stateOf(spec.indexPipeline) as readonly JoinBuildState[]
  assert(state !== undefined, 'the build side has been indexed')
  const { probeKeys, probeTypes, buildTypes, filter } = spec
  const keyTypes = probeKeys.map((channel) => probeTypes[channel]!)
  return {
    memory,
    reader: new JoinIndexReader(state.index, keyTypes, memory, () => context.createArena()),
    columns: readPage(state.words, buildTypes).blocks,
    filter:
      filter === undefined
        ? undefined
        : new PairFilter(filter, probeTypes.length, context.settings),
    marks:
      state.marks === 0 ? undefined : new MatchMarks(memory, state.marks, state.index.rowCount),
  }
}
