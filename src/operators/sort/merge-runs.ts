import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { sliceBlock } from '../../expressions/wasm/import.js'
import type { Arena, Page, SqlType } from '../../spi/index.js'
import { concatBlocks } from '../kernels/concat.js'
import { gatherBlock } from '../kernels/gather.js'
import { memoryOf } from '../operator-memory.js'
import type { ChannelOrder } from '../spec.js'
import { type LeadingKeys, leadingKeys } from './leading-key.js'
import { type RowOrder, rowOrder } from './row-order.js'

/** A sorted run: its pages in order, each valid for as long as the merge, or until it is released. */
export interface Run extends Iterator<Page, void> {
  /** Called before each page of the merge: pages before the last one are not read any more. */
  release?(): void
}

/** Where a run stands. */
interface Cursor {
  readonly run: Run
  /** Earlier runs come first among equal rows. */
  readonly index: number
  readonly keyArena: Arena
  page: Page
  keys: LeadingKeys
  position: number
}

/** Rows of one page that go into an output batch. */
interface Slice {
  readonly page: Page
  readonly from: number
  count: number
}

/**
 * Merges sorted runs into pages of at most `pageRows` rows; equal rows come in the order of the runs. A page is valid
 * until the next is asked for. O(rows · log runs).
 * @source Trino MergeSortedPages
 */
export class RunMerger {
  readonly #orderBy: readonly ChannelOrder[]
  readonly #types: readonly SqlType[]
  readonly #pageRows: number
  readonly #createArena: () => Arena
  readonly #output: Arena
  readonly #memory: WebAssembly.Memory
  readonly #order: RowOrder
  /** A binary heap: the cursor of the least row first. */
  readonly #heap: Cursor[] = []
  readonly #arenas: Arena[] = []

  constructor(
    runs: readonly Run[],
    orderBy: readonly ChannelOrder[],
    types: readonly SqlType[],
    pageRows: number,
    createArena: () => Arena,
  ) {
    this.#orderBy = orderBy
    this.#types = types
    this.#pageRows = pageRows
    this.#createArena = createArena
    this.#output = this.#newArena()
    this.#memory = memoryOf(this.#output)
    this.#order = rowOrder(orderBy, types)
    for (const [index, run] of runs.entries()) this.#open(run, index)
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#siftDown(i)
  }

  #newArena(): Arena {
    const arena = this.#createArena()
    this.#arenas.push(arena)
    return arena
  }

  #open(run: Run, index: number): void {
    const keyArena = this.#newArena()
    const page = nextPage(run)
    if (page === undefined) return
    const keys = this.#keysOf(page, keyArena)
    this.#heap.push({ run, index, keyArena, page, keys, position: 0 })
  }

  #keysOf(page: Page, arena: Arena): LeadingKeys {
    arena.reset()
    const leading = this.#orderBy[0]!
    return leadingKeys(this.#memory, page.blocks[leading.channel]!, leading, arena)
  }

  /** The next rows; undefined at the end. */
  next(): Page | undefined {
    const first = this.#heap[0]
    if (first === undefined) return undefined
    for (const { run } of this.#heap) run.release?.()
    this.#output.reset()
    return this.#heap.length === 1 ? this.#restOfPage(first) : this.#mergedPage()
  }

  /** The last run needs no merging. */
  #restOfPage(cursor: Cursor): Page {
    const { page, position } = cursor
    const count = Math.min(this.#pageRows, page.rowCount - position)
    cursor.position += count
    if (cursor.position === page.rowCount && !this.#advancePage(cursor)) this.#heap.pop()
    return {
      rowCount: count,
      blocks: page.blocks.map((block) => sliceBlock(block, position, count, this.#output)),
    }
  }

  #mergedPage(): Page {
    const pageRows = this.#pageRows
    // For each output row its slice and the place in it.
    const sliceOf = allocateInt32(this.#output, pageRows)
    const placeOf = allocateInt32(this.#output, pageRows)
    const slices: Slice[] = []
    const openSlices = new Map<Cursor, number>()
    let rowCount = 0
    while (rowCount < pageRows && this.#heap.length > 0) {
      const cursor = this.#heap[0]!
      let slice = openSlices.get(cursor)
      if (slice === undefined) {
        slice = slices.length
        openSlices.set(cursor, slice)
        slices.push({ page: cursor.page, from: cursor.position, count: 0 })
      }
      sliceOf[rowCount] = slice
      placeOf[rowCount] = slices[slice]!.count++
      rowCount += 1
      cursor.position += 1
      if (cursor.position === cursor.page.rowCount) {
        openSlices.delete(cursor)
        if (!this.#advancePage(cursor)) this.#removeFirst()
      }
      this.#siftDown(0)
    }
    const offsets: number[] = []
    let offset = 0
    for (const { count } of slices) {
      offsets.push(offset)
      offset += count
    }
    for (let i = 0; i < rowCount; i++) placeOf[i] = placeOf[i]! + offsets[sliceOf[i]!]!
    return this.#gatherSlices(slices, placeOf, rowCount)
  }

  #gatherSlices(slices: readonly Slice[], places: Int32Array, rowCount: number): Page {
    const arena = this.#output
    const blocks = this.#types.map((type, channel) => {
      const parts = slices.map(({ page, from, count }) =>
        sliceBlock(page.blocks[channel]!, from, count, arena),
      )
      const joined = parts.length === 1 ? parts[0]! : concatBlocks(parts, type, arena)
      return slices.length === 1 ? joined : gatherBlock(joined, places, rowCount, arena)
    })
    return { rowCount, blocks }
  }

  /** @returns false at the end of the run */
  #advancePage(cursor: Cursor): boolean {
    const page = nextPage(cursor.run)
    if (page === undefined) return false
    cursor.page = page
    cursor.keys = this.#keysOf(page, cursor.keyArena)
    cursor.position = 0
    return true
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!
    if (this.#heap.length > 0) this.#heap[0] = last
  }

  #siftDown(from: number): void {
    const heap = this.#heap
    let at = from
    for (;;) {
      let least = at
      const left = 2 * at + 1
      if (left < heap.length && this.#isBefore(heap[left]!, heap[least]!)) least = left
      if (left + 1 < heap.length && this.#isBefore(heap[left + 1]!, heap[least]!)) least = left + 1
      if (least === at) return
      const moved = heap[at]!
      heap[at] = heap[least]!
      heap[least] = moved
      at = least
    }
  }

  #isBefore(a: Cursor, b: Cursor): boolean {
    const aWords = a.keys.words
    const bWords = b.keys.words
    const aAt = 2 * a.position
    const bAt = 2 * b.position
    const aHigh = aWords[aAt + 1]!
    const bHigh = bWords[bAt + 1]!
    if (aHigh !== bHigh) return aHigh < bHigh
    const aLow = aWords[aAt]!
    const bLow = bWords[bAt]!
    if (aLow !== bLow) return aLow < bLow
    const sign = this.#order(a.page.blocks, a.position, b.page.blocks, b.position)
    return sign === 0 ? a.index < b.index : sign < 0
  }

  close(): void {
    for (const arena of this.#arenas) arena.close()
  }
}

/** The next page that has rows. */
function nextPage(run: Run): Page | undefined {
  for (;;) {
    const { done, value } = run.next()
    if (done) return undefined
    if (value.rowCount > 0) return value
  }
}
