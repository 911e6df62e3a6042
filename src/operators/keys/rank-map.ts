import type { FunctionBuilder, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import type { Arena } from '../../spi/index.js'
import { at, type KeySource, loadKey, validBit } from './key-kernels.js'

/**
 * A map from codes of a sparse range to dense numbers, in the order of the codes: a bitmap, and for each of its words how
 * many bits are set before it. Entries of 16 bytes stand for 64 codes: [bits i64, bits before i32, 0]. A code that is not there
 * costs one load, one that is there one more from the same cache line, and the map of a range takes a quarter of a byte a code.
 * @source Jacobson, Space-efficient static trees and graphs (FOCS 1989): rank
 */
export interface RankMapState {
  /** Address of the entries. */
  readonly entries: number
}

export const CODES_PER_ENTRY_LOG2 = 6
export const ENTRY_BYTES_LOG2 = 4

/** Codes of the largest map: addresses of bits are 32 bits wide. */
export const RANK_MAP_SIZE_MAX = 2 ** 31

/**
 * The map of codes, and the number of each.
 * @param codes address of count i64s from 0 to size - 1, repeats allowed
 * @param ids address for the number of each code
 * @param kept takes the map
 */
export function makeRankMap(
  memory: WebAssembly.Memory,
  codes: number,
  count: number,
  size: number,
  ids: number,
  kept: Arena,
): { readonly map: RankMapState; readonly distinct: number } {
  const entryCount = Math.ceil(size / 2 ** CODES_PER_ENTRY_LOG2)
  const entries = kept.allocate(entryCount << ENTRY_BYTES_LOG2).fill(0).byteOffset
  const kernels = rankMapKernels(memory)
  kernels.mark(codes, count, entries)
  const distinct = kernels.sum(entries, entryCount, 0)
  kernels.number(codes, count, entries, ids)
  return { map: { entries }, distinct }
}

export interface RankMapKernels {
  /** Sets the bits of codes. */
  mark(codes: number, count: number, entries: number): void
  /** Sets the number of bits before each word, from `before` on. @returns that number after the last */
  sum(entries: number, entryCount: number, before: number): number
  /** ids[i] = the number of codes[i], which has its bit set. */
  number(codes: number, count: number, entries: number, ids: number): void
  /** rows[i] = heads[number of codes[i]] - 1; -1 where the code is negative or not there. */
  lookup(codes: number, count: number, entries: number, heads: number, rows: number): void
}

/** The address of a code's entry. */
export const entryOf = (entries: Expr<'i32'>, code: Expr<'i32'>): Expr<'i32'> =>
  at(entries, i32.shr_u(code, CODES_PER_ENTRY_LOG2), ENTRY_BYTES_LOG2)

/** Code for the number of a code: the bits before its word, and those of the word below its own. */
export const numberOf = (entry: Expr<'i32'>, bits: Expr<'i64'>, own: Expr<'i64'>): Expr<'i32'> =>
  i32.add(i32.load(entry, 8), i32.wrap_i64(i64.popcnt(i64.and(bits, i64.sub(own, i64.const(1))))))

export function rankMapKernels(memory: WebAssembly.Memory): RankMapKernels {
  return kernel<RankMapKernels>(memory, 'rank map', (m) => {
    m.function('mark', { codes: 'i32', count: 'i32', entries: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      const code = f.local('i64')
      const entry = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(code, i64.load(at(p.codes, i, 3)))
        f.set(entry, entryOf(p.entries, i32.wrap_i64(code)))
        f.store64(entry, i64.or(i64.load(entry), i64.shl(i64.const(1), code)))
      })
    })
    m.function('sum', { entries: 'i32', entryCount: 'i32', before: 'i32' }, 'i32', (f, p) => {
      const i = f.local('i32')
      const before = f.let(p.before)
      const entry = f.local('i32')
      f.for(i, 0, p.entryCount, () => {
        f.set(entry, at(p.entries, i, ENTRY_BYTES_LOG2))
        f.store32(entry, before, 8)
        f.set(before, i32.add(before, i32.wrap_i64(i64.popcnt(i64.load(entry)))))
      })
      f.return(before)
    })
    m.function(
      'number',
      { codes: 'i32', count: 'i32', entries: 'i32', ids: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const code = f.local('i64')
        const entry = f.local('i32')
        f.for(i, 0, p.count, () => {
          f.set(code, i64.load(at(p.codes, i, 3)))
          f.set(entry, entryOf(p.entries, i32.wrap_i64(code)))
          const own = i64.shl(i64.const(1), code)
          f.store32(at(p.ids, i, 2), numberOf(entry, i64.load(entry), own))
        })
      },
    )
    m.function(
      'lookup',
      { codes: 'i32', count: 'i32', entries: 'i32', heads: 'i32', rows: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        const code = f.local('i64')
        const find = finder(f, p.entries, p.heads)
        f.for(i, 0, p.count, () => {
          f.set(code, i64.load(at(p.codes, i, 3)))
          f.store32(at(p.rows, i, 2), find(i64.ge_s(code, 0n), code))
        })
      },
    )
  })
}

/** Code that looks a code up where a condition holds: its row, or -1. Without heads, numbers are rows. */
function finder(
  f: FunctionBuilder,
  entries: Expr<'i32'>,
  heads: Expr<'i32'> | undefined,
): (condition: Expr<'i32'>, code: Expr<'i64'>) => Expr<'i32'> {
  const row = f.local('i32')
  const entry = f.local('i32')
  const bits = f.local('i64')
  const own = f.local('i64')
  return (condition, code) => {
    f.set(row, -1)
    f.if(condition, () => {
      f.set(entry, entryOf(entries, i32.wrap_i64(code)))
      f.set(bits, i64.load(entry))
      f.set(own, i64.shl(i64.const(1), code))
      f.if(i32.eqz(i64.eqz(i64.and(bits, own))), () => {
        const number = numberOf(entry, bits, own)
        f.set(row, heads === undefined ? number : i32.sub(i32.load(at(heads, number, 2)), 1))
      })
    })
    return row
  }
}

export interface RankProbeKernel {
  /**
   * rows[i] = heads[number of code] - 1, or the number itself, where code = offset + factor * source[i] is 1 to range and there, else
   * -1: a lookup by one key, in one pass.
   */
  probe(
    source: number,
    validity: number,
    count: number,
    offset: bigint,
    factor: bigint,
    range: bigint,
    entries: number,
    heads: number,
    rows: number,
  ): void
}

export function rankProbeKernel(
  memory: WebAssembly.Memory,
  source: KeySource,
  nullable: boolean,
  hasHeads: boolean,
): RankProbeKernel['probe'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'probe',
      {
        source: 'i32',
        validity: 'i32',
        count: 'i32',
        offset: 'i64',
        factor: 'i64',
        range: 'i64',
        entries: 'i32',
        heads: 'i32',
        rows: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const code = f.local('i64')
        const find = finder(f, p.entries, hasHeads ? p.heads : undefined)
        f.for(i, 0, p.count, () => {
          f.set(code, i64.add(p.offset, i64.mul(p.factor, loadKey(source, p.source, i))))
          const inside = i64.lt_u(i64.sub(code, 1n), p.range)
          const known = nullable ? i32.and(inside, validBit(p.validity, i)) : inside
          f.store32(at(p.rows, i, 2), find(known, code))
        })
      },
    )
  }
  const key = `rank probe ${source}${nullable ? ' nullable' : ''}${hasHeads ? ' heads' : ''}`
  return kernel<RankProbeKernel>(memory, key, build).probe
}
