import type { SpillSpace } from '../operators/spill/spill-space.js'
import { type Arena, type Page, readValue, type Value } from '../spi/index.js'
import { readPageWords } from './memory/page-words.js'
import type { CollectedPages } from './page-sink.js'
import type { SortedRunsRef } from './pipeline.js'

/** What a task tells of its sorted rows: keys at even distances, as plain data. */
export interface SortSample {
  readonly keys: readonly (readonly Value[])[]
  /** Rows that each key stands for. */
  readonly rows: readonly number[]
}

/** Keys of a task, at least where it has as many rows: with n tasks, ranges differ by one part in KEYS / n. */
const KEYS = 256
/** Pages of a run that are looked at: they may have to be read from disk. */
const PAGES_MAX = 128
/** Longer texts are cut: the cut is as good a bound. */
const TEXT_LENGTH_MAX = 256

/**
 * Takes a sample of sorted runs.
 * @param states what the pipeline of the runs has left
 * @param memory the shared memory that the pages' words point into
 */
export function sampleRuns(
  { orderBy, types }: SortedRunsRef,
  states: readonly CollectedPages[],
  memory: ArrayBufferLike,
  arena: Arena,
  spill: SpillSpace | undefined,
): SortSample {
  const keys: (readonly Value[])[] = []
  const rows: number[] = []
  const channels = types.map((_, channel) => channel)
  const keysOfRun = Math.ceil(KEYS / states.length)
  for (const state of states) {
    const reader = spill !== undefined && state.spilled && spill.open(state.spilled, types)
    const spilledCount = reader ? reader.pageCount : 0
    const pageCount = spilledCount + state.pages.length
    const stride = Math.ceil(pageCount / Math.min(PAGES_MAX, keysOfRun))
    for (let at = stride >> 1; at < pageCount; at += stride) {
      arena.reset()
      const page =
        reader && at < spilledCount
          ? reader.read(at, arena)
          : readPageWords(state.pages[at - spilledCount]!, memory, channels, types)
      const wanted = Math.min(page.rowCount, Math.ceil((keysOfRun * stride) / pageCount))
      for (let i = 0; i < wanted; i++) {
        const row = Math.floor(((i + 0.5) * page.rowCount) / wanted)
        keys.push(orderBy.map(({ channel }) => keyOf(page, channel, row)))
        rows.push((page.rowCount * stride) / wanted)
      }
    }
    if (reader) reader.close()
  }
  return { keys, rows }
}

function keyOf({ blocks }: Page, channel: number, row: number): Value {
  const value = readValue(blocks[channel]!, row)
  if (typeof value === 'string') return value.slice(0, TEXT_LENGTH_MAX)
  return value instanceof Uint8Array ? value.slice(0, TEXT_LENGTH_MAX) : value
}
