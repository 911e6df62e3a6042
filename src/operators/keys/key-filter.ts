import type { Selection } from '../../expressions/page-expression.js'
import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  type Block,
  type IntegerBlock,
  readValue,
  type SqlType,
  type Value,
  valueKey,
} from '../../spi/index.js'
import { memoryOf } from '../operator-memory.js'
import { type KeyFilterMode, keyFilterKernels } from './key-filter-kernels.js'
import { keyKind } from './key-kind.js'
import { extentOf, rangeBlock } from './key-source.js'

/**
 * What the keys of a join's build side say about a column of the rows that can match: plain data about shared memory, for all
 * threads.
 */
export interface KeyFilterState {
  readonly type: SqlType
  /** There is no key that is not null: nothing matches. */
  readonly isEmpty: boolean
  /** Of keys that are integers. */
  readonly integers: IntegerFilterState | undefined
  /** All keys, each once, where there are few: what connectors prune by. */
  readonly values: readonly Value[] | undefined
}

/** State of a pipeline that filters are made in: one a key, where some scan uses it. */
export interface KeyFilterStates {
  readonly filters: readonly (KeyFilterState | undefined)[]
}

export interface IntegerFilterState {
  readonly min: bigint
  readonly max: bigint
  /** Address of the bitmap. */
  readonly bits: number
  /** log2 of a hashed bitmap's length; 0: a dense one, whose bits are distances from `min`. */
  readonly hashBits: number
}

/** A dense bitmap may have this many bits a row, and up to so many whatever the rows: clearing it costs less than a scan. */
const DENSE_BITS_PER_ROW = 256n
const DENSE_BITS_ALWAYS = 1n << 23n
const DENSE_BITS_MAX = 1n << 29n
/** Bits a row of a hashed bitmap: one key in so many that are not there passes. */
const HASHED_BITS_PER_ROW = 16
const VALUES_MAX = 256
/** Rows looked at for distinct values, in JavaScript. */
const VALUE_ROWS_MAX = 2048

/** The filter that lets every key through: nothing is known of them but that they are not null. */
export const openFilter = (type: SqlType): KeyFilterState => ({
  type,
  isEmpty: false,
  integers: undefined,
  values: undefined,
})

/**
 * The filter of a key column.
 * @param column there as long as the filter is used
 * @param kept takes the bitmap
 */
export function makeKeyFilter(
  memory: WebAssembly.Memory,
  column: Block,
  type: SqlType,
  kept: Arena,
  scratch: Arena,
): KeyFilterState {
  const values = fewValues(column, type)
  const nothing = { type, isEmpty: true, integers: undefined, values: [] }
  if (values?.length === 0) return nothing
  if (keyKind(type) !== 'range') return { type, isEmpty: false, integers: undefined, values }
  const integers = integerFilter(memory, rangeBlock(column, scratch), kept, scratch)
  return integers === undefined ? nothing : { type, isEmpty: false, integers, values }
}

/** Filters of the columns that are given, which are there as long as the filters are used. */
export function keyFilterStates(
  columns: readonly (Block | undefined)[],
  kept: Arena,
  createArena: () => Arena,
): readonly (KeyFilterState | undefined)[] {
  if (columns.every((column) => column === undefined)) return columns as readonly undefined[]
  const scratch = createArena()
  try {
    const memory = memoryOf(scratch)
    return columns.map((column) =>
      column === undefined ? undefined : makeKeyFilter(memory, column, column.type, kept, scratch),
    )
  } finally {
    scratch.close()
  }
}

/** @returns undefined where every key is null */

function integerFilter(
  memory: WebAssembly.Memory,
  block: IntegerBlock | undefined,
  kept: Arena,
  scratch: Arena,
): IntegerFilterState | undefined {
  if (block === undefined) return undefined
  // The values' own extent: bounds may be wider.
  const extent = extentOf(memory, { ...block, bounds: undefined }, scratch)
  if (extent === undefined) return undefined
  const { min, max } = extent
  const size = max - min + 1n
  const isDense =
    size <= DENSE_BITS_ALWAYS ||
    (size <= DENSE_BITS_MAX && size <= BigInt(block.rowCount) * DENSE_BITS_PER_ROW)
  const hashBits = isDense ? 0 : Math.ceil(Math.log2(block.rowCount * HASHED_BITS_PER_ROW))
  const bitCount = isDense ? Number(size) + 1 : 2 ** hashBits
  // Read by words of 32 bits.
  const bits = allocateInt32(kept, Math.ceil(bitCount / 32)).fill(0).byteOffset
  const state = { min, max, bits, hashBits }
  const { kernels, args } = bind(memory, block, state)
  kernels.mark(...args)
  return state
}

/** The distinct values, of a column of few rows. */
function fewValues(column: Block, type: SqlType): readonly Value[] | undefined {
  if (column.rowCount > VALUE_ROWS_MAX) return undefined
  const values = new Map<string, Value>()
  for (let i = 0; i < column.rowCount; i++) {
    const value = readValue(column, i)
    // NaN equals nothing in a join.
    if (value === null || Number.isNaN(value)) continue
    values.set(valueKey(type, value), value)
    if (values.size > VALUES_MAX) return undefined
  }
  return [...values.values()]
}

const NARROW_MAX = 1n << 30n

/** Distances from the smallest key are exact in 32 bits: see `narrow` in key-filter-kernels.ts. */
const isNarrow = (block: IntegerBlock, offset: bigint, size: bigint): boolean =>
  block.storage !== 'i64' &&
  block.factor === 1 &&
  size < NARROW_MAX &&
  offset > -NARROW_MAX &&
  offset < NARROW_MAX

/** The kernels for a block, and what tells them where things are. */
function bind(memory: WebAssembly.Memory, block: IntegerBlock, state: IntegerFilterState) {
  const offset = BigInt(block.base) - state.min
  const size = state.max - state.min + 1n
  const mode: KeyFilterMode =
    state.hashBits > 0 ? 'hashed' : isNarrow(block, offset, size) ? 'narrow' : 'dense'
  const { validity, storage, values, rowCount, factor } = block
  return {
    kernels: keyFilterKernels(memory, storage, validity !== null, mode),
    args: [
      values.byteOffset,
      validity === null ? 0 : validity.byteOffset,
      rowCount,
      offset,
      BigInt(factor),
      size,
      BigInt(64 - state.hashBits),
      state.bits,
    ] as const,
  }
}

/** A filter that lets this share of the rows through is not worth its time: it rests for so many pages. */
const USELESS_SHARE = 0.9
const REST_PAGES = 30
const TRIED_ROWS_MIN = 1024
/** Where a page's filter let fewer through, of so many rows, the next is expected to. */
const FEW_SHARE = 0.025

/** Applies the filter of a join's key to pages of the other side, in one thread. */
export class KeyFilter {
  readonly #memory: WebAssembly.Memory
  readonly #state: KeyFilterState
  #restPages = 0
  #keepsFew = false

  constructor(memory: WebAssembly.Memory, state: KeyFilterState) {
    this.#memory = memory
    this.#state = state
  }

  /** Whether no position of the block can pass, by its bounds. */
  excludes(block: Block): boolean {
    const { isEmpty, integers } = this.#state
    if (isEmpty) return true
    if (integers === undefined) return false
    const flat = block.encoding === 'constant' ? block.value : block
    if (flat.encoding !== 'flat') return false
    if (flat.storage === 'null') return true
    if (!('bounds' in flat) || flat.bounds === undefined) return false
    return BigInt(flat.bounds.min) > integers.max || BigInt(flat.bounds.max) < integers.min
  }

  /**
   * Keeps positions whose key may be on the build side. A superset of those that match: a filter that drops little is left out
   * for some pages, and a hashed bitmap lets some others through.
   */
  select(block: Block, selection: Selection, arena: Arena): Selection {
    const { integers } = this.#state
    if (selection.count === 0 || integers === undefined) return selection
    if (this.#restPages > 0) {
      this.#restPages -= 1
      return selection
    }
    const integerBlock = rangeBlock(block, arena)
    if (integerBlock === undefined) return { count: 0, positions: allocateInt32(arena, 0) }
    const { positions, count } = selection
    const { kernels, args } = bind(this.#memory, { ...integerBlock, rowCount: count }, integers)
    // The kernel writes the next position before it knows whether it is kept.
    const out = allocateInt32(arena, count + 1)
    const few = this.#keepsFew
    const kept =
      positions === null
        ? kernels[few ? 'selectFew' : 'select'](...args, out.byteOffset)
        : kernels[few ? 'refineFew' : 'refine'](...args, out.byteOffset, positions.byteOffset)
    this.#keepsFew = kept < count * FEW_SHARE
    if (count >= TRIED_ROWS_MIN && kept > count * USELESS_SHARE) this.#restPages = REST_PAGES
    return kept === count ? selection : { count: kept, positions: out }
  }
}
