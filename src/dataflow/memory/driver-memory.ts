import type { Operator } from '../../operators/operator.js'
import { slicePage } from '../../operators/slice-pages.js'
import type { Page } from '../../spi/index.js'
import { pageBytes } from '../page-bytes.js'
import { WAIT } from '../page-stream.js'
import { OperatorAccount } from './operator-account.js'
import { type QueryMemory, RESERVABLE_PART } from './query-memory.js'
import { ControlLayout, QuerySlot } from './shared-memory.js'

/** What operators take for a row of the page that they are given: keys, codes, groups, positions, and slots of tables that grow. */
const WORK_BYTES_PER_ROW = 160
/** Operators copy a page as it comes, and what they keep of it into whole columns, of which they may pick the first rows and keep those. */
const COPIES_OF_PAGE = 4
/** Giving back less than this is not worth a file. */
const REVOKED_BYTES_MIN = 512 * 1024
/** Where memory is scarce, operators are given pages in parts, the smallest of so many rows. */
const PART_ROWS_MIN = 2048

export type Revocable = Pick<Operator, 'revocableBytes' | 'neededBytes' | 'revoke'>

/** What the driver does while memory is asked for. */
interface Waiter {
  readonly isCancelled: boolean
  takesTurn(): boolean
  /** Waits a moment for memory at its next WAIT. */
  waitForMemory(): void
}

/**
 * A driver's part in the memory of a query that may spill. Before an operator that can give memory back gets rows, what it may need
 * for them is reserved. Where it can't be, it gets fewer rows at once, then gives back what it has; what has little waits until
 * others have given back theirs. It waits only while some driver is busy that doesn't wait itself, so that there is always one that
 * goes on, with what is left of memory.
 * @source Trino MemoryRevokingScheduler; Velox HashAggregation.ensureInputFits
 */
export class DriverMemory {
  readonly #memory: QueryMemory
  readonly #isEager: boolean
  readonly #control: Int32Array
  readonly #slot: number
  #isBusy = false
  /** For memory: then the driver is asked for its next page again and again, and has nothing to do. */
  #isWaiting = false

  /** @param isEager whatever can be given back is, before each page: for tests */
  constructor(memory: QueryMemory, isEager: boolean) {
    this.#memory = memory
    this.#isEager = isEager
    this.#control = memory.allocator.control
    this.#slot = ControlLayout.querySlots + memory.slot * QuerySlot.words
  }

  /** The memory of one of the driver's operators. */
  createAccount(): OperatorAccount {
    return new OperatorAccount(this.#memory)
  }

  /** Whether the driver has work to do: it waits neither for a source, nor for who reads its pages, nor for memory. */
  setBusy(isBusy: boolean): void {
    if (this.#isBusy === isBusy || this.#isWaiting) return
    this.#isBusy = isBusy
    const count = isBusy ? 1 : -1
    Atomics.add(this.#control, this.#slot + QuerySlot.busyDrivers, count)
    Atomics.add(this.#control, ControlLayout.busyDrivers, count)
  }

  /** A page in the parts in which the operator can take it, each once there is memory for it. */
  *parts(
    operator: Revocable,
    account: OperatorAccount,
    page: Page,
    waiter: Waiter,
  ): Generator<Page | typeof WAIT, void> {
    const arena = account.createArena()
    try {
      for (let from = 0; from < page.rowCount; ) {
        const count = yield* this.#admitted(operator, account, page, page.rowCount - from, waiter)
        if (waiter.isCancelled) return
        arena.reset()
        yield slicePage(page, from, count, arena)
        from += count
      }
    } finally {
      arena.close()
    }
  }

  /** How many rows of a page an operator can be given now, of `left` that it has not seen. */
  *#admitted(
    operator: Revocable,
    account: OperatorAccount,
    page: Page,
    left: number,
    waiter: Waiter,
  ): Generator<typeof WAIT, number> {
    if (this.#isEager) {
      if ((operator.revocableBytes ?? 0) > 0) yield* this.#revoke(operator, waiter)
      return left
    }
    const rowBytes = workBytesPerRow(page)
    let isRevoked = false
    while (!waiter.isCancelled) {
      const canGive = !isRevoked && (operator.revocableBytes ?? 0) >= REVOKED_BYTES_MIN
      if (!canGive || !this.#takeWanted()) {
        const rows = reservedRows(operator, account, left, rowBytes)
        if (rows > 0) return rows
      }
      if (canGive) {
        yield* this.#revoke(operator, waiter)
        isRevoked = true
      } else {
        const least = neededBytes(operator) + rowBytes * Math.min(left, PART_ROWS_MIN)
        if (!(yield* this.#waitFor(least, account, waiter))) break
      }
    }
    return Math.min(left, PART_ROWS_MIN)
  }

  *#revoke(operator: Revocable, waiter: Waiter): Generator<typeof WAIT, void> {
    for (const _ of operator.revoke?.() ?? []) {
      if (waiter.takesTurn()) yield WAIT
      if (waiter.isCancelled) return
    }
  }

  /** Waits until memory can be reserved, or until nobody is left who could give any back. */
  *#waitFor(
    byteLength: number,
    account: OperatorAccount,
    waiter: Waiter,
  ): Generator<typeof WAIT, boolean> {
    const { usedBytes, reservedBytes, limitBytes } = this.#memory
    const isOwnLimit = usedBytes + reservedBytes + byteLength > limitBytes * RESERVABLE_PART
    const wanted = isOwnLimit ? this.#slot + QuerySlot.memoryWanted : ControlLayout.memoryWanted
    this.setBusy(false)
    this.#isWaiting = true
    try {
      while (!waiter.isCancelled) {
        if (account.reserve(byteLength)) return true
        if (this.#startsAlone(isOwnLimit)) return false
        Atomics.store(this.#control, wanted, 1)
        waiter.waitForMemory()
        yield WAIT
      }
      return false
    } finally {
      this.#isWaiting = false
      this.setBusy(true)
    }
  }

  /** Goes on as the only driver that is busy, of the query, or of all where all of them share what is short. */
  #startsAlone(isOwnLimit: boolean): boolean {
    const own = this.#slot + QuerySlot.busyDrivers
    const all = ControlLayout.busyDrivers
    const [first, second] = isOwnLimit ? [own, all] : [all, own]
    if (Atomics.compareExchange(this.#control, first, 0, 1) !== 0) return false
    Atomics.add(this.#control, second, 1)
    this.#isBusy = true
    return true
  }

  /** Whether somebody waits for memory whom nobody has answered. */
  #takeWanted(): boolean {
    for (const word of [this.#slot + QuerySlot.memoryWanted, ControlLayout.memoryWanted]) {
      if (
        Atomics.load(this.#control, word) !== 0 &&
        Atomics.exchange(this.#control, word, 0) !== 0
      ) {
        return true
      }
    }
    return false
  }
}

/** What an operator may take for each row of a page, beside what it needs for the rows that it has. */
export const workBytesPerRow = (page: Page): number =>
  WORK_BYTES_PER_ROW + (COPIES_OF_PAGE * pageBytes(page)) / page.rowCount

export const neededBytes = ({ neededBytes, revocableBytes = 0 }: Revocable): number =>
  neededBytes ?? 2 * revocableBytes

/** Reserves what the operator needs for as many rows as it can; 0: not even for the smallest part. */
function reservedRows(
  operator: Revocable,
  account: OperatorAccount,
  left: number,
  rowBytes: number,
): number {
  const ownBytes = neededBytes(operator)
  for (let rows = left; ; rows = Math.ceil(rows / 4)) {
    if (account.reserve(ownBytes + rows * rowBytes)) return rows
    if (rows <= PART_ROWS_MIN) return 0
  }
}
