import { assert } from '../../../spi/index.js'
import type { BytesColumn, GenerationContext } from './column.js'
import { allocateInt32 } from './column.js'
import type { RandomStream } from './random.js'
import { drawsFactor, MODULUS, multiplyStates, nextState, stateAtRow } from './random.js'
import type { TextPool } from './text-pool.js'
import { ensureText, TEXT_POOL_BYTES } from './text-pool.js'

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
  const pool = textPool.bytes
  const byteCount = offsets[places.length]!
  // Four bytes at a time: up to three too many, which the next comment overwrites.
  const memory = context.allocate(byteCount + 4)
  const out = new DataView(memory.buffer, memory.byteOffset, memory.byteLength)
  let touched = 0
  for (let group = 0; group < places.length; group += TOUCH_GROUP) {
    const groupEnd = Math.min(group + TOUCH_GROUP, places.length)
    touched += touchText(textPool, places, offsets, group, groupEnd)
    for (let i = group; i < groupEnd; i++) {
      let place = places[i]!
      const end = offsets[i + 1]!
      for (let position = offsets[i]!; position < end; position += 4, place += 4) {
        out.setInt32(position, pool.getInt32(place, true), true)
      }
    }
  }
  // Only for the loads' sake, which nothing else uses.
  memory[byteCount] = touched
  return memory.subarray(0, byteCount)
}

/**
 * Every comment lies somewhere else in 300 MB. Loads that do not wait for each other bring a group of them into
 * the cache, several at a time, before they are copied one after another.
 */
const TOUCH_GROUP = 32

function touchText(
  textPool: TextPool,
  places: Int32Array,
  offsets: Int32Array,
  from: number,
  to: number,
): number {
  let sum = 0
  for (let i = from; i < to; i++) {
    const place = places[i]!
    const last = place + offsets[i + 1]! - offsets[i]! - 1
    ensureText(textPool, place, last + 1)
    sum += textPool.bytes.getUint8(place) + textPool.bytes.getUint8(last)
  }
  return sum
}
