import { zeroed } from '../../expressions/wasm/buffers.js'
import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import type { Arena } from '../../spi/index.js'
import { at, loadKey } from '../keys/key-kernels.js'
import type { IntegerSource } from './aggregate-kernels.js'

/** A page's part in a sum or count that needs no look at validity or width: added with others in one pass over the rows. */
export interface FusedSum {
  /** Absent: only rows are counted. */
  readonly column?: {
    readonly source: IntegerSource
    readonly address: number
    readonly base: number
    readonly factor: number
    /** sums[g], as i64s at this address. */
    readonly sums: number
  }
  /** counts[g], as i64s at this address. */
  readonly counts: number
}

/** Groups whose states of one page fit the first-level cache, several columns each. */
export const FUSED_GROUPS_MAX = 512
const COLUMNS_MAX = 7

/** Parameters of the columns' addresses, by place. */
type ColumnName = 'v0' | 'v1' | 'v2' | 'v3' | 'v4' | 'v5' | 'v6'
const COLUMN_NAMES: readonly ColumnName[] = ['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6']

interface FusedKernel {
  /** states[g][0] += 1 and states[g][c + 1] += column c, raw. Columns past the kernel's are not read. */
  add(
    groups: number,
    count: number,
    states: number,
    v0: number,
    v1: number,
    v2: number,
    v3: number,
    v4: number,
    v5: number,
    v6: number,
  ): void
}

interface FlushKernel {
  /** sums[g] += base * states[g][0] + factor * states[g][column]; counts[g] += states[g][0]; a 0 address is left out. */
  flush(
    states: number,
    stateBytes: number,
    column: number,
    groupCount: number,
    base: bigint,
    factor: bigint,
    sums: number,
    counts: number,
  ): void
}

function fusedKernel(
  memory: WebAssembly.Memory,
  sources: readonly IntegerSource[],
): FusedKernel['add'] {
  const stateBytes = (sources.length + 1) * 8
  const build = (m: ModuleBuilder) => {
    m.function(
      'add',
      {
        groups: 'i32',
        count: 'i32',
        states: 'i32',
        v0: 'i32',
        v1: 'i32',
        v2: 'i32',
        v3: 'i32',
        v4: 'i32',
        v5: 'i32',
        v6: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const state = f.local('i32')
        f.for(i, 0, p.count, () => {
          f.set(state, i32.add(p.states, i32.mul(i32.load(at(p.groups, i, 2)), stateBytes)))
          const increase = (offset: number, value: Expr<'i64'>) =>
            f.store64(state, i64.add(i64.load(state, offset), value), offset)
          increase(0, i64.const(1n))
          sources.forEach((source, c) => {
            increase((c + 1) * 8, loadKey(source, p[COLUMN_NAMES[c]!], i))
          })
        })
      },
    )
  }
  return kernel<FusedKernel>(memory, `aggregate fused ${sources.join(' ')}`, build).add
}

function flushKernel(memory: WebAssembly.Memory): FlushKernel['flush'] {
  return kernel<FlushKernel>(memory, 'aggregate fused flush', (m) => {
    m.function(
      'flush',
      {
        states: 'i32',
        stateBytes: 'i32',
        column: 'i32',
        groupCount: 'i32',
        base: 'i64',
        factor: 'i64',
        sums: 'i32',
        counts: 'i32',
      },
      null,
      (f, p) => {
        const g = f.local('i32')
        const state = f.local('i32')
        const rows = f.local('i64')
        f.for(g, 0, p.groupCount, () => {
          f.set(state, i32.add(p.states, i32.mul(g, p.stateBytes)))
          f.set(rows, i64.load(state))
          f.if(p.sums, () => {
            const raw = i64.load(at(state, p.column, 3))
            const sum = at(p.sums, g, 3)
            const value = i64.add(i64.mul(p.base, rows), i64.mul(p.factor, raw))
            f.store64(sum, i64.add(i64.load(sum), value))
          })
          const counted = at(p.counts, g, 3)
          f.store64(counted, i64.add(i64.load(counted), rows))
        })
      },
    )
  }).flush
}

/**
 * Adds several columns to the states of few groups in one pass: a pass a column waits for the store of the row before
 * in each, and writes counts that are all the same.
 */
export function addFused(
  memory: WebAssembly.Memory,
  sums: readonly FusedSum[],
  groups: Int32Array,
  rowCount: number,
  groupCount: number,
  arena: Arena,
): void {
  for (let from = 0; from < sums.length; from += COLUMNS_MAX) {
    const part = sums.slice(from, from + COLUMNS_MAX)
    const columns = part.flatMap(({ column }) => (column === undefined ? [] : [column]))
    const stateBytes = (columns.length + 1) * 8
    const states = zeroed(arena.allocate(groupCount * stateBytes)).byteOffset
    const [v0 = 0, v1 = 0, v2 = 0, v3 = 0, v4 = 0, v5 = 0, v6 = 0] = columns.map((c) => c.address)
    const sources = columns.map(({ source }) => source)
    const add = fusedKernel(memory, sources)
    add(groups.byteOffset, rowCount, states, v0, v1, v2, v3, v4, v5, v6)
    const flush = flushKernel(memory)
    let place = 0
    for (const { column, counts } of part) {
      if (column !== undefined) place += 1
      flush(
        states,
        stateBytes,
        place,
        groupCount,
        BigInt(column?.base ?? 0),
        BigInt(column?.factor ?? 0),
        column?.sums ?? 0,
        counts,
      )
    }
  }
}
