import { describe, expect, test } from 'vitest'
import { SegmentPool, type SegmentRun } from '../../../../src/dataflow/memory/segment-pool.js'
import {
  CHUNK_BYTES,
  ChunkAllocator,
  createSharedMemory,
  FIRST_QUERY_OWNER,
} from '../../../../src/dataflow/memory/shared-memory.js'
import { createRandom } from '../../kernel-support/cells.js'

const MB = 1024 * 1024

describe('segments beyond the shared memory', () => {
  test('chunks are taken first fit and used again', () => {
    const pool = new SegmentPool(new ChunkAllocator(createSharedMemory(64 * MB)), 4 * CHUNK_BYTES)
    const take = (chunks: number): SegmentRun => pool.claim(chunks * CHUNK_BYTES)!
    const first = take(1)
    const second = take(2)
    expect([first, second].map((run) => [run.segment, run.offset])).toEqual([
      [1, 0],
      [1, CHUNK_BYTES],
    ])
    expect(take(2)).toMatchObject({ segment: 2, offset: 0 })
    pool.release(first)
    expect(take(2)).toMatchObject({ segment: 2, offset: 2 * CHUNK_BYTES })
    expect(take(1)).toMatchObject({ segment: 1, offset: 0 })
    pool.release(second)
    expect(take(3)).toMatchObject({ segment: 1, offset: CHUNK_BYTES })
    const last = take(4)
    pool.release(last)
    expect(() => pool.release(last)).toThrow('released twice')
  })

  test('what is longer than a segment gets one of its length', () => {
    const told: number[] = []
    const pool = new SegmentPool(
      new ChunkAllocator(createSharedMemory(64 * MB)),
      CHUNK_BYTES,
      (segment, buffer) => {
        told.push(segment, buffer.byteLength)
      },
    )
    expect(pool.claim(5 * CHUNK_BYTES - 1)).toEqual({
      segment: 1,
      offset: 0,
      byteLength: 5 * CHUNK_BYTES,
    })
    expect(told).toEqual([1, 5 * CHUNK_BYTES])
  })

  test('segments and queries share one limit', () => {
    const allocator = new ChunkAllocator(createSharedMemory(8 * CHUNK_BYTES))
    const pool = new SegmentPool(allocator, 4 * CHUNK_BYTES)
    const inSegment = pool.claim(5 * CHUNK_BYTES)!
    expect(allocator.segmentBytes).toBe(5 * CHUNK_BYTES)
    expect(allocator.limitBytes).toBe(3 * CHUNK_BYTES)
    expect(allocator.claim(4 * CHUNK_BYTES, FIRST_QUERY_OWNER)).toBeUndefined()
    const shared = allocator.claim(3 * CHUNK_BYTES, FIRST_QUERY_OWNER)!
    expect(pool.claim(1)).toBeUndefined()
    expect(allocator.segmentBytes).toBe(5 * CHUNK_BYTES)
    pool.release(inSegment)
    allocator.release(shared)
    expect([allocator.segmentBytes, allocator.usedBytes]).toEqual([0, 0])
  })

  test('random runs never overlap', () => {
    const random = createRandom(7)
    const pool = new SegmentPool(new ChunkAllocator(createSharedMemory(64 * MB)), 16 * CHUNK_BYTES)
    const live = new Set<SegmentRun>()
    const taken = new Set<string>()
    const chunksOf = (run: SegmentRun): string[] =>
      Array.from(
        { length: run.byteLength / CHUNK_BYTES },
        (_, i) => `${run.segment}/${run.offset / CHUNK_BYTES + i}`,
      )
    for (let step = 0; step < 3000; step++) {
      if (live.size > 20 || (live.size > 0 && random.chance(0.4))) {
        const run = random.pick([...live])
        live.delete(run)
        pool.release(run)
        for (const chunk of chunksOf(run)) taken.delete(chunk)
      } else {
        const run = pool.claim(1 + random.below(12 * CHUNK_BYTES))!
        live.add(run)
        for (const chunk of chunksOf(run)) {
          expect(taken.has(chunk), chunk).toBe(false)
          taken.add(chunk)
        }
      }
    }
    // 21 runs live at once, at worst each alone in a segment.
    expect(pool.buffers.length).toBeLessThan(22)
  })
})
