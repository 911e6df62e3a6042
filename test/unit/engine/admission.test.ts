import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  Admission,
  type AdmissionLimits,
  LARGE_QUERY_BYTES,
  type Seat,
  SMALL_QUERY_BYTES,
} from '../../../src/engine/query/admission.js'
import { SEED } from '../../support/seed.js'
import { createRandom } from '../kernel-support/cells.js'

const LARGE = 1e9
const SMALL = 1000

const admission = (limits: Partial<AdmissionLimits> = {}): Admission =>
  new Admission({
    maxConcurrentQueries: 1000,
    maxQueuedQueries: 1000,
    sharedBytes: 2 * LARGE_QUERY_BYTES,
    isBusy: () => true,
    ...limits,
  })

/** Whether a seat has been admitted by now. */
async function runs(seat: Seat): Promise<boolean> {
  if (seat.admitted === undefined) return true
  const later = delay(0, false)
  return Promise.race([seat.admitted.then(() => true), later])
}

describe('admission', () => {
  test('large queries wait for memory in the order in which they came; small ones pass', async () => {
    const queue = admission()
    const [first, second, third, fourth] = [LARGE, undefined, LARGE, LARGE].map((bytes) =>
      queue.request(bytes),
    )
    expect([first!.admitted, second!.admitted]).toEqual([undefined, undefined])
    expect(queue.request(SMALL).admitted).toBeUndefined()
    expect(queue.queuedCount).toBe(2)
    second!.leave()
    expect([await runs(third!), await runs(fourth!)]).toEqual([true, false])
    first!.leave()
    expect([await runs(fourth!), queue.queuedCount]).toEqual([true, 0])
  })

  test('small ones have half of the memory, and wait for each other then; what reads no table waits for none', async () => {
    const queue = admission({ sharedBytes: 4 * SMALL_QUERY_BYTES })
    const large = queue.request(LARGE)
    const [first, second, third] = [SMALL, SMALL, SMALL].map((bytes) => queue.request(bytes))
    expect([await runs(first!), await runs(second!), await runs(third!)]).toEqual([
      true,
      true,
      false,
    ])
    expect(queue.request(0).admitted).toBeUndefined()
    large.leave()
    expect(await runs(third!)).toBe(false)
    first!.leave()
    expect(await runs(third!)).toBe(true)
  })

  test('a limit of queries is one for small queries too', async () => {
    const queue = admission({ maxConcurrentQueries: 1 })
    const first = queue.request(SMALL)
    const [large, small] = [queue.request(LARGE), queue.request(SMALL)]
    expect([await runs(large), await runs(small)]).toEqual([false, false])
    first.leave()
    expect([await runs(large), await runs(small)]).toEqual([true, false])
    large.leave()
    expect(await runs(small)).toBe(true)
  })

  test('who leaves while waiting frees no place, and leaving twice is leaving once', async () => {
    const queue = admission({ maxConcurrentQueries: 1 })
    const first = queue.request(LARGE)
    const [second, third, fourth] = [LARGE, LARGE, LARGE].map((bytes) => queue.request(bytes))
    second!.leave()
    expect([await runs(second!), await runs(third!)]).toEqual([false, false])
    first.leave()
    first.leave()
    expect([await runs(third!), await runs(fourth!)]).toEqual([true, false])
    for (const seat of [third!, fourth!]) seat.leave()
  })

  test('a full queue is QUERY_QUEUE_FULL', () => {
    const queue = admission({ maxConcurrentQueries: 1, maxQueuedQueries: 1 })
    const seats = [queue.request(SMALL), queue.request(SMALL)]
    expect(() => queue.request(SMALL)).toThrow(
      expect.objectContaining({ code: 'QUERY_QUEUE_FULL' }),
    )
    for (const seat of seats) seat.leave()
    expect(queue.request(SMALL).admitted).toBeUndefined()
  })

  test('one alone starts however little memory there is', async () => {
    const queue = admission({ sharedBytes: 1 })
    const [first, second] = [queue.request(LARGE), queue.request(LARGE)]
    expect([await runs(first), await runs(second)]).toEqual([true, false])
    first.leave()
    expect(await runs(second)).toBe(true)
    second.leave()
  })

  test('where nobody works one after the other starts beyond the memory, within the limit of queries', async () => {
    const queue = admission({ sharedBytes: 1, maxConcurrentQueries: 3, isBusy: () => false })
    const seats = Array.from({ length: 4 }, () => queue.request(LARGE))
    await seats[1]!.admitted
    await seats[2]!.admitted
    expect([await runs(seats[3]!), queue.queuedCount]).toEqual([false, 1])
    for (const seat of seats) seat.leave()
  })

  test(`random comings and goings keep the limits and the order, seed ${SEED}`, async () => {
    const random = createRandom(SEED)
    const queue = admission({ maxConcurrentQueries: 5 })
    const seats: { seat: Seat; isLarge: boolean; isIn: boolean }[] = []
    for (let step = 0; step < 400; step++) {
      if (random.next() < 0.55) {
        const isLarge = random.next() < 0.5
        const seat = queue.request(isLarge ? LARGE : SMALL)
        const entry = { seat, isLarge, isIn: seat.admitted === undefined }
        seat.admitted?.then(() => {
          entry.isIn = true
        })
        seats.push(entry)
      } else if (seats.length > 0) {
        const [{ seat }] = seats.splice(random.below(seats.length), 1) as [(typeof seats)[0]]
        seat.leave()
      }
      await Promise.resolve()
      const running = seats.filter(({ isIn }) => isIn)
      const waiting = seats.filter(({ isIn }) => !isIn)
      const largeCount = running.filter(({ isLarge }) => isLarge).length
      expect(running.length).toBeLessThanOrEqual(5)
      expect(largeCount).toBeLessThanOrEqual(2)
      expect(queue.queuedCount).toBe(waiting.length)
      // Nobody waits where there is room, and of each kind those who came first are in.
      if (running.length < 5) {
        expect(waiting.filter(({ isLarge }) => !isLarge || largeCount < 2)).toEqual([])
      }
      for (const kind of [true, false]) {
        const isIn = seats.filter(({ isLarge }) => isLarge === kind).map((entry) => entry.isIn)
        expect(isIn).toEqual([...isIn].sort((a, b) => Number(b) - Number(a)))
      }
    }
    for (const { seat } of seats) seat.leave()
    expect(queue.queuedCount).toBe(0)
  })
})
