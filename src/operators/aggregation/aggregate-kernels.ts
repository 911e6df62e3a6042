import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f32, f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, validBit } from '../keys/key-kernels.js'

/**
 * WASM kernels that add a column to the states of groups. `groups` holds a group a row, -1 for rows that do not count;
 * without groups all rows go to group 0, accumulated in locals.
 */

export type IntegerSource = 'i8' | 'i16' | 'i32' | 'i64'
export type FloatSource = 'f32' | 'f64'

export interface KernelShape {
  readonly nullable: boolean
  readonly grouped: boolean
}

const INTEGER_LOADS = {
  i8: i64.load8_s,
  i16: i64.load16_s,
  i32: i64.load32_s,
  i64: i64.load,
} as const
const INTEGER_SHIFTS = { i8: 0, i16: 1, i32: 2, i64: 3 } as const

const shapeName = ({ nullable, grouped }: KernelShape): string =>
  `${nullable ? ' nullable' : ''}${grouped ? ' grouped' : ''}`

interface RowParams {
  readonly validity: Local<'i32'>
  readonly groups: Local<'i32'>
  readonly count: Local<'i32'>
}

/** Runs `body` for each row that counts, with its group. */
function eachRow(
  f: FunctionBuilder,
  p: RowParams,
  shape: KernelShape,
  body: (row: Local<'i32'>, group: Local<'i32'>) => void,
): void {
  const i = f.local('i32')
  const group = f.local('i32')
  f.for(i, 0, p.count, () => {
    const checked = () => {
      if (shape.nullable) f.if(validBit(p.validity, i), () => body(i, group))
      else body(i, group)
    }
    if (!shape.grouped) {
      checked()
      return
    }
    f.set(group, i32.load(at(p.groups, i, 2)))
    f.if(i32.ge_s(group, 0), checked)
  })
}

const ROW_PARAMS = { validity: 'i32', groups: 'i32', count: 'i32' } as const

export interface CountKernel {
  count(validity: number, groups: number, count: number, counts: number): void
}

/** counts[g] += 1, as i64. */
export function countKernel(memory: WebAssembly.Memory, shape: KernelShape): CountKernel['count'] {
  const build = (m: ModuleBuilder) => {
    m.function('count', { ...ROW_PARAMS, counts: 'i32' }, null, (f, p) => {
      const total = f.local('i64')
      eachRow(f, p, shape, (_row, group) => {
        if (shape.grouped) {
          const state = at(p.counts, group, 3)
          f.store64(state, i64.add(i64.load(state), 1n))
        } else f.set(total, i64.add(total, 1n))
      })
      if (!shape.grouped) f.store64(p.counts, i64.add(i64.load(p.counts), total))
    })
  }
  return kernel<CountKernel>(memory, `aggregate count${shapeName(shape)}`, build).count
}

export interface SumIntegersKernel {
  sum(
    validity: number,
    groups: number,
    count: number,
    values: number,
    base: bigint,
    factor: bigint,
    sums: number,
    counts: number,
  ): void
}

/** Adds a 64-bit value to a 128-bit one at an address. */
function addWide(f: FunctionBuilder, address: Expr<'i32'>, value: Local<'i64'>): void {
  const low = f.let(i64.load(address))
  const sum = f.let(i64.add(low, value))
  f.store64(address, sum)
  f.store64(
    address,
    i64.add(
      i64.add(i64.load(address, 8), i64.shr_s(value, 63n)),
      i64.extend_i32_u(i64.lt_u(sum, low)),
    ),
    8,
  )
}

/**
 * sums[g] += base + factor * values[i] and counts[g] += 1, as i64. `wide`: sums are 128 bits; otherwise the caller knows
 * that they stay within 64.
 */
export function sumIntegersKernel(
  memory: WebAssembly.Memory,
  source: IntegerSource,
  shape: KernelShape & { readonly wide: boolean },
): SumIntegersKernel['sum'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'sum',
      {
        ...ROW_PARAMS,
        values: 'i32',
        base: 'i64',
        factor: 'i64',
        sums: 'i32',
        counts: 'i32',
      },
      null,
      (f, p) => {
        const value = f.local('i64')
        const total = f.local('i64')
        const rows = f.local('i64')
        eachRow(f, p, shape, (row, group) => {
          f.set(value, INTEGER_LOADS[source](at(p.values, row, INTEGER_SHIFTS[source])))
          if (shape.grouped || shape.wide) {
            f.set(value, i64.add(p.base, i64.mul(p.factor, value)))
            const target = shape.grouped ? group : i32.const(0)
            if (shape.wide) addWide(f, at(p.sums, target, 4), value)
            else {
              const state = at(p.sums, target, 3)
              f.store64(state, i64.add(i64.load(state), value))
            }
            const counted = at(p.counts, target, 3)
            f.store64(counted, i64.add(i64.load(counted), 1n))
          } else {
            f.set(total, i64.add(total, value))
            f.set(rows, i64.add(rows, 1n))
          }
        })
        if (!shape.grouped && !shape.wide) {
          f.set(total, i64.add(i64.mul(p.base, rows), i64.mul(p.factor, total)))
          f.store64(p.sums, i64.add(i64.load(p.sums), total))
          f.store64(p.counts, i64.add(i64.load(p.counts), rows))
        }
      },
    )
  }
  const key = `aggregate sum ${source}${shapeName(shape)}${shape.wide ? ' wide' : ''}`
  return kernel<SumIntegersKernel>(memory, key, build).sum
}

export interface WideKernels {
  /** wide[g] += narrow[g], narrow[g] = 0 for the first `count` groups. */
  widen(narrow: number, wide: number, count: number): void
  /** wide[g] += values[i] (16 bytes each) and counts[g] += 1. */
  sum16(
    validity: number,
    groups: number,
    count: number,
    values: number,
    wide: number,
    counts: number,
  ): void
  /** Splits 16-byte values so that value = high * 2^64 + low, both signed. */
  split(values: number, count: number, low: number, high: number): void
  /** counts[g] += values[i], 8 bytes each; rows whose validity is not set are left out where `validity` is not 0. */
  addCounts(validity: number, groups: number, count: number, values: number, counts: number): void
}

export function wideKernels(memory: WebAssembly.Memory): WideKernels {
  return kernel<WideKernels>(memory, 'aggregate wide', (m) => {
    m.function('widen', { narrow: 'i32', wide: 'i32', count: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      const value = f.local('i64')
      f.for(i, 0, p.count, () => {
        f.set(value, i64.load(at(p.narrow, i, 3)))
        addWide(f, at(p.wide, i, 4), value)
        f.store64(at(p.narrow, i, 3), 0n)
      })
    })
    const checked = (
      f: FunctionBuilder,
      p: RowParams,
      body: (row: Local<'i32'>, group: Local<'i32'>) => void,
    ) =>
      eachRow(f, p, { nullable: false, grouped: true }, (row, group) => {
        f.if(i32.or(i32.eqz(p.validity), validBit(p.validity, row)), () => body(row, group))
      })
    m.function(
      'sum16',
      { ...ROW_PARAMS, values: 'i32', wide: 'i32', counts: 'i32' },
      null,
      (f, p) => {
        const low = f.local('i64')
        checked(f, p, (row, group) => {
          const source = at(p.values, row, 4)
          const target = at(p.wide, group, 4)
          f.set(low, i64.load(source))
          const before = f.let(i64.load(target))
          const sum = f.let(i64.add(before, low))
          f.store64(target, sum)
          const high = i64.add(i64.load(target, 8), i64.load(source, 8))
          f.store64(target, i64.add(high, i64.extend_i32_u(i64.lt_u(sum, before))), 8)
          const counted = at(p.counts, group, 3)
          f.store64(counted, i64.add(i64.load(counted), 1n))
        })
      },
    )
    m.function('split', { values: 'i32', count: 'i32', low: 'i32', high: 'i32' }, null, (f, p) => {
      const i = f.local('i32')
      const low = f.local('i64')
      f.for(i, 0, p.count, () => {
        const source = at(p.values, i, 4)
        f.set(low, i64.load(source))
        f.store64(at(p.low, i, 3), low)
        const carry = i64.shr_u(low, 63n)
        f.store64(at(p.high, i, 3), i64.add(i64.load(source, 8), carry))
      })
    })
    m.function('addCounts', { ...ROW_PARAMS, values: 'i32', counts: 'i32' }, null, (f, p) => {
      checked(f, p, (row, group) => {
        const state = at(p.counts, group, 3)
        f.store64(state, i64.add(i64.load(state), i64.load(at(p.values, row, 3))))
      })
    })
  })
}

export interface SumFloatsKernel {
  sum(
    validity: number,
    groups: number,
    count: number,
    values: number,
    sums: number,
    counts: number,
  ): void
}

const floatAt = (source: FloatSource, values: Expr<'i32'>, row: Expr<'i32'>): Expr<'f64'> =>
  source === 'f64' ? f64.load(at(values, row, 3)) : f64.promote_f32(f32.load(at(values, row, 2)))

/**
 * Adds values[i] to sums[g] and 1 to counts[g]. A sum is two doubles, the rounded sum and what rounding has lost so far
 * (Neumaier's variant of Kahan's summation), so that the result does not depend on the order in which threads
 * add their rows, but for sums that cancel to less than the last digit of their terms.
 * @source A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54 (1974)
 */
export function sumFloatsKernel(
  memory: WebAssembly.Memory,
  source: FloatSource,
  shape: KernelShape,
): SumFloatsKernel['sum'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'sum',
      { ...ROW_PARAMS, values: 'i32', sums: 'i32', counts: 'i32' },
      null,
      (f, p) => {
        const high = f.local('f64')
        const low = f.local('f64')
        const value = f.local('f64')
        const sum = f.local('f64')
        const part = f.local('f64')
        const rows = f.local('i64')
        /** Knuth's TwoSum: exact without knowing which term is larger. */
        const addTo = () => {
          f.set(sum, f64.add(high, value))
          f.set(part, f64.sub(sum, high))
          const lost = f64.add(f64.sub(high, f64.sub(sum, part)), f64.sub(value, part))
          f.set(low, f64.add(low, lost))
          f.set(high, sum)
        }
        const load = (state: Expr<'i32'>) => {
          f.set(high, f64.load(state))
          f.set(low, f64.load(state, 8))
        }
        const store = (state: Expr<'i32'>) => {
          f.storeF64(state, high)
          f.storeF64(state, low, 8)
        }
        if (!shape.grouped) load(p.sums)
        eachRow(f, p, shape, (row, group) => {
          f.set(value, floatAt(source, p.values, row))
          if (shape.grouped) {
            const state = f.let(at(p.sums, group, 4))
            load(state)
            addTo()
            store(state)
            const counted = at(p.counts, group, 3)
            f.store64(counted, i64.add(i64.load(counted), 1n))
          } else {
            addTo()
            f.set(rows, i64.add(rows, 1n))
          }
        })
        if (!shape.grouped) {
          store(p.sums)
          f.store64(p.counts, i64.add(i64.load(p.counts), rows))
        }
      },
    )
  }
  return kernel<SumFloatsKernel>(memory, `aggregate sum ${source}${shapeName(shape)}`, build).sum
}

export interface ExtremeKernel {
  extreme(
    validity: number,
    groups: number,
    count: number,
    values: number,
    base: bigint,
    factor: bigint,
    states: number,
    counts: number,
  ): void
}

/** states[g] = the smaller (larger) of it and values[i]; the first value where counts[g] is 0. NaN gives way to numbers. */
export function extremeKernel(
  memory: WebAssembly.Memory,
  source: IntegerSource | FloatSource,
  largest: boolean,
  shape: KernelShape,
): ExtremeKernel['extreme'] {
  const build = (m: ModuleBuilder) => {
    m.function(
      'extreme',
      {
        ...ROW_PARAMS,
        values: 'i32',
        base: 'i64',
        factor: 'i64',
        states: 'i32',
        counts: 'i32',
      },
      null,
      (f, p) => {
        eachRow(f, p, shape, (row, group) => {
          const target = shape.grouped ? group : i32.const(0)
          const state = at(p.states, target, 3)
          const counted = at(p.counts, target, 3)
          const isFirst = i64.eqz(i64.load(counted))
          if (source === 'f32' || source === 'f64') {
            const value = f.let(floatAt(source, p.values, row))
            const current = f.let(f64.load(state))
            const better = largest ? f64.gt(value, current) : f64.lt(value, current)
            const overNaN = f64.ne(current, current)
            f.if(i32.or(isFirst, i32.or(better, overNaN)), () => f.storeF64(state, value))
          } else {
            const raw = INTEGER_LOADS[source](at(p.values, row, INTEGER_SHIFTS[source]))
            const value = f.let(i64.add(p.base, i64.mul(p.factor, raw)))
            const current = i64.load(state)
            const better = largest ? i64.gt_s(value, current) : i64.lt_s(value, current)
            f.if(i32.or(isFirst, better), () => f.store64(state, value))
          }
          f.store64(counted, i64.add(i64.load(counted), 1n))
        })
      },
    )
  }
  const key = `aggregate ${largest ? 'max' : 'min'} ${source}${shapeName(shape)}`
  return kernel<ExtremeKernel>(memory, key, build).extreme
}
