import type { FunctionBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at } from '../keys/key-kernels.js'
import { entryOf, numberOf } from '../keys/rank-map.js'

/**
 * WASM kernels of joins' builds by several drivers. Codes are below 2^31; a pair is an i64 of a code (low half) and its row (high
 * half). Heads and next hold row + 1, 0 for none.
 */
export interface PartitionKernels {
  /**
   * Sorts codes into parts by code >> shift, each in the order of its rows.
   * @param row the number of the first code's row
   * @param ends partCount i32s, zero: gets where each part ends among the pairs
   */
  split(
    codes: number,
    count: number,
    row: number,
    shift: number,
    partCount: number,
    ends: number,
    pairs: number,
  ): void
  /** Chains pairs from the last to the first by code. @returns how many are not the last of their chain */
  chain(pairs: number, count: number, heads: number, next: number): number
  /** Sets the bits of the pairs' codes in the entries of a rank map. */
  mark(pairs: number, count: number, entries: number): void
  /** Chains pairs from the last to the first by their code's number in a rank map. @returns as chain does */
  chainRanked(pairs: number, count: number, entries: number, heads: number, next: number): number
}

const codeOf = (pair: Expr<'i64'>): Expr<'i32'> => i32.wrap_i64(pair)
const rowOf = (pair: Expr<'i64'>): Expr<'i32'> => i32.wrap_i64(i64.shr_u(pair, i64.const(32)))

export function partitionKernels(memory: WebAssembly.Memory): PartitionKernels {
  return kernel<PartitionKernels>(memory, 'join partition', (m) => {
    m.function(
      'split',
      {
        codes: 'i32',
        count: 'i32',
        row: 'i32',
        shift: 'i32',
        partCount: 'i32',
        ends: 'i32',
        pairs: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const code = f.local('i32')
        const place = f.local('i32')
        const length = f.local('i32')
        const end = f.local('i32')
        const readCode = () => {
          f.set(code, i32.wrap_i64(i64.load(at(p.codes, i, 3))))
          f.set(place, at(p.ends, i32.shr_u(code, p.shift), 2))
        }
        f.for(i, 0, p.count, () => {
          readCode()
          f.store32(place, i32.add(i32.load(place), 1))
        })
        // Where a part starts; it has become where it ends when all its pairs are there.
        f.for(i, 0, p.partCount, () => {
          f.set(place, at(p.ends, i, 2))
          f.set(length, i32.load(place))
          f.store32(place, end)
          f.set(end, i32.add(end, length))
        })
        f.for(i, 0, p.count, () => {
          readCode()
          f.set(end, i32.load(place))
          const row = i64.shl(i64.extend_i32_u(i32.add(p.row, i)), i64.const(32))
          f.store64(at(p.pairs, end, 3), i64.or(i64.extend_i32_u(code), row))
          f.store32(place, i32.add(end, 1))
        })
      },
    )
    m.function('mark', { pairs: 'i32', count: 'i32', entries: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      const pair = f.local('i64')
      const entry = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(pair, i64.load(at(p.pairs, i, 3)))
        f.set(entry, entryOf(p.entries, codeOf(pair)))
        f.store64(entry, i64.or(i64.load(entry), i64.shl(i64.const(1), pair)))
      })
    })
    const pairs = { pairs: 'i32', count: 'i32' } as const
    const chains = { heads: 'i32', next: 'i32' } as const
    m.function('chain', { ...pairs, ...chains }, 'i32', (f, p) => {
      chainPairs(f, p, (pair) => codeOf(pair))
    })
    m.function('chainRanked', { ...pairs, entries: 'i32', ...chains }, 'i32', (f, p) => {
      const entry = f.local('i32')
      chainPairs(f, p, (pair) => {
        f.set(entry, entryOf(p.entries, codeOf(pair)))
        return numberOf(entry, i64.load(entry), i64.shl(i64.const(1), pair))
      })
    })
  })
}

/** @param headOf which head a pair's row belongs to */
function chainPairs(
  f: FunctionBuilder<'i32'>,
  p: Readonly<Record<'pairs' | 'count' | 'heads' | 'next', Expr<'i32'>>>,
  headOf: (pair: Expr<'i64'>) => Expr<'i32'>,
): void {
  const i = f.let(p.count)
  const pair = f.local('i64')
  const head = f.local('i32')
  const first = f.local('i32')
  const duplicates = f.local('i32')
  // From the last row to the first, so that chains run upwards.
  f.while(i32.gt_s(i, 0), () => {
    f.set(i, i32.sub(i, 1))
    f.set(pair, i64.load(at(p.pairs, i, 3)))
    f.set(head, at(p.heads, headOf(pair), 2))
    f.set(first, i32.load(head))
    f.store32(at(p.next, rowOf(pair), 2), first)
    f.set(duplicates, i32.add(duplicates, i32.ne(first, 0)))
    f.store32(head, i32.add(rowOf(pair), 1))
  })
  f.return(duplicates)
}
