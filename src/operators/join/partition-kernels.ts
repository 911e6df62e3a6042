import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { slotOf } from '../keys/integer-table-kernels.js'
import { at, validBit } from '../keys/key-kernels.js'
import { entryOf, numberOf } from '../keys/rank-map.js'

/**
 * WASM kernels of joins' builds by several drivers. A pair is an i64 of a code below 2^31 (low half) and its row (high half); a hashed
 * pair [code i64, row i32, 0]. Heads, next and the slots of a table hold row + 1, 0 for none.
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
  /** The same for hashed pairs of valid rows, by the upper bits of the codes' hashes. @param validity 0: all are */
  splitHashed(
    codes: number,
    validity: number,
    count: number,
    row: number,
    shift: bigint,
    partCount: number,
    ends: number,
    pairs: number,
  ): void
  /**
   * Puts hashed pairs into the slots of a table, from the last to the first. What finds no place before slot `end` is left: it is moved
   * to the end of the pairs, in their order. @returns how many are left
   * @param status i32 that is set where a key comes twice
   */
  insert(
    pairs: number,
    count: number,
    slots: number,
    shift: bigint,
    mask: number,
    end: number,
    next: number,
    status: number,
  ): number
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
    const rows = { codes: 'i32', count: 'i32', row: 'i32' } as const
    const validRows = { codes: 'i32', validity: 'i32', count: 'i32', row: 'i32' } as const
    const parts = { partCount: 'i32', ends: 'i32', pairs: 'i32' } as const
    m.function('split', { ...rows, shift: 'i32', ...parts }, null, (f, p) => {
      splitRows(f, p, {
        partOf: (code) => i32.shr_u(i32.wrap_i64(code), p.shift),
        store: (code, row, place) => {
          const low = i64.and(code, i64.const(0xffff_ffffn))
          const high = i64.shl(i64.extend_i32_u(row), i64.const(32))
          f.store64(at(p.pairs, place, 3), i64.or(low, high))
        },
      })
    })
    m.function('splitHashed', { ...validRows, shift: 'i64', ...parts }, null, (f, p) => {
      splitRows(f, p, {
        ...hashedPairs(f, p),
        partOf: (code) => slotOf(p.pairs, code, p.shift).first,
      })
    })
    insertKernel(m)
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

/** How codes become pairs of parts. */
interface Splitting {
  /** Absent: all rows are. */
  isKept?(i: Local<'i32'>): Expr<'i32'>
  partOf(code: Expr<'i64'>): Expr<'i32'>
  store(code: Expr<'i64'>, row: Expr<'i32'>, place: Expr<'i32'>): void
}

/** Valid rows as pairs of 16 bytes: [code or hash i64, row i32, 0]. */
export function hashedPairs(
  f: FunctionBuilder<null>,
  { validity, pairs }: { readonly validity: Expr<'i32'>; readonly pairs: Expr<'i32'> },
): Required<Pick<Splitting, 'isKept' | 'store'>> {
  const pair = f.local('i32')
  return {
    isKept: (i) => i32.or(i32.eqz(validity), validBit(validity, i)),
    store: (code, row, place) => {
      f.set(pair, at(pairs, place, 4))
      f.store64(pair, code)
      f.store64(pair, i64.extend_i32_u(row), 8)
    },
  }
}

/** Sorts codes into parts, each in the order of its rows: counted first, then written. */
export function splitRows(
  f: FunctionBuilder<null>,
  p: Readonly<Record<'codes' | 'count' | 'row' | 'partCount' | 'ends', Expr<'i32'>>>,
  by: Splitting,
): void {
  const i = f.local('i32')
  const code = f.local('i64')
  const end = f.local('i32')
  const length = f.local('i32')
  const place = f.local('i32')
  const forEachRow = (body: () => void) =>
    f.for(i, 0, p.count, () => {
      const withEnd = () => {
        f.set(code, i64.load(at(p.codes, i, 3)))
        f.set(end, at(p.ends, by.partOf(code), 2))
        body()
      }
      if (by.isKept === undefined) withEnd()
      else f.if(by.isKept(i), withEnd)
    })
  forEachRow(() => f.store32(end, i32.add(i32.load(end), 1)))
  // Where a part starts; it has become where it ends when all its pairs are there.
  f.for(i, 0, p.partCount, () => {
    f.set(end, at(p.ends, i, 2))
    f.set(length, i32.load(end))
    f.store32(end, place)
    f.set(place, i32.add(place, length))
  })
  forEachRow(() => {
    f.set(place, i32.load(end))
    by.store(code, i32.add(p.row, i), place)
    f.store32(end, i32.add(place, 1))
  })
}

function insertKernel(m: ModuleBuilder): void {
  const params = {
    pairs: 'i32',
    count: 'i32',
    slots: 'i32',
    shift: 'i64',
    mask: 'i32',
    end: 'i32',
    next: 'i32',
    status: 'i32',
  } as const
  m.function('insert', params, 'i32', (f, p) => {
    insertPairs(f, p, (key) => {
      const { first, address } = slotOf(p.slots, key, p.shift)
      return {
        first,
        address,
        rowOffset: 8,
        compare: (slot, head, isFound) =>
          f.set(isFound, i32.or(i32.eqz(head), i64.eq(i64.load(slot), key))),
        store: (slot) => f.store64(slot, key),
      }
    })
  })
}

/** How the slots of a table are found, compared and written. */
interface PairSlots {
  /** The first slot of the pair's code, and the address of a slot. */
  readonly first: Expr<'i32'>
  address(index: Local<'i32'>): Expr<'i32'>
  /** Where in a slot its row, plus 1, is. */
  readonly rowOffset: number
  /** Sets whether the slot is free (head 0) or has the pair's key. */
  compare(slot: Local<'i32'>, head: Local<'i32'>, isFound: Local<'i32'>): void
  /** Writes what tells the pair's key. */
  store(slot: Local<'i32'>): void
}

/** The body of `insert`, for hashed pairs of any table. @param slotsOf the slots of a code and the row that it comes from */
export function insertPairs(
  f: FunctionBuilder<'i32'>,
  p: Readonly<Record<'pairs' | 'count' | 'mask' | 'end' | 'next' | 'status', Expr<'i32'>>>,
  slotsOf: (code: Local<'i64'>, row: Local<'i32'>) => PairSlots,
): void {
  const i = f.let(p.count)
  const kept = f.let(p.count)
  const pair = f.local('i32')
  const code = f.local('i64')
  const row = f.local('i32')
  const index = f.local('i32')
  const slot = f.local('i32')
  const head = f.local('i32')
  const isFound = f.local('i32')
  const { first, address, rowOffset, compare, store } = slotsOf(code, row)
  // From the last row to the first, so that chains run upwards.
  f.while(i32.gt_s(i, 0), () => {
    f.set(i, i32.sub(i, 1))
    f.set(pair, at(p.pairs, i, 4))
    f.set(code, i64.load(pair))
    f.set(row, i32.load(pair, 8))
    f.set(index, first)
    f.block((done) => {
      f.loop((again) => {
        f.set(slot, address(index))
        f.set(head, i32.load(slot, rowOffset))
        compare(slot, head, isFound)
        f.if(isFound, () => {
          f.if(head, () => f.store32(p.status, 1))
          f.store32(at(p.next, row, 2), head)
          store(slot)
          f.store32(slot, i32.add(row, 1), rowOffset)
          f.br(done)
        })
        f.set(index, i32.add(index, 1))
        f.if(i32.eq(index, p.end), () => {
          f.set(kept, i32.sub(kept, 1))
          f.store64(at(p.pairs, kept, 4), code)
          f.store64(at(p.pairs, kept, 4), i64.extend_i32_u(row), 8)
          f.br(done)
        })
        f.set(index, i32.and(index, p.mask))
        f.br(again)
      })
    })
  })
  f.return(i32.sub(p.count, kept))
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
