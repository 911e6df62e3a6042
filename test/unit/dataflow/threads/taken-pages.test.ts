import { describe, expect, it } from 'vitest'
import { joinSharedMemory } from '../../../../src/dataflow/memory/join-memory.js'
import { readPageWords } from '../../../../src/dataflow/memory/page-words.js'
import { QueryMemory, takeQuerySlot } from '../../../../src/dataflow/memory/query-memory.js'
import { createSharedMemory } from '../../../../src/dataflow/memory/shared-memory.js'
import { LentPages } from '../../../../src/dataflow/threads/lent-pages.js'
import { pagePlacer } from '../../../../src/dataflow/threads/placed-pages.js'
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
const TYPES = [BIGINT, VARCHAR]
const LIMIT_BYTES = 64 * 2 ** 20

/** As they are received: in the JavaScript heap. */
const received = (value: number): Page => ({
  rowCount: ROWS,
  blocks: [
    blockOf(BIGINT, Array<number>(ROWS).fill(value)),
    blockOf(VARCHAR, Array<string>(ROWS).fill(`page ${value}`)),
  ],
})

function open(isForAll: boolean) {
  const shared = createSharedMemory(LIMIT_BYTES)
  const allocator = joinSharedMemory(shared)
  const slot = takeQuerySlot(allocator, new Set(), LIMIT_BYTES)
  const caller = new QueryMemory(allocator, slot)
  const worker = new QueryMemory(joinSharedMemory(shared), slot)
  const { buffer } = allocator.memory
  const ring = (): number => {
    const { byteOffset } = caller.createArena().allocate(pageRingBytes(1))
    clearRings(buffer, byteOffset, 1)
    return byteOffset
  }
  const [inRing, outRing] = [ring(), ring()]
  const feed = new ThreadFeed({
    memory: buffer,
    addresses: [inRing],
    isBroadcast: false,
    placePage: pagePlacer(buffer, () => caller.createArena()),
    wakeReader() {},
    onFinish() {},
  })
  const taken = new TakenPages(() => output.reclaim())
  const { pages } = openThreadPages({
    memory: buffer,
    ringAddress: inRing,
    sources: [threadAddress('task', 0)],
    types: TYPES,
    take: (page) => taken.take(page, isForAll),
    wakeProducer() {},
  })
  const lent = new LentPages({
    memory: buffer,
    queryRuns: worker.runs,
    connectorRuns: joinSharedMemory(shared).connectorRuns,
    createArena: () => worker.createArena(),
    freeBytes: () => worker.freeBytes,
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
  /** A driver with room for a page: hands on what an operator makes of the next, if there is one. */
  const drive = (operator: (page: Page) => Page): boolean => {
    if (output.isFull) return false
    output.reclaim()
    const page = pages.next()
    if (typeof page !== 'object') return false
    output.add(operator(page))
    return true
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
    return { page, release: () => reader.release(next.slot) }
  }
  return { caller, worker, feed, pages, lent, output, drive, read }
}

const cellsOf = ({ blocks, rowCount }: Page): ReadonlySet<string> =>
  new Set(
    Array.from({ length: rowCount }, (_, row) =>
      blocks.map((block) => String(readValue(block, row))).join(' | '),
    ),
  )

const cellsWritten = (value: number): ReadonlySet<string> => new Set([`${value} | page ${value}`])

describe('blocks of remote pages that pass through a driver', () => {
  it(`are read where they were placed, however long and in which order (seed ${SEED})`, () => {
    const random = createRandom(SEED)
    const { worker, feed, lent, drive, read } = open(false)
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
    const operators: readonly ((page: Page) => Page)[] = [
      (page) => page,
      ({ rowCount, blocks }) => {
        arena.reset()
        return { rowCount: rowCount / 2, blocks: blocks.map(selected) }
      },
      ({ rowCount, blocks: [first, second] }) => {
        arena.reset()
        const bytes = arena.allocate(rowCount * 8)
        const made = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
        made.forEach((_, row) => {
          made[row] = readValue(first!, row) as bigint
        })
        const fields = { encoding: 'flat', storage: 'i64', type: BIGINT, rowCount } as const
        const block = { ...fields, validity: null, values: made, base: 0, factor: 1 }
        return { rowCount, blocks: [block, second!] }
      },
    ]
    const held: { readonly page: Page; readonly value: number; release(): void }[] = []
    let sent = 0
    let taken = 0
    while (taken < 400) {
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

  it('stall who sends while their consumer keeps them, in bounded memory', () => {
    const { caller, feed, lent, drive, read } = open(false)
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
    expect(sent).toBe(RING_PAGES)
    const usedBytes = caller.usedBytes
    const kept = Array.from({ length: RING_PAGES }, () => read()!)
    for (let round = 0; round < 50; round++) {
      run()
      expect(sent).toBe(RING_PAGES + round)
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

  it('let their slot go where the driver leaves them out, though others are kept', () => {
    const { feed, drive, read, pages } = open(false)
    for (let value = 0; value < RING_PAGES - 1; value++) {
      feed.add(received(value))
      drive((page) => page)
    }
    const kept = Array.from({ length: RING_PAGES - 1 }, () => read()!)
    for (let value = 0; value < 20; value++) {
      expect(feed.isFull).toBe(false)
      feed.add(received(100 + value))
      const page = pages.next()
      expect(cellsOf(page as Page)).toEqual(cellsWritten(100 + value))
      pages.next()
    }
    expect(kept.map(({ page }) => cellsOf(page))).toEqual(kept.map((_, i) => cellsWritten(i)))
    for (const { release } of kept) release()
    feed.add(received(7))
    pages.next()
    for (let value = 0; value < RING_PAGES - 1; value++) feed.add(received(value))
    expect(feed.isFull).toBe(true)
  })

  it('are copied where every driver is given them, so that none holds up another', () => {
    const { feed, lent, output, drive, read } = open(true)
    for (let value = 0; value < RING_PAGES; value++) {
      feed.add(received(value))
      drive((page) => page)
    }
    expect(lent.copiedBytes).toBeGreaterThan(0)
    const kept = Array.from({ length: RING_PAGES }, () => read()!)
    feed.add(received(8))
    expect(kept.map(({ page }) => cellsOf(page))).toEqual(kept.map((_, i) => cellsWritten(i)))
    for (const { release } of kept) release()
    output.reclaim()
  })
})
