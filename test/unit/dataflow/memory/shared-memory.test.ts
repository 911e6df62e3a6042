import { describe, expect, test } from 'vitest'
import { CHUNK_BYTES, FIRST_QUERY_OWNER } from '../../../../src/dataflow/memory/shared-memory.js'
import { testMemory } from '../../../support/memory.js'

describe('what a query held', () => {
  test('is given back wherever its chunks lie, and nothing else is', () => {
    const memory = testMemory(64 * 2 ** 20)
    const { allocator } = memory
    const other = allocator.claim(CHUNK_BYTES, FIRST_QUERY_OWNER + memory.slot + 1)!
    const first = memory.claim(3 * CHUNK_BYTES)
    memory.claim(CHUNK_BYTES)
    memory.release(first)
    memory.claim(20 * CHUNK_BYTES)
    memory.releaseAll()
    expect(memory.usedBytes).toBe(0)
    expect(allocator.usedBytes).toBe(CHUNK_BYTES)
    allocator.release(other)
  })

  test('is found where a thread died before it noted the place', () => {
    const memory = testMemory(64 * 2 ** 20)
    const { allocator } = memory
    memory.claim(CHUNK_BYTES)
    allocator.claim(40 * CHUNK_BYTES, FIRST_QUERY_OWNER + memory.slot + 1)
    // Counted and taken, as in the middle of claim.
    memory.claim(2 * CHUNK_BYTES)
    const lost = allocator.claim(5 * CHUNK_BYTES, FIRST_QUERY_OWNER + memory.slot)!
    expect(
      allocator.releaseOwner(FIRST_QUERY_OWNER + memory.slot, { first: 0, end: 2, count: 8 }),
    ).toBe(8)
    expect(allocator.usedBytes).toBe(40 * CHUNK_BYTES)
    expect(allocator.claim(lost.byteLength, FIRST_QUERY_OWNER)).toBeDefined()
  })
})
