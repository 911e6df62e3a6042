import { INDEX_BYTES_PER_ROW } from '../operators/join/join-index-sink.js'
import { keepsBuild } from '../operators/join/keeps-build.js'
import { SHARED_ROWS_MIN } from './local-plan/stream.js'
import type { CollectedSource, PipelineSpec } from './pipeline.js'
import {
  collectedCounter,
  collectedStates,
  pageCount,
  type States,
  sourceRows,
} from './source-sizes.js'
import { TINY_BUILD_ROWS } from './tiny-pipeline.js'

/** Values of a build side, below which one driver is as quick as several; those of a single column take more steps in several. */
const SHARED_BUILD_VALUES_MIN = 1 << 18
const SHARED_BUILD_KEYS_MIN = 1 << 19

/** Rows that each of the drivers of a merge is to have at least. */
const SHARED_MERGE_ROWS = 32_768

/** What the drivers of a pipeline have to share. */
export interface Resources {
  /** Of the pipeline's scans. */
  readonly splitCount: number
  /** That may have a driver. */
  readonly threads: number
  /** What the query may still claim. */
  readonly freeBytes: number
  /** Keeps others from what drivers claim that can't give it back; false: it is not free any more. */
  reserve(byteLength: number): boolean
}

/** Drivers of a pipeline that worker threads run: no more than there are parts to share. */
export function driverCountOf(
  { drivers, source, sink }: PipelineSpec,
  states: States,
  resources: Resources,
): number {
  const { splitCount, threads } = resources
  if (drivers !== 'all') return 1
  if (sink.kind === 'joinIndex') {
    return isBuiltTogether(source as CollectedSource, states, resources) ? threads : 1
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
    case 'merge': {
      const rowCount = sourceRows(source, states)
      // What is merged on disk is one driver's.
      if (rowCount === Number.POSITIVE_INFINITY) return 1
      return Math.max(1, Math.min(threads, Math.floor(rowCount / SHARED_MERGE_ROWS)))
    }
    case 'values':
    case 'tableFunction':
    case 'asyncCall':
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
  if (operators.some((o) => o.kind === 'lookupJoin' && keepsBuild(o.type))) return false
  if (source.kind === 'scan') return splits.areTaken
  if (source.kind !== 'collected' || source.everyDriver === true) return false
  const counter = collectedCounter(source, pipelineCount)
  return Atomics.load(splits.counters, counter) >= pageCount(source, states)
}

/** Whether a build side is worth several drivers, and surely fits the memory: one alone can still put it on disk. */
function isBuiltTogether(
  source: CollectedSource,
  states: States,
  { freeBytes, reserve }: Resources,
): boolean {
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
  const neededBytes = heldBytes + INDEX_BYTES_PER_ROW * rowCount
  return neededBytes * 2 < freeBytes && reserve(neededBytes)
}
