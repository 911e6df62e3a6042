import { describe, expect, test } from 'vitest'
import {
  PageRingReader,
  PageRingWriter,
  pageRingBytes,
  RING_PAGES,
} from '../../../../src/exchange/threads/page-ring.js'
import { createRandom } from '../../kernel-support/cells.js'

const ADDRESS = 64
const DRIVERS = 3

function rings() {
  const memory = new SharedArrayBuffer(65_536)
  // What lies there before is no page.
  new Int32Array(memory).fill(-1)
  const reader = new PageRingReader(memory, ADDRESS, DRIVERS)
  const writers = Array.from({ length: DRIVERS }, (_, i) => new PageRingWriter(memory, ADDRESS, i))
  return { memory, reader, writers, start: ADDRESS + pageRingBytes(DRIVERS) }
}

describe('rings of page descriptions', () => {
  test('a full ring has room again when its oldest page is released', () => {
    const { reader, writers, start } = rings()
    const writer = writers[1]!
    const slots: number[] = []
    for (let i = 0; i < RING_PAGES; i++) {
      expect(writer.isFull).toBe(false)
      slots.push(writer.slot)
      writer.push(start + i * 64, i)
    }
    expect(slots).toEqual([0, 1, 2, 3])
    expect(writer.isFull).toBe(true)
    expect(writer.sleep()).toBe(true)
    expect(reader.peek()).toMatchObject({ driverIndex: 1, words: { length: 0 } })
    expect(reader.release(1)).toBe(true)
    expect(reader.peek()).toMatchObject({ driverIndex: 1, words: { length: 1 } })
    expect(reader.release(1)).toBe(false)
    expect(writer.isFull).toBe(false)
    expect(writer.sleep()).toBe(false)
  })

  test('a reader is woken once for what it has slept through', () => {
    const { reader, writers, start } = rings()
    expect(writers[0]!.push(start, 1)).toBe(false)
    expect(reader.sleep()).toBe(false)
    reader.peek()
    reader.release(0)
    expect(reader.sleep()).toBe(true)
    expect(writers[2]!.push(start, 1)).toBe(true)
    expect(writers[0]!.push(start, 1)).toBe(false)
  })

  test('drivers take turns, and each one’s pages stay in order, also where counts go round', () => {
    const random = createRandom(11)
    const { memory, reader, writers, start } = rings()
    // As after 2^31 - 5 pages of the first driver: its counts are about to change their sign.
    const words = new Int32Array(memory, ADDRESS)
    words[16] = 2 ** 31 - 5
    words[17] = 2 ** 31 - 5
    const written = [0, 0, 0]
    const read = [0, 0, 0]
    const most = [0, 0, 0]
    for (let step = 0; step < 20_000; step++) {
      if (random.chance(0.5)) {
        const driver = random.below(DRIVERS)
        const writer = writers[driver]!
        if (writer.isFull) continue
        const address = start + (driver * RING_PAGES + writer.slot) * 8
        new Float64Array(memory, address, 1)[0] = driver * 1e6 + written[driver]!++
        writer.push(address, 1)
        most[driver] = Math.max(most[driver]!, written[driver]! - read[driver]!)
      } else {
        const item = reader.peek()
        if (item === undefined) {
          expect(reader.isEmpty).toBe(true)
          continue
        }
        expect(item.words[0]).toBe(item.driverIndex * 1e6 + read[item.driverIndex]!++)
        reader.release(item.driverIndex)
      }
    }
    expect(most).toEqual([RING_PAGES, RING_PAGES, RING_PAGES])
    for (const count of read) expect(count).toBeGreaterThan(1000)
  })
})
