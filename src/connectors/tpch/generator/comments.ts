import { assert } from '../../../spi/index.js'
import type { BytesColumn, GenerationContext } from './column.js'
import { allocateInt32 } from './column.js'
import type { RandomStream } from './random.js'
import { drawsFactor, MODULUS, multiplyStates, nextState, stateAtRow } from './random.js'
import {
  copyText,
  locateText,
  TEXT_COPY_SLACK,
  TEXT_LENGTH_MAX,
  TEXT_POOL_BYTES,
  touchText,
} from './text-pool.js'

/** A comment column: two draws a comment, its place in the text pool and its length. */
export interface CommentStream {
  readonly stream: RandomStream
  readonly lengthMin: number
  readonly lengthMax: number
}

/** Comments are 0.4 to 1.6 times as long as the average. */
export const commentStream = (
  seed: number,
  averageLength: number,
  commentsPerRow = 1,
): CommentStream => ({
  stream: { seed, drawsPerRow: 2 * commentsPerRow },
  lengthMin: Math.trunc(averageLength * 0.4),
  lengthMax: Math.trunc(averageLength * 1.6),
})

/**
 * Comments of `counts.length` rows from `firstRow` on, `counts[r]` of row r; `commentCount` in all.
 */
export function commentColumn(
  context: GenerationContext,
  comments: CommentStream,
  firstRow: number,
  counts: Uint8Array,
  commentCount: number,
): BytesColumn {
  const { stream, lengthMin, lengthMax } = comments
  assert(lengthMax <= TEXT_LENGTH_MAX, 'a comment that the text pool has')
  const placeRange = TEXT_POOL_BYTES - lengthMax + 1
  const lengthRange = lengthMax - lengthMin + 1
  const places = context.scratch.take(commentCount)
  const offsets = allocateInt32(context, commentCount + 1)
  const factor = drawsFactor(stream.drawsPerRow)
  let rowState = stateAtRow(stream, firstRow)
  let position = 0
  let byteCount = 0
  for (let row = 0; row < counts.length; row++) {
    let state = rowState
    const end = position + counts[row]!
    while (position < end) {
      state = nextState(state)
      places[position] = (state / MODULUS) * placeRange
      state = nextState(state)
      offsets[position++] = byteCount
      byteCount += lengthMin + (((state / MODULUS) * lengthRange) | 0)
    }
    rowState = multiplyStates(rowState, factor)
  }
  offsets[commentCount] = byteCount
  return { kind: 'bytes', offsets, bytes: copyComments(context, places, offsets) }
}

function copyComments(
  context: GenerationContext,
  places: Int32Array,
  offsets: Int32Array,
): Uint8Array {
  const { textPool } = context
  assert(textPool !== undefined, 'comments need a text pool')
  const byteCount = offsets[places.length]!
  const memory = context.allocate(byteCount + TEXT_COPY_SLACK)
  const out = new DataView(memory.buffer, memory.byteOffset, memory.byteLength)
  const located = new Int32Array(LOCATE_GROUP)
  let touched = 0
  for (let group = 0; group < places.length; group += LOCATE_GROUP) {
    const groupEnd = Math.min(group + LOCATE_GROUP, places.length)
    for (let i = group; i < groupEnd; i++) {
      located[i - group] = locateText(textPool, places[i]!)
    }
    for (let i = group; i < groupEnd; i++) touched += touchText(textPool, located[i - group]!)
    for (let i = group; i < groupEnd; i++) {
      copyText(textPool, places[i]!, located[i - group]!, out, offsets[i]!, offsets[i + 1]!)
    }
  }
  // Only for the loads' sake, which nothing else uses.
  memory[byteCount] = touched
  return memory.subarray(0, byteCount)
}

/**
 * Every comment lies somewhere else in the pool. Loads that do not wait for each other bring a group of them into
 * the cache, several at a time, before they are copied one after another.
 */
const LOCATE_GROUP = 32
