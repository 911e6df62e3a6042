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
  let isWaiting = false
  /** A driver with room for a page, or that waits for one: hands on what an operator makes of the next, if there is one. */
  const drive = (operator: (page: Page) => Page): void => {
    if (!isWaiting && output.isFull) return
    if (!isWaiting) output.reclaim()
    const page = pages.next()
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

const cellsWritten = (value: number): ReadonlySet<string> =>
  new Set([`${value} | page ${value} | ${value % 2 === 0 ? 'left' : 'right'}`])

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

  it('never keep a driver waiting whose consumer has let all go', () => {
    const { feed, drive, read } = open(false)
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
