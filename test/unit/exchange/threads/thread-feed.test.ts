import { expect, test } from 'vitest'
import {
  clearRings,
  PageRingReader,
  pageRingBytes,
  RING_PAGES,
} from '../../../../src/exchange/threads/page-ring.js'
import { ThreadFeed } from '../../../../src/exchange/threads/thread-feed.js'
import type { Page } from '../../../../src/spi/index.js'

/* Pages are told apart by their row counts, which stand for their addresses too. */

const DRIVERS = 2
const page = (rowCount: number): Page => ({ rowCount, blocks: [] })

function open(isBroadcast: boolean) {
  const memory = new SharedArrayBuffer(pageRingBytes(1) * DRIVERS)
  const addresses = Array.from({ length: DRIVERS }, (_, driver) => driver * pageRingBytes(1))
  for (const address of addresses) clearRings(memory, address, 1)
  const readers = addresses.map((address) => new PageRingReader(memory, address, 0))
  const told: string[] = []
  const places: number[] = []
  const feed = new ThreadFeed({
    memory,
    addresses,
    isBroadcast,
    placePage: ({ rowCount }, place) => {
      places.push(place)
      return { address: rowCount, wordCount: 1, byteLength: 8 }
    },
    wakeReader: (driver) => told.push(`wake ${driver}`),
    onFinish: () => told.push('end'),
  })
  const take = (driver: number): number | undefined => {
    const taken = readers[driver]!.next()
    if (taken !== undefined && readers[driver]!.release(taken.slot)) feed.wake()
    return taken?.address
  }
  return { feed, readers, told, places, take }
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
