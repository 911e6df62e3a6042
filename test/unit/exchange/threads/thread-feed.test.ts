import { expect, test } from 'vitest'
import {
  clearRings,
  HOLD_BYTES,
  PageRingReader,
  pageRingBytes,
  RING_PAGES,
} from '../../../../src/exchange/threads/page-ring.js'
import { ThreadFeed } from '../../../../src/exchange/threads/thread-feed.js'
import type { Page } from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

/* Pages are told apart by their row counts, which stand for their addresses too. */

const DRIVERS = 2
const PAGE_BYTES = 8
const PLACES_MAX = 40
const page = (rowCount: number): Page => ({ rowCount, blocks: [] })

function open(isBroadcast: boolean, bytesMax = Number.POSITIVE_INFINITY) {
  const ringBytes = pageRingBytes(1) * DRIVERS
  const memory = new SharedArrayBuffer(ringBytes + PLACES_MAX * DRIVERS * HOLD_BYTES)
  const addresses = Array.from({ length: DRIVERS }, (_, driver) => driver * pageRingBytes(1))
  for (const address of addresses) clearRings(memory, address, 1)
  const readers = addresses.map((address) => new PageRingReader(memory, address, 0))
  const told: string[] = []
  const places: number[] = []
  /** Places in which a page lies. */
  const inUse = new Set<number>()
  const feed = new ThreadFeed({
    memory,
    addresses,
    isBroadcast,
    pages: {
      place({ rowCount }, place) {
        places.push(place)
        expect(inUse.has(place)).toBe(false)
        inUse.add(place)
        const holds = ringBytes + place * DRIVERS * HOLD_BYTES
        return { address: rowCount, wordCount: 1, byteLength: PAGE_BYTES, holds }
      },
      giveBack: (place) => expect(inUse.delete(place)).toBe(true),
    },
    bytesMax: () => bytesMax,
    wakeReader: (driver) => told.push(`wake ${driver}`),
    onFinish: () => told.push('end'),
  })
  const keep = (driver: number) => {
    const taken = readers[driver]!.next()
    if (taken?.wakesWriter) feed.wake()
    return taken
  }
  const giveBack = (driver: number, hold: number): void => {
    if (readers[driver]!.release(hold)) feed.wake()
  }
  const take = (driver: number): number | undefined => {
    const taken = keep(driver)
    if (taken !== undefined) giveBack(driver, taken.hold)
    return taken?.address
  }
  return { feed, readers, told, places, inUse, keep, giveBack, take }
}

/** Whether a promise resolves before the event loop has gone round. */
const isSettled = (promise: Promise<void>): Promise<boolean> =>
  Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
  ])

test('each page goes to a driver with room, and all are held back when none has', async () => {
  const { feed, take } = open(false)
  let added = 0
  while (!feed.isFull) feed.add(page(++added))
  expect(added).toBe(DRIVERS * RING_PAGES)
  const ready = feed.ready()
  expect(await isSettled(ready)).toBe(false)
  expect(take(1)).toBe(2)
  expect(await isSettled(ready)).toBe(true)
  feed.add(page(++added))
  expect(feed.isFull).toBe(true)
  const seen = [0, 1].map((driver) => {
    const pages: number[] = []
    for (let next = take(driver); next !== undefined; next = take(driver)) pages.push(next)
    return pages
  })
  expect(seen).toEqual([
    [1, 3, 5, 7],
    [4, 6, 8, 9],
  ])
})

test('every driver gets every page, which lies in one place until the last has given it back', async () => {
  const { feed, take, places } = open(true)
  let added = 0
  while (!feed.isFull) feed.add(page(++added))
  expect(added).toBe(RING_PAGES)
  expect(take(0)).toBe(1)
  expect(feed.isFull).toBe(true)
  const ready = feed.ready()
  expect(await isSettled(ready)).toBe(false)
  expect(take(1)).toBe(1)
  expect(await isSettled(ready)).toBe(true)
  feed.add(page(++added))
  expect(places).toEqual([0, 1, 2, 3, 0])
  expect([take(0), take(0), take(0), take(0), take(0)]).toEqual([2, 3, 4, 5, undefined])
})

test.each([
  false,
  true,
])('drivers that leave hold nobody back (broadcast: %s)', async (isBroadcast) => {
  const { feed, readers, take } = open(isBroadcast)
  let added = 0
  while (!feed.isFull) feed.add(page(++added))
  const ready = feed.ready()
  if (readers[0]!.leave()) feed.wake()
  while (take(1) !== undefined);
  expect(await isSettled(ready)).toBe(true)
  for (let i = 0; i < 2 * RING_PAGES; i++) {
    expect(feed.isFull).toBe(false)
    feed.add(page(++added))
    expect(take(1)).toBe(added)
  }
  readers[1]!.leave()
  expect(feed.isAbandoned).toBe(true)
  expect(feed.isFull).toBe(false)
  expect(await isSettled(feed.ready())).toBe(true)
})

test('a driver that keeps pages has its next ones one at a time, above what it may hold', () => {
  const { feed, keep, giveBack, places } = open(false, 3 * PAGE_BYTES)
  let added = 0
  const fill = (): number => {
    const before = added
    while (!feed.isFull) feed.add(page(++added))
    return added - before
  }
  expect(fill()).toBe(2 * 3)
  // Of what it has it keeps all: only when it has no page to take it gets one.
  const kept = [keep(0)!, keep(0)!]
  expect(fill()).toBe(0)
  for (let i = 0; i < 10; i++) {
    kept.push(keep(0)!)
    expect(fill()).toBe(1)
    expect(kept.at(-1)!.address).toBe([1, 3, 5][i + 2] ?? 4 + i + 2)
  }
  // The other one gets its share all the while.
  const other = keep(1)!
  giveBack(1, other.hold)
  expect(fill()).toBe(1)
  for (const { hold } of kept) giveBack(0, hold)
  expect(fill()).toBe(2)
  expect(Math.max(...places)).toBeLessThan(kept.length + 6)
})

test('a page that every driver is given is kept by any of them without holding up others', () => {
  const { feed, keep, take, giveBack, inUse } = open(true)
  let added = 0
  const kept: number[] = []
  for (let i = 0; i < 20; i++) {
    expect(feed.isFull).toBe(false)
    feed.add(page(++added))
    kept.push(keep(0)!.hold)
    expect(take(1)).toBe(added)
  }
  expect(inUse.size).toBe(20)
  for (const hold of kept.reverse()) giveBack(0, hold)
  feed.add(page(++added))
  expect(inUse.size).toBe(1)
})

test('what a driver that leaves has kept is not used again', () => {
  const { feed, readers, keep, take, inUse } = open(true)
  feed.add(page(1))
  feed.add(page(2))
  keep(0)
  readers[0]!.leave()
  expect([take(1), take(1)]).toEqual([1, 2])
  for (let added = 3; added < 20; added++) {
    feed.add(page(added))
    expect(take(1)).toBe(added)
  }
  expect(inUse).toContain(0)
  expect(inUse).toContain(1)
})

test(`random drivers never wait for what they keep, and end with nothing kept (seed ${SEED})`, async () => {
  const random = createRandom(SEED)
  for (let round = 0; round < 200; round++) {
    const isBroadcast = random.chance(0.5)
    const bytesMax = random.below(6) * PAGE_BYTES
    const { feed, readers, told, inUse, keep, giveBack } = open(isBroadcast, bytesMax)
    const kept = readers.map((): number[] => [])
    const isAsleep = readers.map(() => false)
    const seen = readers.map((): number[] => [])
    let added = 0
    let sleeps: Promise<void> | undefined
    for (let step = 0; step < 200; step++) {
      const driver = random.below(DRIVERS)
      if (random.chance(0.4)) {
        if (feed.isFull) sleeps = feed.ready()
        else feed.add(page(++added))
      } else if (kept[driver]!.length < 6 && random.chance(0.6)) {
        const taken = keep(driver)
        isAsleep[driver] = taken === undefined && readers[driver]!.sleep()
        if (taken === undefined) continue
        seen[driver]!.push(taken.address)
        kept[driver]!.push(taken.hold)
      } else if (kept[driver]!.length > 0) {
        const [hold] = kept[driver]!.splice(random.below(kept[driver]!.length), 1)
        giveBack(driver, hold!)
      }
      for (const wake of told.splice(0)) isAsleep[Number(wake.replace('wake ', ''))] = false
      expect(readers.some((reader, i) => isAsleep[i] && !reader.isEmpty)).toBe(false)
      // Who has all pages that it was given gets another, whatever it keeps, unless others have to take theirs first.
      const waits = readers.map((reader) => reader.isEmpty)
      if (isBroadcast ? waits.every(Boolean) : waits.some(Boolean)) expect(feed.isFull).toBe(false)
      if (sleeps !== undefined && !feed.isFull) {
        expect(await isSettled(sleeps)).toBe(true)
        sleeps = undefined
      }
    }
    // They take what is left, and give all back.
    for (const driver of readers.keys()) {
      for (let taken = keep(driver); taken !== undefined; taken = keep(driver)) {
        seen[driver]!.push(taken.address)
        kept[driver]!.push(taken.hold)
      }
      for (const hold of kept[driver]!) giveBack(driver, hold)
      expect(seen[driver]).toEqual(seen[driver]!.toSorted((a, b) => a - b))
    }
    expect(isBroadcast ? seen[0] : seen.flat().toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: added }, (_, i) => i + 1),
    )
    if (isBroadcast) expect(seen[1]).toEqual(seen[0])
    feed.add(page(added + 1))
    expect(inUse.size).toBe(1)
  }
})

test('a page for the only driver with room, which leaves meanwhile, is dropped as those in its ring are', () => {
  const { feed, readers, take } = open(false)
  let added = 0
  while (!feed.isFull) feed.add(page(++added))
  take(0)
  expect(feed.isFull).toBe(false)
  readers[0]!.leave()
  feed.add(page(++added))
  expect(feed.isFull).toBe(true)
  expect([take(1), take(1), take(1), take(1), take(1)]).toEqual([2, 4, 6, 8, undefined])
})

test('only a driver that sleeps is told of a page; all are told of the end, once', () => {
  const { feed, readers, told } = open(true)
  expect(readers[1]!.sleep()).toBe(true)
  feed.add(page(1))
  feed.add(page(2))
  expect(told).toEqual(['wake 1'])
  feed.finish()
  feed.finish()
  expect(told).toEqual(['wake 1', 'end'])
})

test('who waits for room goes on when the feed is given up', async () => {
  const { feed } = open(false)
  let added = 0
  while (!feed.isFull) feed.add(page(++added))
  const ready = feed.ready()
  feed.abandon()
  expect(await isSettled(ready)).toBe(true)
  expect(feed.isAbandoned).toBe(true)
})
