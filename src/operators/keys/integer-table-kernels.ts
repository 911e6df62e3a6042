import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, HASH_MULTIPLIER } from './key-kernels.js'

/** WASM kernels of tables of 64-bit keys. */

export interface IntegerTableKernels {
  /**
   * ids[i] = dense number of keys[i], inserting until status[0] (the count) meets `limit`. Slots are [key i64, id + 1 i32,
   * 0]; keyOf takes the key of each new id. @returns rows done
   */
  insert(
    keys: number,
    count: number,
    slots: number,
    shift: bigint,
    mask: number,
    limit: number,
    keyOf: number,
    ids: number,
    status: number,
  ): number
  /** ids[i], or -1; with `negatives`, keys below 0 stand for no key. */
  lookup(
    keys: number,
    count: number,
    slots: number,
    shift: bigint,
    mask: number,
    negatives: number,
    ids: number,
  ): void
  /** Puts keyOf[0..count) into empty slots. */
  rebuild(keyOf: number, count: number, slots: number, shift: bigint, mask: number): void
}

export const slotOf = (
  slots: Expr<'i32'>,
  key: Expr<'i64'>,
  shift: Expr<'i64'>,
): { first: Expr<'i32'>; address(index: Expr<'i32'>): Expr<'i32'> } => ({
  first: i32.wrap_i64(
    i64.shr_u(i64.mul(i64.xor(key, i64.shr_u(key, 32n)), i64.const(HASH_MULTIPLIER)), shift),
  ),
  address: (index) => at(slots, index, 4),
})

/** Runs `found` or `empty` with the slot's address. */
function probe(
  f: FunctionBuilder,
  p: { slots: Local<'i32'>; shift: Local<'i64'>; mask: Local<'i32'> },
  key: Local<'i64'>,
  index: Local<'i32'>,
  slot: Local<'i32'>,
  on: { found(): void; empty(): void },
): void {
  const { first, address } = slotOf(p.slots, key, p.shift)
  f.set(index, first)
  f.block((done) => {
    f.loop((again) => {
      f.set(slot, address(index))
      f.if(i32.eqz(i32.load(slot, 8)), () => {
        on.empty()
        f.br(done)
      })
      f.if(i64.eq(i64.load(slot), key), () => {
        on.found()
        f.br(done)
      })
      f.set(index, i32.and(i32.add(index, 1), p.mask))
      f.br(again)
    })
  })
}

/**
 * Rows whose first slots are read before any of them is probed further: reads that do not wait for each other's branches
 * are under way in memory together, which is what a table larger than the caches takes its time for.
 */
const PART_ROWS = 512

const partEnd = (from: Expr<'i32'>, count: Expr<'i32'>): Expr<'i32'> =>
  i32.select(i32.gt_s(i32.sub(count, from), PART_ROWS), i32.add(from, PART_ROWS), count)

/** The id of the i-th key where the first slot has it, else -1. */
function firstGuess(
  f: FunctionBuilder,
  p: { keys: Local<'i32'>; slots: Local<'i32'>; shift: Local<'i64'> },
  i: Local<'i32'>,
): Expr<'i32'> {
  const key = f.let(i64.load(at(p.keys, i, 3)))
  const { first, address } = slotOf(p.slots, key, p.shift)
  const slot = f.let(address(first))
  // An empty slot has id 0: one less is -1.
  return i32.select(i64.eq(i64.load(slot), key), i32.sub(i32.load(slot, 8), 1), -1)
}

function insertKernel(m: ModuleBuilder): void {
  m.function(
    'insert',
    {
      keys: 'i32',
      count: 'i32',
      slots: 'i32',
      shift: 'i64',
      mask: 'i32',
      limit: 'i32',
      keyOf: 'i32',
      ids: 'i32',
      status: 'i32',
    },
    'i32',
    (f, p) => {
      const i = f.local('i32')
      const key = f.local('i64')
      const index = f.local('i32')
      const slot = f.local('i32')
      const id = f.local('i32')
      const next = f.let(i32.load(p.status))
      const part = f.local('i32')
      f.block((full) => {
        f.for(
          part,
          0,
          p.count,
          () => {
            const end = f.let(partEnd(part, p.count))
            f.for(i, part, end, () => f.store32(at(p.ids, i, 2), firstGuess(f, p, i)))
            f.for(i, part, end, () => {
              f.if(i32.lt_s(i32.load(at(p.ids, i, 2)), 0), () => {
                f.brIf(full, i32.ge_s(next, p.limit))
                f.set(key, i64.load(at(p.keys, i, 3)))
                probe(f, p, key, index, slot, {
                  found: () => f.set(id, i32.load(slot, 8)),
                  empty: () => {
                    f.store64(at(p.keyOf, next, 3), key)
                    f.set(next, i32.add(next, 1))
                    f.set(id, next)
                    f.store64(slot, key)
                    f.store32(slot, id, 8)
                  },
                })
                f.store32(at(p.ids, i, 2), i32.sub(id, 1))
              })
            })
          },
          PART_ROWS,
        )
        f.store32(p.status, next)
        f.return(p.count)
      })
      f.store32(p.status, next)
      f.return(i)
    },
  )
}

function lookupKernel(m: ModuleBuilder): void {
  m.function(
    'lookup',
    {
      keys: 'i32',
      count: 'i32',
      slots: 'i32',
      shift: 'i64',
      mask: 'i32',
      negatives: 'i32',
      ids: 'i32',
    },
    null,
    (f, p) => {
      const i = f.local('i32')
      const key = f.local('i64')
      const index = f.local('i32')
      const slot = f.local('i32')
      const id = f.local('i32')
      const part = f.local('i32')
      f.for(
        part,
        0,
        p.count,
        () => {
          const end = f.let(partEnd(part, p.count))
          f.for(i, part, end, () => {
            const isNoKey = i32.and(p.negatives, i64.lt_s(i64.load(at(p.keys, i, 3)), 0n))
            f.store32(at(p.ids, i, 2), i32.select(isNoKey, -1, firstGuess(f, p, i)))
          })
          f.for(i, part, end, () => {
            f.set(id, i32.load(at(p.ids, i, 2)))
            f.if(i32.lt_s(id, 0), () => {
              f.set(key, i64.load(at(p.keys, i, 3)))
              f.set(id, 0)
              f.if(i32.eqz(i32.and(p.negatives, i64.lt_s(key, 0n))), () => {
                probe(f, p, key, index, slot, {
                  found: () => f.set(id, i32.load(slot, 8)),
                  empty: () => {},
                })
              })
              f.store32(at(p.ids, i, 2), i32.sub(id, 1))
            })
          })
        },
        PART_ROWS,
      )
    },
  )
}

function rebuildKernel(m: ModuleBuilder): void {
  m.function(
    'rebuild',
    { keyOf: 'i32', count: 'i32', slots: 'i32', shift: 'i64', mask: 'i32' },
    null,
    (f, p) => {
      const i = f.local('i32')
      const key = f.local('i64')
      const index = f.local('i32')
      const slot = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(key, i64.load(at(p.keyOf, i, 3)))
        probe(f, p, key, index, slot, {
          found: () => {},
          empty: () => {
            f.store64(slot, key)
            f.store32(slot, i32.add(i, 1), 8)
          },
        })
      })
    },
  )
}

export function integerTableKernels(memory: WebAssembly.Memory): IntegerTableKernels {
  return kernel<IntegerTableKernels>(memory, 'key integer table', (m) => {
    insertKernel(m)
    lookupKernel(m)
    rebuildKernel(m)
  })
}
