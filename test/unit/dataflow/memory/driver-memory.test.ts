import { expect, test } from 'vitest'
import { DriverMemory, type Revocable } from '../../../../src/dataflow/memory/driver-memory.js'
import type { OperatorAccount } from '../../../../src/dataflow/memory/operator-account.js'
import { WAIT } from '../../../../src/dataflow/page-stream.js'
import { BIGINT, blockOf, type Page } from '../../../../src/spi/index.js'
import { queryMemory } from '../../../support/operator-environment.js'

const MB = 2 ** 20
const ROWS = 16_384

const rows = (memory: ReturnType<typeof queryMemory>): Page => {
  const block = blockOf(
    BIGINT,
    Array.from({ length: ROWS }, (_, i) => BigInt(i)),
    memory.createArena(),
  )
  return { rowCount: ROWS, blocks: [block] }
}

/** What holds memory and gives it back. */
function holder(account: OperatorAccount, heldBytes: number): Revocable & { revocations: number } {
  const arena = account.createArena()
  arena.allocate(heldBytes)
  return {
    revocations: 0,
    get revocableBytes() {
      return arena.heldBytes
    },
    get neededBytes() {
      return arena.heldBytes
    },
    *revoke() {
      this.revocations += 1
      arena.close()
      yield
    },
  }
}

const waiter = () => ({
  isCancelled: false,
  waits: 0,
  takesTurn: () => false,
  waitForMemory() {
    this.waits += 1
  },
})

test('what one operator has reserved no other gets, and what it claims is drawn from that', () => {
  const memory = queryMemory(16 * MB)
  const driver = new DriverMemory(memory, false)
  const [one, other] = [driver.createAccount(), driver.createAccount()]
  expect(one.reserve(10 * MB)).toBe(true)
  expect(other.reserve(6 * MB)).toBe(false)
  expect(other.reserve(4 * MB)).toBe(true)
  expect(memory.freeBytes).toBe(2 * MB)
  one.createArena().allocate(8 * MB)
  expect([memory.usedBytes, memory.reservedBytes]).toEqual([8 * MB, 6 * MB])
  expect(one.freeBytes).toBe(4 * MB)
  one.reserve(0)
  expect([memory.freeBytes, memory.reservedBytes]).toEqual([4 * MB, 4 * MB])
  memory.releaseAll()
  expect([memory.usedBytes, memory.reservedBytes, memory.allocator.reservedBytes]).toEqual([
    0, 0, 0,
  ])
})

test('where memory is scarce, an operator gives its own back, and gets fewer rows at once', () => {
  const memory = queryMemory(16 * MB)
  const driver = new DriverMemory(memory, false)
  const account = driver.createAccount()
  const page = rows(memory)
  const operator = holder(account, 8 * MB)
  const parts = [...driver.parts(operator, account, page, waiter())]
  expect(operator.revocations).toBe(1)
  expect(parts).toEqual([page])
  account.reserve(0)
  memory.createArena().allocate(memory.freeBytes - 2 * MB)
  const counts = [...driver.parts(operator, account, page, waiter())].map((part) =>
    part === WAIT ? 0 : part.rowCount,
  )
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(ROWS)
  expect(Math.max(...counts)).toBeLessThan(ROWS)
  memory.releaseAll()
})

test('a driver that has nothing waits until a busy one has given back, and goes on where none is', () => {
  const memory = queryMemory(16 * MB)
  const [large, small] = [new DriverMemory(memory, false), new DriverMemory(memory, false)]
  const [largeAccount, smallAccount] = [large.createAccount(), small.createAccount()]
  const page = rows(memory)
  const operator = holder(largeAccount, 4 * MB)
  large.setBusy(true)
  small.setBusy(true)
  expect([...large.parts(operator, largeAccount, page, waiter())]).toEqual([page])
  const poor = holder(smallAccount, 1)
  memory.createArena().allocate(memory.freeBytes - MB / 2)
  const waits = waiter()
  const parts = small.parts(poor, smallAccount, page, waits)[Symbol.iterator]()
  expect(parts.next().value).toBe(WAIT)
  expect(parts.next().value).toBe(WAIT)
  expect(waits.waits).toBe(2)
  // Asked by the one that waits, although there is enough for its own page.
  expect([...large.parts(operator, largeAccount, page, waiter())]).toEqual([page])
  expect(operator.revocations).toBe(1)
  expect(parts.next().value).toMatchObject({ rowCount: expect.any(Number) })
  largeAccount.reserve(0)
  memory.createArena().allocate(memory.freeBytes)
  large.setBusy(false)
  expect([...parts].every((part) => part !== WAIT)).toBe(true)
  expect(poor.revocations).toBe(0)
  memory.releaseAll()
})
