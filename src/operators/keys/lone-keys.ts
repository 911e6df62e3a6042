import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Arena, Block } from '../../spi/index.js'
import { at, type KeySource, loadKey } from './key-kernels.js'
import type { PageExtent } from './key-range.js'
import { extentOf, rangeBlock } from './key-source.js'

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** Rows of a page, one after another. */
export interface RowRange {
  readonly from: number
  readonly count: number
}

/**
 * Finds rows whose key no other row has, by what pages lie between: keys above all of the pages before and below all of those
 * after, where keys rise from row to row, as those of groups of clustered keys do.
 */
export class LoneKeys {
  readonly #memory: WebAssembly.Memory
  /** Smallest keys of the pages, ascending. */
  readonly #mins: Float64Array
  /** The largest key of the pages up to each. */
  readonly #maxes: Float64Array

  /** @param pages all that there are, with keys that doubles hold */
  constructor(memory: WebAssembly.Memory, pages: readonly PageExtent[]) {
    this.#memory = memory
    const sorted = pages.toSorted((a, b) => a.min - b.min)
    this.#mins = Float64Array.from(sorted, ({ min }) => min)
    let max = Number.NEGATIVE_INFINITY
    this.#maxes = Float64Array.from(sorted, (page) => {
      max = Math.max(max, page.max)
      return max
    })
  }

  /** @param block the keys of one of the pages. @returns undefined where none is known to be alone */
  rowsOf(block: Block, arena: Arena): RowRange | undefined {
    const keys = rangeBlock(block, arena)
    if (keys === undefined || keys.validity !== null) return undefined
    const extent = extentOf(this.#memory, keys, arena)
    if (extent === undefined) return undefined
    const min = Number(extent.min)
    const place = firstFrom(this.#mins, min)
    const next = firstFrom(this.#mins, min + 1)
    if (next - place !== 1) return undefined
    const above = place === 0 ? INT64_MIN : BigInt(this.#maxes[place - 1]!)
    const below = next === this.#mins.length ? INT64_MAX : BigInt(this.#mins[next]!)
    const out = arena.allocate(8)
    const isRising = loneKernel(this.#memory, keys.storage)(
      keys.values.byteOffset,
      keys.rowCount,
      BigInt(keys.base),
      BigInt(keys.factor),
      above,
      below,
      out.byteOffset,
    )
    if (isRising === 0) return undefined
    const [from, to] = new Int32Array(out.buffer, out.byteOffset, 2)
    return to! > from! ? { from: from!, count: to! - from! } : undefined
  }
}

/** Where in ascending values the first is that is at least `value`. */
function firstFrom(values: Float64Array, value: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

interface LoneKernel {
  /** Writes how many rows are up to `above` and how many are below `below`. @returns 1 where each key is above the one before */
  find(
    source: number,
    count: number,
    base: bigint,
    factor: bigint,
    above: bigint,
    below: bigint,
    out: number,
  ): number
}

function loneKernel(memory: WebAssembly.Memory, source: KeySource): LoneKernel['find'] {
  return kernel<LoneKernel>(memory, `lone keys ${source}`, (m) => {
    const params = {
      source: 'i32',
      count: 'i32',
      base: 'i64',
      factor: 'i64',
      above: 'i64',
      below: 'i64',
      out: 'i32',
    } as const
    m.function('find', params, 'i32', (f, p) => {
      const i = f.local('i32')
      const value = f.local('i64')
      const last = f.local('i64')
      const isRising = f.let(i32.const(1))
      const from = f.local('i32')
      const to = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(value, i64.add(p.base, i64.mul(p.factor, loadKey(source, p.source, i))))
        f.set(isRising, i32.and(isRising, i32.or(i32.eqz(i), i64.gt_s(value, last))))
        f.set(from, i32.add(from, i64.le_s(value, p.above)))
        f.set(to, i32.add(to, i64.lt_s(value, p.below)))
        f.set(last, value)
      })
      f.store32(p.out, from)
      f.store32(at(p.out, i32.const(1), 2), to)
      f.return(isRising)
    })
  }).find
}
