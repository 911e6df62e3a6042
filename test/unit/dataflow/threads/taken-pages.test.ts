import { describe, expect, it } from 'vitest'
import { joinSharedMemory } from '../../../../src/dataflow/memory/join-memory.js'
import { readPageWords } from '../../../../src/dataflow/memory/page-words.js'
import { QueryMemory, takeQuerySlot } from '../../../../src/dataflow/memory/query-memory.js'
import { createSharedMemory } from '../../../../src/dataflow/memory/shared-memory.js'
import { LentPages } from '../../../../src/dataflow/threads/lent-pages.js'
import { PlacedPages } from '../../../../src/dataflow/threads/placed-pages.js'
import { TakenPages } from '../../../../src/dataflow/threads/taken-pages.js'
import { openThreadPages } from '../../../../src/dataflow/threads/thread-pages.js'
import {
  clearRings,
  PageRingReader,
  pageRingBytes,
  RING_PAGES,
} from '../../../../src/exchange/threads/page-ring.js'
import { threadAddress } from '../../../../src/exchange/threads/thread-channel.js'
import { ThreadFeed } from '../../../../src/exchange/threads/thread-feed.js'
import { ThreadOutput } from '../../../../src/exchange/threads/thread-output.js'
import {
  BIGINT,
  type Block,
  blockOf,
  type FlatBlock,
  type Page,
  readValue,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

/*
 * The way of remote pages through a driver, in one thread: from who has received them, through a ring to the driver, and through another to who
 * reads what it hands on.
 */

const ROWS = 40
const TYPES = [BIGINT, VARCHAR, VARCHAR]
const DICTIONARY = blockOf(VARCHAR, ['left', 'right']) as FlatBlock
const LIMIT_BYTES = 64 * 2 ** 20

/** As they are received: in the JavaScript heap. */
const received = (value: number): Page => ({
  rowCount: ROWS,
  blocks: [
    blockOf(BIGINT, Array<number>(ROWS).fill(value)),
    blockOf(VARCHAR, Array<string>(ROWS).fill(`page ${value}`)),
    {
      encoding: 'dictionary',
      type: VARCHAR,
      rowCount: ROWS,
      codes: new Uint8Array(ROWS).fill(value % 2),
      dictionary: DICTIONARY,
      dictionaryId: 'of all pages',
      validity: null,
    },
  ],
})

interface Options {
  readonly drivers?: number
  /** Of each driver. */
  readonly sources?: number
  readonly isBroadcast?: boolean
  /** What a driver may be given of a source before it has given back. */
  readonly bytesMax?: number
}

function open({ drivers = 1, sources = 1, isBroadcast = false, bytesMax = 2 ** 24 }: Options = {}) {
  const shared = createSharedMemory(LIMIT_BYTES)
  const allocator = joinSharedMemory(shared)
  const slot = takeQuerySlot(allocator, new Set(), LIMIT_BYTES)
  const caller = new QueryMemory(allocator, slot)
  const { buffer } = allocator.memory
  const ringArena = caller.createArena()
  const ring = (): number => {
    const { byteOffset } = ringArena.allocate(pageRingBytes(1))
    clearRings(buffer, byteOffset, 1)
    return byteOffset
  }
  const inUse = { pages: 0 }
  const feeds = Array.from({ length: sources }, () => {
    const addresses = Array.from({ length: drivers }, ring)
    const pages = new PlacedPages(buffer, () => caller.createArena(), drivers)
    const feed = new ThreadFeed({
      memory: buffer,
      addresses,
      isBroadcast,
      pages: {
        place(page, place, readerCount) {
          inUse.pages += 1
          return pages.place(page, place, readerCount)
        },
        giveBack(place) {
          inUse.pages -= 1
          pages.giveBack(place)
        },
      },
      bytesMax: () => bytesMax,
      wakeReader() {},
      onFinish() {},
    })
    return { feed, addresses }
  })
  const workers = Array.from({ length: drivers }, (_, driver) => {
    const memory = new QueryMemory(joinSharedMemory(shared), slot)
    const addresses = feeds.map((feed) => feed.addresses[driver]!)
    return { memory, ...openDriver(buffer, memory, addresses, ring()) }
  })
  return {
    caller,
    inUse,
    feed: feeds[0]!.feed,
    feeds: feeds.map(({ feed }) => feed),
    workers,
    ...workers[0]!,
  }
}

/** A driver that is fed through rings, and hands on through another. */
function openDriver(
  buffer: ArrayBufferLike,
  memory: QueryMemory,
  inRings: readonly number[],
  outRing: number,
) {
  const taken = new TakenPages(() => output.reclaim())
  const sources = inRings.map(
    (ringAddress) =>
      openThreadPages({
        memory: buffer,
        ringAddress,
        sources: [threadAddress('task', 0)],
        types: TYPES,
        take: (page) => taken.take(page),
        wakeProducer() {},
      }).pages,
  )
  const lent = new LentPages({
    memory: buffer,
    queryRuns: memory.runs,
    connectorRuns: memory.allocator.connectorRuns,
    createArena: () => memory.createArena(),
    freeBytes: () => memory.freeBytes,
    taken,
    checks: true,
  })
  const output = new ThreadOutput({
    memory: buffer,
    address: outRing,
    driver: 0,
    pages: lent,
    wakeReader() {},
    onFinish() {},
    onFailure() {},
  })
  const reader = new PageRingReader(buffer, outRing, 0)
  const [pages] = sources
  let isWaiting = false
  /** A driver with room for a page, or that waits for one: hands on what an operator makes of the next, if there is one. */
  const drive = (operator: (page: Page) => Page): void => {
    if (!isWaiting && output.isFull) return
    if (!isWaiting) output.reclaim()
    const page = pages!.next()
    isWaiting = typeof page !== 'object'
    if (typeof page === 'object') output.add(operator(page))
  }
  const read = (types = TYPES): { readonly page: Page; release(): void } | undefined => {
    const next = reader.next()
    if (next === undefined) return undefined
    const words = new Float64Array(buffer, next.address, next.wordCount)
    const page = readPageWords(
      words,
      buffer,
      types.map((_, channel) => channel),
      types,
    )
    return { page, release: () => reader.release(next.hold) }
  }
  return { worker: memory, sources, pages: pages!, lent, output, drive, read }
}

const cellsOf = ({ blocks, rowCount }: Page): ReadonlySet<string> =>
  new Set(
    Array.from({ length: rowCount }, (_, row) =>
      blocks.map((block) => String(readValue(block, row))).join(' | '),
    ),
  )

const cellsWritten = (value: number): ReadonlySet<string> =>
  new Set([`${value} | page ${value} | ${value % 2 === 0 ? 'left' : 'right'}`])

describe('blocks of remote pages that pass through a driver', () => {
  it(`are read where they were placed, however long and in which order (seed ${SEED})`, () => {
    const random = createRandom(SEED)
    const { worker, feed, lent, drive, read } = open()
    const arena = worker.createArena()
    const selected = (block: Block): Block => {
      const bytes = arena.allocate(block.rowCount / 2)
      const codes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
      codes.forEach((_, i) => {
        codes[i] = 2 * i
      })
      return {
        encoding: 'dictionary',
        type: block.type,
        rowCount: codes.length,
        codes,
        dictionary: block as FlatBlock,
        validity: null,
      }
    }
    const halved = (block: Block): Block =>
      block.encoding === 'dictionary'
        ? { ...block, rowCount: ROWS / 2, codes: block.codes.subarray(0, ROWS / 2) }
        : block
    const operators: readonly ((page: Page) => Page)[] = [
      (page) => page,
      ({ rowCount, blocks }) => {
        arena.reset()
        const flat = blocks.slice(0, 2).map(selected)
        return { rowCount: rowCount / 2, blocks: [...flat, halved(blocks[2]!)] }
      },
      ({ rowCount, blocks: [first, ...others] }) => {
        arena.reset()
        const bytes = arena.allocate(rowCount * 8)
        const made = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
        made.forEach((_, row) => {
          made[row] = readValue(first!, row) as bigint
        })
        const fields = { encoding: 'flat', storage: 'i64', type: BIGINT, rowCount } as const
        const block = { ...fields, validity: null, values: made, base: 0, factor: 1 }
        return { rowCount, blocks: [block, ...others] }
      },
    ]
    const held: { readonly page: Page; readonly value: number; release(): void }[] = []
    let sent = 0
    let taken = 0
    for (let step = 0; taken < 400; step++) {
      expect(step).toBeLessThan(10_000)
      if (random.chance(0.5) && !feed.isFull) feed.add(received(sent++))
      if (random.chance(0.5)) drive(operators[random.below(operators.length)]!)
      const next = random.chance(0.4) ? read() : undefined
      if (next !== undefined) held.push({ ...next, value: taken++ })
      for (const { page, value } of held) expect(cellsOf(page)).toEqual(cellsWritten(value))
      if (random.chance(0.4) && held.length > 0) {
        held.splice(random.below(held.length), 1)[0]!.release()
      }
    }
    expect(lent.copiedBytes).toBe(0)
  })

  it.each([
    { bytesMax: 2 ** 24, sentMax: 2 * RING_PAGES },
    { bytesMax: 1, sentMax: RING_PAGES + 1 },
  ])('stall who sends while their consumer keeps them, in bounded memory: %j', ({
    bytesMax,
    sentMax,
  }) => {
    const { caller, feed, lent, drive, read } = open({ bytesMax })
    const passOn = (page: Page): Page => page
    let sent = 0
    /** All that is possible while the consumer keeps what it has. */
    const run = (): void => {
      for (let i = 0; i < 100; i++) {
        if (!feed.isFull) feed.add(received(sent++))
        drive(passOn)
      }
    }
    run()
    const kept = Array.from({ length: RING_PAGES }, () => read()!)
    expect(sent).toBe(sentMax)
    const usedBytes = caller.usedBytes
    for (let round = 0; round < 50; round++) {
      run()
      expect(sent).toBe(sentMax + round)
      expect(kept.map(({ page }) => cellsOf(page))).toEqual(
        kept.map((_, i) => cellsWritten(round + i)),
      )
      kept.shift()!.release()
      run()
      kept.push(read()!)
    }
    expect(caller.usedBytes).toBe(usedBytes)
    expect(lent.copiedBytes).toBe(0)
  })

  it('never keep a driver waiting whose consumer has let all go', () => {
    const { feed, drive, read } = open()
    let sent = 0
    for (let round = 0; round < 20; round++) {
      // The driver hands on what it can, and waits; then the consumer takes all.
      expect(feed.isFull).toBe(false)
      while (!feed.isFull) feed.add(received(sent++))
      for (let i = 0; i <= RING_PAGES; i++) drive((page) => page)
      for (let next = read(); next !== undefined; next = read()) next.release()
      drive((page) => page)
    }
    expect(sent).toBeGreaterThan(20)
  })

  it('are given back where the driver leaves them out, though others are kept', () => {
    const { inUse, feed, drive, read, pages } = open()
    for (let value = 0; value < RING_PAGES - 1; value++) {
      feed.add(received(value))
      drive((page) => page)
    }
    const kept = Array.from({ length: RING_PAGES - 1 }, () => read()!)
    for (let value = 0; value < 20; value++) {
      expect(feed.isFull).toBe(false)
      feed.add(received(100 + value))
      expect(inUse.pages).toBe(kept.length + 1)
      const page = pages.next()
      expect(cellsOf(page as Page)).toEqual(cellsWritten(100 + value))
      pages.next()
    }
    expect(kept.map(({ page }) => cellsOf(page))).toEqual(kept.map((_, i) => cellsWritten(i)))
  })

  it('stay where they are that every driver is given, until all that was made of them was given back', () => {
    const { inUse, feed, workers } = open({ drivers: 2, isBroadcast: true })
    for (let value = 0; value < RING_PAGES; value++) {
      feed.add(received(value))
      for (const { drive } of workers) drive((page) => page)
    }
    const kept = workers.map(({ read }) => Array.from({ length: RING_PAGES }, () => read()!))
    for (let value = 0; value < RING_PAGES; value++) feed.add(received(100 + value))
    for (const pages of kept) {
      expect(pages.map(({ page }) => cellsOf(page))).toEqual(pages.map((_, i) => cellsWritten(i)))
    }
    for (const { release } of kept[0]!) release()
    for (const { drive } of workers) drive((page) => page)
    feed.add(received(7))
    expect(inUse.pages).toBe(2 * RING_PAGES + 1)
    for (const { release } of kept[1]!) release()
    for (const { drive } of workers) drive((page) => page)
    feed.add(received(8))
    expect(inUse.pages).toBe(RING_PAGES + 2)
    expect(workers.map(({ lent }) => lent.copiedBytes)).toEqual([0, 0])
  })

  it('stay where they are after later ones were taken', () => {
    const { feeds, lent, sources, output, read } = open({ sources: 2 })
    const nextOf = (source: number, value: number): Page => {
      feeds[source]!.add(received(value))
      return sources[source]!.next() as Page
    }
    for (let round = 0; round < 10; round++) {
      const first = nextOf(0, round)
      nextOf(1, 100)
      const second = nextOf(1, 200)
      // Blocks of several pages, of which the first was taken before two others.
      output.add({
        rowCount: ROWS,
        blocks: [first.blocks[0]!, second.blocks[1]!, first.blocks[2]!],
      })
      sources[0]!.next()
      sources[1]!.next()
      for (let i = 0; i < RING_PAGES; i++) nextOf(i % 2, 300 + i)
      const { page, release } = read()!
      expect(cellsOf(page)).toEqual(
        new Set([`${round} | page 200 | ${round % 2 === 0 ? 'left' : 'right'}`]),
      )
      release()
      output.reclaim()
    }
    expect(lent.copiedBytes).toBe(0)
  })

  it(`never hold up their drivers, whatever is kept and however little may be, and are all given back (seed ${SEED})`, () => {
    const random = createRandom(SEED)
    for (let round = 0; round < 30; round++) {
      const drivers = 1 + random.below(3)
      const isBroadcast = random.chance(0.5)
      const bytesMax = random.below(3) * random.below(2 ** 17)
      const { inUse, feed, workers } = open({ drivers, isBroadcast, bytesMax })
      const kept = workers.map((): { page: Page; value: number; release(): void }[] => [])
      const seen = workers.map((): number[] => [])
      let sent = 0
      const act = (worker: number, keepsMax: number): void => {
        const { drive, read } = workers[worker]!
        drive(({ rowCount, blocks: [value, text, code] }) => {
          // Some leave blocks out.
          const constant = blockOf(VARCHAR, Array<string>(rowCount).fill('left'))
          return {
            rowCount,
            blocks: random.chance(0.2) ? [value!, constant, code!] : [value!, text!, code!],
          }
        })
        const held = kept[worker]!
        if (held.length > keepsMax) held.splice(random.below(held.length), 1)[0]!.release()
        const next = read()
        if (next === undefined) return
        const value = Number(readValue(next.page.blocks[0]!, 0))
        seen[worker]!.push(value)
        held.push({ ...next, value })
        for (const { page, value } of held) {
          expect(Number(readValue(page.blocks[0]!, ROWS - 1))).toBe(value)
          expect([`page ${value}`, 'left']).toContain(readValue(page.blocks[1]!, ROWS - 1))
        }
      }
      const target = 60
      for (let step = 0; sent < target; step++) {
        expect(step).toBeLessThan(20_000)
        if (!feed.isFull && random.chance(0.7)) feed.add(received(sent++))
        // A consumer keeps all that it may: it is given a page more only for one that it lets go.
        act(random.below(drivers), random.below(RING_PAGES))
      }
      const isDone = () =>
        seen.reduce((sum, { length }) => sum + length, 0) >= target * (isBroadcast ? drivers : 1)
      for (let step = 0; !isDone(); step++) {
        expect(step).toBeLessThan(1000)
        for (const worker of workers.keys()) act(worker, 0)
      }
      for (const held of kept) for (const { release } of held.splice(0)) release()
      for (const { pages, output } of workers) {
        output.reclaim()
        pages.next()
      }
      for (const values of seen) expect(values).toEqual(values.toSorted((a, b) => a - b))
      feed.add(received(sent))
      expect(inUse.pages).toBe(1)
      expect(workers.map(({ worker }) => worker.runs.lentBytes)).toEqual(workers.map(() => 0))
    }
  })
})
