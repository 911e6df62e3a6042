import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import {
  assert,
  type Block,
  flatBlockOf,
  flatPositionOf,
  isNull,
  MillraceError,
  readInteger,
  type SqlType,
} from '../../spi/index.js'
import { type PositionOrder, positionOrder } from '../sort/row-order.js'
import type { WindowBoundSpec, WindowFrameSpec } from '../spec.js'
import { allocateRanges, type RowRanges, type WindowChunk } from './chunk.js'

/**
 * The frame of each row of a chunk, cut to its partition; empty frames have their start as their end.
 * @throws INVALID_WINDOW_FRAME for an offset that is negative or null
 * @source SQL:2016 7.15; Trino RowsFraming, GroupsFraming, RangeFraming
 */
export function findFrames(frame: WindowFrameSpec, chunk: WindowChunk): RowRanges {
  const frames = allocateRanges(chunk.arena, chunk.rowCount)
  BOUNDS[frame.unit](frame.start, 'start', chunk, frames.starts)
  BOUNDS[frame.unit](frame.end, 'end', chunk, frames.ends)
  const { starts, ends } = frames
  for (let i = 0; i < chunk.rowCount; i++) if (ends[i]! < starts[i]!) ends[i] = starts[i]!
  return frames
}

type Side = 'start' | 'end'
type FindBounds = (bound: WindowBoundSpec, side: Side, chunk: WindowChunk, out: Int32Array) => void

const BOUNDS: Readonly<Record<WindowFrameSpec['unit'], FindBounds>> = {
  rows: rowBounds,
  groups: groupBounds,
  range: rangeBounds,
}

/** @returns whether the bound is one of the partition's ends, which are written */
function unboundedBounds(bound: WindowBoundSpec, chunk: WindowChunk, out: Int32Array): boolean {
  const isStart = bound.kind === 'unbounded preceding'
  if (!isStart && bound.kind !== 'unbounded following') return false
  chunk.eachPartition((start, end) => {
    out.fill(isStart ? start : end, start - chunk.from, end - chunk.from)
  })
  return true
}

function rowBounds(bound: WindowBoundSpec, side: Side, chunk: WindowChunk, out: Int32Array): void {
  if (unboundedBounds(bound, chunk, out)) return
  const { from } = chunk
  const extra = side === 'end' ? 1 : 0
  const distance = distanceOf(bound, chunk)
  chunk.eachPartition((start, end) => {
    for (let row = start; row < end; row++) {
      out[row - from] = clamp(row + distance(row) + extra, start, end)
    }
  })
}

const clamp = (row: number, start: number, end: number): number =>
  row < start ? start : row > end ? end : row

const invalidOffset = (): never => {
  throw new MillraceError(
    'INVALID_WINDOW_FRAME',
    'Window frame offset value must not be negative or null',
  )
}

/** How far a bound of ROWS or GROUPS is from a row: negative before it, at most the number of all rows. */
function distanceOf(bound: WindowBoundSpec, chunk: WindowChunk): (row: number) => number {
  if (bound.channel === undefined) return () => 0
  const block = chunk.rows.blocks[bound.channel]!
  const sign = bound.kind === 'preceding' ? -1 : 1
  const read = (position: number): number => sign * frameOffset(block, position, chunk.to)
  if (block.encoding !== 'constant') return read
  const distance = read(0)
  return () => distance
}

/**
 * The distance of a bound of ROWS or GROUPS, at most `largest`.
 * @throws INVALID_WINDOW_FRAME where it is negative or null
 */
export function frameOffset(block: Block, position: number, largest: number): number {
  if (isNull(block, position)) return invalidOffset()
  const offset = offsetAt(block, position)
  if (offset < 0n) return invalidOffset()
  return offset > BigInt(largest) ? largest : Number(offset)
}

function offsetAt(block: Block, position: number): bigint {
  const flat = flatBlockOf(block)
  const at = flatPositionOf(block, position)
  assert(
    flat.storage === 'i8' ||
      flat.storage === 'i16' ||
      flat.storage === 'i32' ||
      flat.storage === 'i64',
    'offsets of frames are integers',
  )
  return readInteger(flat, at)
}

function groupBounds(
  bound: WindowBoundSpec,
  side: Side,
  chunk: WindowChunk,
  out: Int32Array,
): void {
  if (unboundedBounds(bound, chunk, out)) return
  const { from, peers } = chunk
  const distance = distanceOf(bound, chunk)
  // Starts of the partition's peer groups, and its end.
  const groupStarts = allocateInt32(chunk.arena, chunk.rowCount + 1)
  chunk.eachPartition((start, end) => {
    let groups = 0
    for (let row = start; row < end; row = peers.ends[row - from]!) groupStarts[groups++] = row
    groupStarts[groups] = end
    let group = -1
    for (let row = start; row < end; row++) {
      if (row === groupStarts[group + 1]) group += 1
      const target = group + distance(row) + (side === 'end' ? 1 : 0)
      out[row - from] = groupStarts[clamp(target, 0, groups)]!
    }
  })
}

function rangeBounds(
  bound: WindowBoundSpec,
  side: Side,
  chunk: WindowChunk,
  out: Int32Array,
): void {
  if (unboundedBounds(bound, chunk, out)) return
  const { from, peers } = chunk
  const ofPeers = side === 'start' ? peers.starts : peers.ends
  if (bound.channel === undefined) {
    out.set(ofPeers.subarray(0, chunk.rowCount))
    return
  }
  const search = new RangeSearch(bound, side, chunk)
  chunk.eachPartition((start, end) => {
    search.enter(start, end)
    for (let row = start; row < end; row++) {
      out[row - from] = search.isNullKey(row) ? ofPeers[row - from]! : search.find(row)
    }
  })
}

/** Steps taken from the last bound found before the search starts to halve. */
const NEAR_STEPS = 8

/** Finds where in a partition the sort keys reach a row's boundary value. */
class RangeSearch {
  readonly #side: Side
  readonly #isPreceding: boolean
  readonly #keys: Block
  readonly #boundaries: Block
  readonly #order: PositionOrder
  /** Rows of the partition whose key is not null. */
  #start = 0
  #end = 0
  /** The last bound found. */
  #near = 0

  constructor(bound: WindowBoundSpec, side: Side, chunk: WindowChunk) {
    const { blocks, orderBy } = chunk.rows
    const [order] = orderBy
    assert(order !== undefined && bound.channel !== undefined, 'a range of one sort key')
    this.#side = side
    this.#isPreceding = bound.kind === 'preceding'
    this.#keys = blocks[bound.sortKeyChannel ?? order.channel]!
    this.#boundaries = blocks[bound.channel]!
    const type: SqlType = this.#keys.type
    this.#order = positionOrder(type, order)
  }

  isNullKey(row: number): boolean {
    return isNull(this.#keys, row)
  }

  enter(start: number, end: number): void {
    this.#start = start
    this.#end = end
    while (this.#start < end && this.isNullKey(this.#start)) this.#start += 1
    while (this.#end > this.#start && this.isNullKey(this.#end - 1)) this.#end -= 1
    this.#near = this.#start
  }

  find(row: number): number {
    if (isNull(this.#boundaries, row)) return invalidOffset()
    const direction = this.#order(this.#boundaries, row, this.#keys, row)
    if (this.#isPreceding ? direction > 0 : direction < 0) return invalidOffset()
    let near = this.#near
    for (let step = 0; step < NEAR_STEPS && near < this.#end && this.#isBefore(near, row); step++) {
      near += 1
    }
    const isFound =
      (near === this.#end || !this.#isBefore(near, row)) &&
      (near === this.#start || this.#isBefore(near - 1, row))
    this.#near = isFound ? near : this.#halve(row)
    return this.#near
  }

  /** Whether a row's key lies before the bound of the given row: outside of a frame that starts, inside of one that ends. */
  #isBefore(candidate: number, row: number): boolean {
    const sign = this.#order(this.#keys, candidate, this.#boundaries, row)
    return this.#side === 'start' ? sign < 0 : sign <= 0
  }

  #halve(row: number): number {
    let low = this.#start
    let high = this.#end
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#isBefore(middle, row)) low = middle + 1
      else high = middle
    }
    return low
  }
}
