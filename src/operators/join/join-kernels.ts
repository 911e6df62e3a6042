import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import { i32x4, v128 } from '../../expressions/wasm/simd.js'
import { at } from '../keys/key-kernels.js'

/** WASM kernels of hash joins. Rows of the build side count from 0; heads and next hold row + 1, 0 for none. */
export interface JoinKernels {
  /** Chains rows with the same i64 code, the first row at the head. @returns how many rows are not alone */
  chainCodes(codes: number, count: number, heads: number, next: number): number
  /** The same by i32 ids. */
  chainIds(ids: number, count: number, heads: number, next: number): number
  /** rows[i] = heads[i] - 1. @returns how many of them are not i */
  rowsOf(heads: number, count: number, rows: number): number
  /** rows[i] = head of ids[i], -1 for none; in place. */
  follow(ids: number, count: number, heads: number): void
  /** 1 where no rows[i] is -1. */
  allFound(rows: number, count: number): number
  /** Lists i and rows[i] where rows[i] is not -1. @returns how many */
  compact(rows: number, count: number, positions: number, buildRows: number): number
  /** Lists i where rows[i] is -1 (or, with `wanted` 1, is not). @returns how many */
  select(rows: number, count: number, wanted: number, positions: number): number
  /** marks[rows[i]] = 1 (a byte), where rows[i] is not -1. */
  mark(rows: number, count: number, marks: number): void
  /** Lists the rows of [from, from + count) whose mark is 0; room for one more is written to. @returns how many */
  unmarked(marks: number, from: number, count: number, rows: number): number
  /**
   * Lists pairs of probe position and build row along the chains, from where status [position, row + 1] says; `unmatched`
   * 1: a probe row without a chain gives a pair with -1. `next` 0: no chains. Stops after `limit` pairs. @returns how many
   */
  expand(
    rows: number,
    count: number,
    next: number,
    unmatched: number,
    limit: number,
    positions: number,
    buildRows: number,
    status: number,
  ): number
}

export function joinKernels(memory: WebAssembly.Memory): JoinKernels {
  return kernel<JoinKernels>(memory, 'join', (m) => {
    for (const kind of ['codes', 'ids'] as const) {
      const name = kind === 'codes' ? 'chainCodes' : 'chainIds'
      const params = { keys: 'i32', count: 'i32', heads: 'i32', next: 'i32' } as const
      m.function(name, params, 'i32', (f, p) => {
        const i = f.let(p.count)
        const duplicates = f.local('i32')
        // From the last row to the first, so that chains run upwards.
        f.while(i32.gt_s(i, 0), () => {
          f.set(i, i32.sub(i, 1))
          const key =
            kind === 'codes' ? i32.wrap_i64(i64.load(at(p.keys, i, 3))) : i32.load(at(p.keys, i, 2))
          const head = f.let(at(p.heads, key, 2))
          const first = f.let(i32.load(head))
          f.store32(at(p.next, i, 2), first)
          f.set(duplicates, i32.add(duplicates, i32.ne(first, 0)))
          f.store32(head, i32.add(i, 1))
        })
        f.return(duplicates)
      })
    }
    m.function('rowsOf', { heads: 'i32', count: 'i32', rows: 'i32' }, 'i32', (f, p) => {
      const i = f.local('i32')
      const row = f.local('i32')
      const moved = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(row, i32.sub(i32.load(at(p.heads, i, 2)), 1))
        f.store32(at(p.rows, i, 2), row)
        f.set(moved, i32.add(moved, i32.ne(row, i)))
      })
      f.return(moved)
    })
    m.function('allFound', { rows: 'i32', count: 'i32' }, 'i32', (f, p) => {
      const i = f.local('i32')
      const whole = f.let(i32.and(p.count, -4))
      const signs = f.local('v128')
      f.for(i, 0, whole, () => f.set(signs, v128.or(signs, v128.load(at(p.rows, i, 2)))), 4)
      const missing = f.let(i32x4.bitmask(signs))
      f.for(i, whole, p.count, () => {
        f.set(missing, i32.or(missing, i32.lt_s(i32.load(at(p.rows, i, 2)), 0)))
      })
      f.return(i32.eqz(missing))
    })
    m.function('follow', { ids: 'i32', count: 'i32', heads: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      const id = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(id, i32.load(at(p.ids, i, 2)))
        f.if(i32.ge_s(id, 0), () => {
          f.store32(at(p.ids, i, 2), i32.sub(i32.load(at(p.heads, id, 2)), 1))
        })
      })
    })
    m.function(
      'compact',
      { rows: 'i32', count: 'i32', positions: 'i32', buildRows: 'i32' },
      'i32',
      (f, p) => {
        const i = f.local('i32')
        const found = f.local('i32')
        const row = f.local('i32')
        f.for(i, 0, p.count, () => {
          f.set(row, i32.load(at(p.rows, i, 2)))
          f.store32(at(p.positions, found, 2), i)
          f.store32(at(p.buildRows, found, 2), row)
          f.set(found, i32.add(found, i32.ge_s(row, 0)))
        })
        f.return(found)
      },
    )
    m.function(
      'select',
      { rows: 'i32', count: 'i32', wanted: 'i32', positions: 'i32' },
      'i32',
      (f, p) => {
        const i = f.local('i32')
        const found = f.local('i32')
        f.for(i, 0, p.count, () => {
          f.store32(at(p.positions, found, 2), i)
          const matches = i32.ge_s(i32.load(at(p.rows, i, 2)), 0)
          f.set(found, i32.add(found, i32.eq(matches, p.wanted)))
        })
        f.return(found)
      },
    )
    m.function('mark', { rows: 'i32', count: 'i32', marks: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      const row = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(row, i32.load(at(p.rows, i, 2)))
        f.if(i32.ge_s(row, 0), () => f.store8(i32.add(p.marks, row), 1))
      })
    })
    m.function(
      'unmarked',
      { marks: 'i32', from: 'i32', count: 'i32', rows: 'i32' },
      'i32',
      (f, p) => {
        const i = f.local('i32')
        const found = f.local('i32')
        f.for(i, p.from, i32.add(p.from, p.count), () => {
          f.store32(at(p.rows, found, 2), i)
          f.set(found, i32.add(found, i32.eqz(i32.load8_u(i32.add(p.marks, i)))))
        })
        f.return(found)
      },
    )
    m.function(
      'expand',
      {
        rows: 'i32',
        count: 'i32',
        next: 'i32',
        unmatched: 'i32',
        limit: 'i32',
        positions: 'i32',
        buildRows: 'i32',
        status: 'i32',
      },
      'i32',
      (f, p) => {
        const i = f.let(i32.load(p.status))
        const row = f.let(i32.load(p.status, 4))
        const found = f.local('i32')
        const emit = () => {
          f.store32(at(p.positions, found, 2), i)
          f.store32(at(p.buildRows, found, 2), i32.sub(row, 1))
          f.set(found, i32.add(found, 1))
        }
        f.while(i32.and(i32.lt_s(i, p.count), i32.lt_s(found, p.limit)), () => {
          f.if(
            i32.ne(row, 0),
            () => {
              emit()
              f.set(row, i32.if(p.next, i32.load(at(p.next, i32.sub(row, 1), 2)), 0))
              f.if(i32.eqz(row), () => {
                f.set(i, i32.add(i, 1))
                f.set(row, i32.add(i32.load(at(p.rows, i, 2)), 1))
              })
            },
            () => {
              f.if(p.unmatched, emit)
              f.set(i, i32.add(i, 1))
              f.set(row, i32.add(i32.load(at(p.rows, i, 2)), 1))
            },
          )
        })
        f.store32(p.status, i)
        f.store32(p.status, row, 4)
        f.return(found)
      },
    )
  })
}
