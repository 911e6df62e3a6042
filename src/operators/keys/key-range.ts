import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Arena, Block, Bounds } from '../../spi/index.js'
import { at, type KeySource, loadKey, validBit } from './key-kernels.js'
import { rangeBlock } from './key-source.js'

/** Keys of a column of integers from `min` to `max`. */
export interface KeyRange {
  readonly min: bigint
  readonly max: bigint
  /** NULL is one of them. */
  readonly hasNull: boolean
}

/** What is known of a page without reading it: its rows, and what its keys lie between. */
export interface PageExtent extends Bounds {
  readonly rowCount: number
}

/** Rows of pages that lie in several ranges are picked out one by one: one in so many at most. */
const STRADDLING_PART = 8
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/**
 * Divides keys into as many ranges as there are shares, with about as many rows each.
 * @returns undefined where pages hold keys of all ranges, so that to divide them by hash is no more work
 */
export function divideRanges(
  pages: readonly PageExtent[],
  shares: number,
): readonly KeyRange[] | undefined {
  const rowCount = pages.reduce((sum, page) => sum + page.rowCount, 0)
  const firsts: number[] = []
  let before = 0
  for (const page of pages.toSorted((a, b) => a.min - b.min)) {
    if (firsts.length < shares - 1 && before * shares >= rowCount * (firsts.length + 1)) {
      firsts.push(page.min)
    }
    before += page.rowCount
  }
  if (firsts.length < shares - 1) return undefined
  const isStraddling = ({ min, max }: PageExtent) => firsts.some((f) => min < f && f <= max)
  const straddling = pages.reduce((sum, p) => sum + (isStraddling(p) ? p.rowCount : 0), 0)
  if (straddling * STRADDLING_PART > rowCount) return undefined
  const starts = [INT64_MIN, ...firsts.map(BigInt)]
  return starts.map((min, i) => ({
    min,
    max: i + 1 < starts.length ? starts[i + 1]! - 1n : INT64_MAX,
    hasNull: i === 0,
  }))
}

/** Whether all rows of a page have keys of a range, or none has; undefined: one must look. */
export function liesIn(block: Block, range: KeyRange): boolean | undefined {
  if (!('bounds' in block) || block.bounds === undefined) return undefined
  const { min, max } = block.bounds
  if (max < range.min || min > range.max) {
    return block.validity === null || !range.hasNull ? false : undefined
  }
  if (min < range.min || max > range.max) return undefined
  return block.validity === null || range.hasNull ? true : undefined
}

interface WithinKernel {
  /** Positions of the rows whose key is within the range. @returns how many */
  within(
    source: number,
    validity: number,
    count: number,
    base: bigint,
    factor: bigint,
    min: bigint,
    max: bigint,
    hasNull: number,
    positions: number,
  ): number
}

function withinKernel(memory: WebAssembly.Memory, source: KeySource): WithinKernel['within'] {
  return kernel<WithinKernel>(memory, `key range ${source}`, (m) => {
    m.function(
      'within',
      {
        source: 'i32',
        validity: 'i32',
        count: 'i32',
        base: 'i64',
        factor: 'i64',
        min: 'i64',
        max: 'i64',
        hasNull: 'i32',
        positions: 'i32',
      },
      'i32',
      (f, p) => {
        const i = f.local('i32')
        const found = f.local('i32')
        const value = f.local('i64')
        f.for(i, 0, p.count, () => {
          f.set(value, i64.add(p.base, i64.mul(p.factor, loadKey(source, p.source, i))))
          const isWithin = i32.and(i64.ge_s(value, p.min), i64.le_s(value, p.max))
          const isNull = i32.and(i32.ne(p.validity, 0), i32.eqz(validBit(p.validity, i)))
          f.store32(at(p.positions, found, 2), i)
          f.set(found, i32.add(found, i32.select(isNull, p.hasNull, isWithin)))
        })
        f.return(found)
      },
    )
  }).within
}

/** The positions of the rows whose key is within a range, and how many there are; in `arena`. */
export function positionsWithin(
  memory: WebAssembly.Memory,
  block: Block,
  range: KeyRange,
  arena: Arena,
): { readonly positions: Int32Array; readonly count: number } {
  const { rowCount } = block
  // The kernel writes before it knows whether a row counts.
  const positions = allocateInt32(arena, rowCount + 1)
  const keys = rangeBlock(block, arena)
  if (keys === undefined) {
    const count = range.hasNull ? rowCount : 0
    for (let i = 0; i < count; i++) positions[i] = i
    return { positions, count }
  }
  const count = withinKernel(memory, keys.storage)(
    keys.values.byteOffset,
    keys.validity === null ? 0 : keys.validity.byteOffset,
    rowCount,
    BigInt(keys.base),
    BigInt(keys.factor),
    range.min,
    range.max,
    range.hasNull ? 1 : 0,
    positions.byteOffset,
  )
  return { positions, count }
}
