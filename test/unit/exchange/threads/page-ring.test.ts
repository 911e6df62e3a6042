import { describe, expect, test } from 'vitest'
import {
  clearRings,
  PageRingReader,
  PageRingWriter,
  pageRingBytes,
  RING_PAGES,
} from '../../../../src/exchange/threads/page-ring.js'
import { Places } from '../../../../src/exchange/threads/places.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const ADDRESS = 64
const RINGS = 3
const HOLDS = ADDRESS + pageRingBytes(RINGS)
const numbers = Array.from({ length: RINGS }, (_, ring) => ring)

function rings() {
  const memory = new SharedArrayBuffer(16_384)
  // What lies there before is no page.
  new Int32Array(memory).fill(-1)
  clearRings(memory, ADDRESS, RINGS)
  return {
    memory,
    readers: numbers.map((ring) => new PageRingReader(memory, ADDRESS, ring)),
    writers: numbers.map((ring) => new PageRingWriter(memory, ADDRESS, ring)),
  }
}

const holdOf = (place: number): number => HOLDS + 4 * place

const description = (place: number) => ({
  address: 2 ** 32 - 8 - place,
  wordCount: 1,
  byteLength: 8,
  holds: holdOf(place),
})

const reclaimed = (writer: PageRingWriter): readonly number[] => {
  const places: number[] = []
  writer.reclaim((place) => places.push(place))
  return places
}

describe('rings of page descriptions', () => {
  test('have room for a page more when one was taken; it is under way until it is given back, in any order', () => {
    const { readers, writers } = rings()
    const writer = writers[1]!
    const reader = readers[1]!
    for (let i = 0; i < RING_PAGES; i++) {
      expect(writer.isFull).toBe(false)
      writer.push(i, description(i), 3)
    }
    expect(writer.isFull).toBe(true)
    expect(reader.byteLength).toBe(RING_PAGES * 8)
    const taken = [reader.next()!, reader.next()!, reader.next()!]
    const { holds, ...first } = description(0)
    expect(taken[0]).toEqual({ ...first, partition: 3, hold: holds, wakesWriter: false })
    expect(reader.byteLength).toBe(8)
    expect(writer.isFull).toBe(false)
    expect([writer.pagesUnderWay, writer.bytesUnderWay]).toEqual([4, 32])
    reader.release(taken[2]!.hold)
    reader.release(taken[0]!.hold)
    expect([writer.pagesUnderWay, writer.bytesUnderWay]).toEqual([2, 16])
    expect(reclaimed(writer)).toEqual([0, 2])
    expect(reclaimed(writer)).toEqual([])
    writer.push(2, description(2))
    expect([reader.next()!.hold, reader.next()!.hold].map((hold) => (hold - HOLDS) / 4)).toEqual([
      3, 2,
    ])
    expect(reader.next()).toBeUndefined()
    expect(writer.isEmpty).toBe(true)
    expect(readers[0]!.isEmpty && readers[2]!.isEmpty).toBe(true)
  })

  test('a reader is woken once for what it has slept through', () => {
    const { readers, writers } = rings()
    expect(writers[0]!.push(0, description(0))).toBe(false)
    expect(readers[0]!.sleep()).toBe(false)
    readers[0]!.release(readers[0]!.next()!.hold)
    for (const reader of readers) expect(reader.sleep()).toBe(true)
    expect(writers[2]!.push(1, description(1))).toBe(true)
    expect(writers[0]!.push(2, description(2))).toBe(false)
  })

  test('a writer is woken once, by what it waits for', () => {
    const { writers, readers } = rings()
    const [writer] = writers
    const [reader] = readers
    for (let i = 0; i < RING_PAGES; i++) writer!.push(i, description(i))
    const first = reader!.next()!
    expect(first.wakesWriter).toBe(false)
    writer!.sleep('givenBack')
    const second = reader!.next()!
    expect(second.wakesWriter).toBe(false)
    expect(reader!.release(second.hold)).toBe(true)
    expect(reader!.release(first.hold)).toBe(false)
    writer!.sleep('taken')
    expect(reader!.next()!.wakesWriter).toBe(true)
    const last = reader!.next()!
    expect(last.wakesWriter).toBe(false)
    writer!.sleep('taken')
    expect(reader!.release(last.hold)).toBe(true)
    writer!.sleep('taken')
    writer!.stayAwake()
    expect(reader!.leave()).toBe(false)
  })

  test('a writer hears that its reader has left, also while it sleeps', () => {
    const { readers, writers } = rings()
    for (let i = 0; i < RING_PAGES; i++) writers[0]!.push(i, description(i))
    writers[0]!.sleep('givenBack')
    expect(readers[0]!.leave()).toBe(true)
    expect(writers[0]!.isAbandoned).toBe(true)
    expect(writers[1]!.isAbandoned).toBe(false)
  })

  test(`each ring’s pages stay in order and in place until they are given back; seed ${SEED}`, () => {
    const random = createRandom(SEED)
    const { readers, writers } = rings()
    const reader = readers[0]!
    const writer = writers[0]!
    const places = new Places()
    const values: number[] = []
    const held: { readonly hold: number; readonly value: number }[] = []
    let written = 0
    let read = 0
    let mostWaiting = 0
    let mostHeld = 0
    const valueAt = ({ hold }: { readonly hold: number }) => values[(hold - HOLDS) / 4]
    for (let step = 0; step < 10_000; step++) {
      writer.reclaim((place) => {
        values[place] = -1
        places.free(place)
      })
      expect(writer.pagesUnderWay).toBe(written - read + held.length)
      if (random.chance(0.5)) {
        if (writer.isFull) continue
        const place = places.take()
        values[place] = written
        writer.push(place, description(place))
        written += 1
        mostWaiting = Math.max(mostWaiting, written - read)
      } else if (random.chance(0.6)) {
        const page = held.length < 50 ? reader.next() : undefined
        if (page === undefined) continue
        if (valueAt(page) !== read) expect(valueAt(page)).toBe(read)
        held.push({ hold: page.hold, value: read++ })
        mostHeld = Math.max(mostHeld, held.length)
      } else if (held.length > 0) {
        const page = held.splice(random.below(held.length), 1)[0]!
        if (valueAt(page) !== page.value) expect(valueAt(page)).toBe(page.value)
        reader.release(page.hold)
      }
    }
    expect(mostWaiting).toBe(RING_PAGES)
    expect(mostHeld).toBeGreaterThan(RING_PAGES)
    expect(read).toBeGreaterThan(500)
  })
})
