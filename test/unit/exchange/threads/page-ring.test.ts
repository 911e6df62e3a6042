import { describe, expect, test } from 'vitest'
import {
  clearRings,
  PageRingReader,
  PageRingWriter,
  RING_PAGES,
} from '../../../../src/exchange/threads/page-ring.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const ADDRESS = 64
const RINGS = 3
const numbers = Array.from({ length: RINGS }, (_, ring) => ring)

function rings() {
  const memory = new SharedArrayBuffer(4096)
  // What lies there before is no page.
  new Int32Array(memory).fill(-1)
  clearRings(memory, ADDRESS, RINGS)
  return {
    memory,
    readers: numbers.map((ring) => new PageRingReader(memory, ADDRESS, ring)),
    writers: numbers.map((ring) => new PageRingWriter(memory, ADDRESS, ring)),
  }
}

const description = (address: number) => ({ address, wordCount: 1, byteLength: 8, partition: 3 })

describe('rings of page descriptions', () => {
  test('a full ring has room again when any page is released', () => {
    const { readers, writers } = rings()
    const writer = writers[1]!
    const reader = readers[1]!
    for (let i = 0; i < RING_PAGES; i++) {
      expect(writer.slot).toBe(i)
      writer.push(i, description(2 ** 32 - 8 - i))
    }
    expect(writer.pagesUnderWay).toBe(RING_PAGES)
    expect(writer.sleep()).toBe(true)
    expect(reader.byteLength).toBe(RING_PAGES * 8)
    const taken = [reader.next()!, reader.next()!, reader.next()!]
    expect(taken[0]).toEqual({ ...description(2 ** 32 - 8), slot: 0 })
    expect(reader.byteLength).toBe(8)
    expect(reader.release(taken[2]!.slot)).toBe(true)
    expect(writer.slot).toBe(2)
    writer.push(2, description(8))
    expect(writer.sleep()).toBe(true)
    expect(reader.release(taken[0]!.slot)).toBe(true)
    expect(reader.release(taken[1]!.slot)).toBe(false)
    expect([reader.next()!.slot, reader.next()!.slot, reader.next()]).toEqual([3, 2, undefined])
    expect(readers[0]!.isEmpty && readers[2]!.isEmpty).toBe(true)
  })

  test('a reader is woken once for what it has slept through', () => {
    const { readers, writers } = rings()
    expect(writers[0]!.push(writers[0]!.slot, description(8))).toBe(false)
    expect(readers[0]!.sleep()).toBe(false)
    readers[0]!.release(readers[0]!.next()!.slot)
    for (const reader of readers) expect(reader.sleep()).toBe(true)
    expect(writers[2]!.push(writers[2]!.slot, description(8))).toBe(true)
    expect(writers[0]!.push(writers[0]!.slot, description(8))).toBe(false)
  })

  test('a writer sleeps until so few pages are under way as it wants', () => {
    const { writers, readers } = rings()
    const [writer] = writers
    expect(writer!.sleep(1)).toBe(false)
    writer!.push(0, description(8))
    expect(writer!.sleep(2)).toBe(false)
    expect(writer!.sleep(1)).toBe(true)
    expect(readers[0]!.release(readers[0]!.next()!.slot)).toBe(true)
    expect(writer!.sleep(1)).toBe(false)
  })

  test('a writer hears that its reader has left, also while it sleeps', () => {
    const { readers, writers } = rings()
    for (let i = 0; i < RING_PAGES; i++) writers[0]!.push(writers[0]!.slot, description(8))
    expect(writers[0]!.sleep()).toBe(true)
    expect(readers[0]!.leave()).toBe(true)
    expect(writers[0]!.isAbandoned).toBe(true)
    expect(writers[0]!.sleep()).toBe(false)
    expect(writers[1]!.isAbandoned).toBe(false)
  })

  test(`each ring’s pages stay in order and in place until they are released; seed ${SEED}`, () => {
    const random = createRandom(SEED)
    const { readers, writers } = rings()
    const reader = readers[0]!
    const writer = writers[0]!
    const values = Array<number>(RING_PAGES).fill(-1)
    const held: { readonly slot: number; readonly value: number }[] = []
    let written = 0
    let read = 0
    let most = 0
    for (let step = 0; step < 10_000; step++) {
      if (random.chance(0.5)) {
        if (writer.slot < 0) continue
        const { slot } = writer
        values[slot] = written
        writer.push(slot, description(slot))
        written += 1
        most = Math.max(most, written - read)
      } else if (random.chance(0.6)) {
        const page = reader.next()
        if (page === undefined) continue
        if (values[page.slot] !== read) expect(values[page.slot]).toBe(read)
        held.push({ slot: page.slot, value: read++ })
      } else if (held.length > 0) {
        const page = held.splice(random.below(held.length), 1)[0]!
        if (values[page.slot] !== page.value) expect(values[page.slot]).toBe(page.value)
        reader.release(page.slot)
      }
    }
    expect(most).toBeLessThanOrEqual(RING_PAGES)
    expect(read).toBeGreaterThan(500)
  })
})
