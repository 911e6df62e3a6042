import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32 } from '../../expressions/wasm/scalar.js'
import type { Arena, Block } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { at, validBit } from '../keys/key-kernels.js'

/** WASM kernels that choose the rows which count. Addresses are bytes; a validity of 0 means no nulls, groups of 0 one group. */
export interface RowChoiceKernels {
  /** out[i] = groups[i] where numbers[i] is the next of the numbers from `next` on, else -1. */
  firsts(numbers: number, count: number, next: number, groups: number, out: number): void
  /** out[i] (a byte) = 1 where numbers[i] is the next of the numbers from `next` on, else 0. */
  mark(numbers: number, count: number, next: number, out: number): void
  /** out[i] = groups[i] where values[i] (a byte) is 1 and not null, else -1. */
  filter(values: number, validity: number, count: number, groups: number, out: number): void
  /** out[i] = i. */
  each(count: number, out: number): void
  /**
   * Positions of the first row of each group that has none so far: rowOf[group] is 0. These rows are kept behind `kept` others:
   * rowOf[group] becomes the number of its row, from 1 on. @returns how many
   */
  unseen(groups: number, count: number, rowOf: number, kept: number, positions: number): number
  /** out[i] = rows[i] - 1. */
  before(rows: number, count: number, out: number): void
}

export function rowChoiceKernels(memory: WebAssembly.Memory): RowChoiceKernels {
  return kernel<RowChoiceKernels>(memory, 'aggregate row choice', (m) => {
    const numbered = { numbers: 'i32', count: 'i32', next: 'i32' } as const
    m.function('firsts', { ...numbered, groups: 'i32', out: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      f.for(i, 0, p.count, () => {
        const isFirst = f.let(i32.eq(i32.load(at(p.numbers, i, 2)), p.next))
        const group = i32.if(p.groups, i32.load(at(p.groups, i, 2)), 0)
        f.store32(at(p.out, i, 2), i32.select(isFirst, group, -1))
        f.set(p.next, i32.add(p.next, isFirst))
      })
    })
    m.function('mark', { ...numbered, out: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      f.for(i, 0, p.count, () => {
        const isFirst = f.let(i32.eq(i32.load(at(p.numbers, i, 2)), p.next))
        f.store8(i32.add(p.out, i), isFirst)
        f.set(p.next, i32.add(p.next, isFirst))
      })
    })
    m.function(
      'filter',
      { values: 'i32', validity: 'i32', count: 'i32', groups: 'i32', out: 'i32' },
      null,
      (f, p) => {
        const i = f.local('i32')
        f.for(i, 0, p.count, () => {
          const isTrue = i32.and(
            i32.load8_u(i32.add(p.values, i)),
            i32.if(p.validity, validBit(p.validity, i), 1),
          )
          const group = i32.if(p.groups, i32.load(at(p.groups, i, 2)), 0)
          f.store32(at(p.out, i, 2), i32.select(isTrue, group, -1))
        })
      },
    )
    m.function('each', { count: 'i32', out: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      f.for(i, 0, p.count, () => f.store32(at(p.out, i, 2), i))
    })
    const unseen = {
      groups: 'i32',
      count: 'i32',
      rowOf: 'i32',
      kept: 'i32',
      positions: 'i32',
    } as const
    m.function('unseen', unseen, 'i32', (f, p) => {
      const i = f.local('i32')
      const next = f.local('i32')
      f.for(i, 0, p.count, () => {
        const group = f.let(i32.load(at(p.groups, i, 2)))
        const counts = i32.ge_s(group, 0)
        const place = f.let(at(p.rowOf, f.let(i32.select(counts, group, 0)), 2))
        const row = f.let(i32.load(place))
        // Which rows are first is hardly foretold: no branch.
        const isFirst = f.let(i32.and(i32.eqz(row), counts))
        f.store32(at(p.positions, next, 2), i)
        f.set(next, i32.add(next, isFirst))
        f.store32(place, i32.select(isFirst, i32.add(p.kept, next), row))
      })
      f.return(next)
    })
    m.function('before', { rows: 'i32', count: 'i32', out: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.store32(at(p.out, i, 2), i32.sub(i32.load(at(p.rows, i, 2)), 1))
      })
    })
  })
}

/** The groups of rows where a BOOLEAN is true, -1 elsewhere. */
export function filteredGroups(
  memory: WebAssembly.Memory,
  block: Block,
  groups: Int32Array | undefined,
  arena: Arena,
): Int32Array {
  const out = allocateInt32(arena, block.rowCount)
  const flat = flattenBlock(block, arena)
  if (flat.storage !== 'bool') return out.fill(-1)
  rowChoiceKernels(memory).filter(
    flat.values.byteOffset,
    flat.validity?.byteOffset ?? 0,
    flat.rowCount,
    groups?.byteOffset ?? 0,
    out.byteOffset,
  )
  return out
}
