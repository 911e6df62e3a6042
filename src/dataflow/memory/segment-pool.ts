import { assert } from '../../spi/index.js'
import { CHUNK_BYTES, type ChunkAllocator } from './shared-memory.js'

/** Where something is kept: chunks of a segment. Segment 0 is the shared memory, in which kernels compute. */
export interface SegmentRun {
  readonly segment: number
  readonly offset: number
  readonly byteLength: number
}

export const SEGMENT_BYTES = 256 * 1024 * 1024
/** Names of rows have room for so many segments beside the offsets in them. */
const SEGMENTS_MAX = 500

interface Segment {
  readonly buffer: SharedArrayBuffer
  /** One byte a chunk; other than 0: taken. */
  readonly taken: Uint8Array
  freeChunks: number
  /** Chunks below are taken. */
  firstFree: number
}

/**
 * Segments beyond the shared memory, for stored pages. One thread takes and gives back; every thread reads them. A segment
 * is kept for later pages when it has become empty: a shared buffer lives until every thread has collected it.
 */
export class SegmentPool {
  readonly #allocator: ChunkAllocator
  readonly #segmentBytes: number
  readonly #onSegment: (segment: number, buffer: SharedArrayBuffer) => void
  readonly #segments: Segment[] = []

  /** @param onSegment tells other threads of a new segment, before they hear of any page in it */
  constructor(
    allocator: ChunkAllocator,
    segmentBytes: number = SEGMENT_BYTES,
    onSegment: (segment: number, buffer: SharedArrayBuffer) => void = () => {},
  ) {
    this.#allocator = allocator
    this.#segmentBytes = segmentBytes
    this.#onSegment = onSegment
  }

  /** Buffers of all segments: the first is segment 1. */
  get buffers(): readonly SharedArrayBuffer[] {
    return this.#segments.map(({ buffer }) => buffer)
  }

  buffer(segment: number): SharedArrayBuffer {
    const found = this.#segments[segment - 1]
    assert(found !== undefined, `no segment ${segment}`)
    return found.buffer
  }

  /** Adjacent chunks of one segment; undefined where the engine's limit is met. O(segments + chunks of one) */
  claim(byteLength: number): SegmentRun | undefined {
    const count = Math.max(1, Math.ceil(byteLength / CHUNK_BYTES))
    if (!this.#allocator.countSegmentChunks(count)) return undefined
    const run = this.#find(count) ?? this.#grow(count)
    if (run === undefined) this.#allocator.countSegmentChunks(-count)
    return run
  }

  release({ segment, offset, byteLength }: SegmentRun): void {
    const from = this.#segments[segment - 1]!
    const first = offset / CHUNK_BYTES
    const count = byteLength / CHUNK_BYTES
    const chunks = from.taken.subarray(first, first + count)
    assert(!chunks.includes(0), 'segment chunk released twice')
    chunks.fill(0)
    from.freeChunks += count
    from.firstFree = Math.min(from.firstFree, first)
    this.#allocator.countSegmentChunks(-count)
  }

  #find(count: number): SegmentRun | undefined {
    for (const [i, segment] of this.#segments.entries()) {
      if (segment.freeChunks < count) continue
      const run = takeFrom(segment, i + 1, count)
      if (run !== undefined) return run
    }
    return undefined
  }

  /** A page that is longer than a segment gets one of its own length. */
  #grow(count: number): SegmentRun | undefined {
    if (this.#segments.length === SEGMENTS_MAX) return undefined
    const chunks = Math.max(count, Math.ceil(this.#segmentBytes / CHUNK_BYTES))
    const buffer = newBuffer(chunks * CHUNK_BYTES)
    if (buffer === undefined) return undefined
    const segment: Segment = {
      buffer,
      taken: new Uint8Array(chunks),
      freeChunks: chunks,
      firstFree: 0,
    }
    const number = this.#segments.push(segment)
    this.#onSegment(number, buffer)
    return takeFrom(segment, number, count)
  }
}

/** Undefined where the host has no memory left. */
function newBuffer(byteLength: number): SharedArrayBuffer | undefined {
  try {
    return new SharedArrayBuffer(byteLength)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** First fit. */
function takeFrom(segment: Segment, number: number, count: number): SegmentRun | undefined {
  const { taken } = segment
  let start = segment.firstFree
  for (let position = start; position < taken.length; position++) {
    if (taken[position] !== 0) {
      if (position === segment.firstFree) segment.firstFree = position + 1
      start = position + 1
    } else if (position + 1 - start === count) {
      taken.fill(1, start, position + 1)
      segment.freeChunks -= count
      if (start === segment.firstFree) segment.firstFree = position + 1
      return { segment: number, offset: start * CHUNK_BYTES, byteLength: count * CHUNK_BYTES }
    }
  }
  return undefined
}
