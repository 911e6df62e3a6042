import {
  type Block,
  type FlatBlock,
  type IntegerBlock,
  MAX_PAGE_ROWS,
  type StoredPage,
} from '../../spi/index.js'
import type { MemoryColumnHandle } from './handles.js'

/** The hidden column that names a row: the place of its page in memory, which no two living pages share, and its position. */
export const ROW_ID_COLUMN: MemoryColumnHandle = Object.freeze({
  name: '$row_id',
  type: { kind: 'bigint' } as const,
  channel: -1,
})

/** Stored pages begin at multiples of 16 bytes of a segment of 4 GB at most. */
const PAGE_ALIGNMENT = 16
const PAGES_PER_SEGMENT = 2 ** 32 / PAGE_ALIGNMENT

export const pageNumber = ({ segment, offset }: StoredPage): number =>
  segment * PAGES_PER_SEGMENT + offset / PAGE_ALIGNMENT

const POSITIONS = Int32Array.from({ length: MAX_PAGE_ROWS }, (_, position) => position)

/** The row ids of a page; only their base differs from page to page. */
export function rowIdBlock(stored: StoredPage): IntegerBlock {
  const base = pageNumber(stored) * MAX_PAGE_ROWS
  return {
    type: ROW_ID_COLUMN.type,
    rowCount: stored.rowCount,
    encoding: 'flat',
    storage: 'i32',
    values: POSITIONS.subarray(0, stored.rowCount),
    base,
    factor: 1,
    validity: null,
    bounds: { min: base, max: base + stored.rowCount - 1 },
    ascending: true,
  }
}

/** Rows by the number of their page: bit i of a bitmap is position i. */
export class RowSet {
  readonly #pages = new Map<number, Uint8Array>()

  get isEmpty(): boolean {
    return this.#pages.size === 0
  }
  /** Numbers of the pages that have any of the rows. */
  get pages(): Iterable<number> {
    return this.#pages.keys()
  }

  /** Adds the rows of a block of row ids. */
  add(rowIds: Block): void {
    const { values, codes } = integersOf(rowIds)
    let known = -1
    let bits = new Uint8Array(0)
    for (let i = 0; i < rowIds.rowCount; i++) {
      const id = values[codes === undefined ? i : codes[i]!]!
      const page = Math.floor(id / MAX_PAGE_ROWS)
      if (page !== known) {
        known = page
        bits = this.#bitsOf(page)
      }
      const position = id - page * MAX_PAGE_ROWS
      bits[position >> 3]! |= 1 << (position & 7)
    }
  }

  addAll(others: RowSet): void {
    for (const [page, bits] of others.#pages) {
      const own = this.#bitsOf(page)
      for (let i = 0; i < own.length; i++) own[i]! |= bits[i]!
    }
  }

  /** Names the page of its rows anew. */
  rename(from: StoredPage, to: StoredPage): void {
    const bits = this.#pages.get(pageNumber(from))
    if (bits === undefined || from === to) return
    this.#pages.delete(pageNumber(from))
    this.#pages.set(pageNumber(to), bits)
  }

  /** Positions of a page that are not in the set, ascending; undefined where none of the page's rows is in it. */
  otherPositions(stored: StoredPage): Int32Array | undefined {
    const bits = this.#pages.get(pageNumber(stored))
    if (bits === undefined) return undefined
    const others = new Int32Array(stored.rowCount)
    let count = 0
    for (let position = 0; position < stored.rowCount; position++) {
      if ((bits[position >> 3]! & (1 << (position & 7))) === 0) others[count++] = position
    }
    return others.subarray(0, count)
  }

  #bitsOf(page: number): Uint8Array<ArrayBuffer> {
    let bits = this.#pages.get(page) as Uint8Array<ArrayBuffer> | undefined
    if (bits === undefined) {
      bits = new Uint8Array(MAX_PAGE_ROWS / 8)
      this.#pages.set(page, bits)
    }
    return bits
  }
}

/** The integers of a block, and for a dictionary the codes of its positions into them. */
export function integersOf(block: Block): {
  readonly values: Float64Array
  readonly codes?: { readonly [position: number]: number }
} {
  switch (block.encoding) {
    case 'flat':
      return { values: flatIntegers(block) }
    case 'constant':
      return { values: new Float64Array(block.rowCount).fill(flatIntegers(block.value)[0]!) }
    case 'dictionary':
      return { values: flatIntegers(block.dictionary), codes: block.codes }
  }
}

function flatIntegers(block: FlatBlock): Float64Array {
  const { values, base, factor } = block as IntegerBlock
  const integers = new Float64Array(block.rowCount)
  if (values instanceof BigInt64Array) {
    for (let i = 0; i < integers.length; i++) integers[i] = Number(values[i]!)
  } else {
    for (let i = 0; i < integers.length; i++) integers[i] = base + factor * values[i]!
  }
  return integers
}
