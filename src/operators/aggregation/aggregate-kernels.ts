import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, validBit } from '../keys/key-kernels.js'
import {
  addFloat,
  countValid,
  type FloatSource,
  floatAt,
  floatExtreme,
  INTEGER_LOADS,
  INTEGER_SHIFTS,
  type IntegerSource,
  integerExtreme,
  sumFloats,
  sumIntegers,
} from './ungrouped-kernels.js'

/**
 * WASM kernels that add a column to the states of groups. `groups` holds a group a row, -1 for rows that do not count;
 * without groups all rows go to group 0.
 */

export type { FloatSource, IntegerSource }

export interface KernelShape {
  readonly nullable: boolean
  readonly grouped: boolean
}

const loadInteger = (source: IntegerSource, values: Expr<'i32'>, row: Expr<'i32'>): Expr<'i64'> =>
  INTEGER_LOADS[source](at(values, row, INTEGER_SHIFTS[source]))

const isFloat = (source: IntegerSource | FloatSource): source is FloatSource =>
  source === 'f32' || source === 'f64'

/** What names of kernels say of their shape. */
export const shapeName = ({ nullable, grouped }: KernelShape): string =>
  `${nullable ? ' nullable' : ''}${grouped ? ' grouped' : ''}`

interface RowParams {
  readonly validity: Local<'i32'>
  readonly groups: Local<'i32'>
  readonly count: Local<'i32'>
}

/** Runs `body` for each row that counts, with its group. */
export function eachRow(
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

export const ROW_PARAMS = { validity: 'i32', groups: 'i32', count: 'i32' } as const

export interface CountKernel {
  count(validity: number, groups: number, count: number, counts: number): void
}

/** counts[g] += 1, as i64. */
export function countKernel(memory: WebAssembly.Memory, shape: KernelShape): CountKernel['count'] {
  const build = (m: ModuleBuilder) => {
    m.function('count', { ...ROW_PARAMS, counts: 'i32' }, null, (f, p) => {
      if (!shape.grouped) {
        const rows = shape.nullable ? countValid(f, p) : i64.extend_i32_u(p.count)
        f.store64(p.counts, i64.add(i64.load(p.counts), rows))
        return
      }
      eachRow(f, p, shape, (_row, group) => {
        const state = at(p.counts, group, 3)
        f.store64(state, i64.add(i64.load(state), 1n))
      })
    })
  }
  return kernel<CountKernel>(memory, `aggregate count${shapeName(shape)}`, build).count
}

interface EmptyGroupsKernel {
  /** How many of the counts are 0. */
  empty(counts: number, count: number): number
}

export const emptyGroupsKernel = (memory: WebAssembly.Memory): EmptyGroupsKernel['empty'] =>
  kernel<EmptyGroupsKernel>(memory, 'aggregate empty groups', (m) => {
    m.function('empty', { counts: 'i32', count: 'i32' }, 'i32', (f, p) => {
      const i = f.local('i32')
      const found = f.local('i32')
      f.for(i, 0, p.count, () => {
        f.set(found, i32.add(found, i64.eqz(i64.load(at(p.counts, i, 3)))))
      })
      f.return(found)
    })
  }).empty

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
        if (!shape.grouped && !shape.wide) {
          const { total, rows } = sumIntegers(f, source, shape.nullable, p)
          const sum = i64.add(i64.mul(p.base, rows), i64.mul(p.factor, total))
          f.store64(p.sums, i64.add(i64.load(p.sums), sum))
          f.store64(p.counts, i64.add(i64.load(p.counts), rows))
          return
        }
        const value = f.local('i64')
        eachRow(f, p, shape, (row, group) => {
          const raw = loadInteger(source, p.values, row)
          f.set(value, i64.add(p.base, i64.mul(p.factor, raw)))
          const target = shape.grouped ? group : i32.const(0)
          if (shape.wide) addWide(f, at(p.sums, target, 4), value)
          else {
            const state = at(p.sums, target, 3)
            f.store64(state, i64.add(i64.load(state), value))
          }
          const counted = at(p.counts, target, 3)
          f.store64(counted, i64.add(i64.load(counted), 1n))
        })
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
        const [high, low] = [f.local('f64'), f.local('f64')]
        const load = (state: Expr<'i32'>) => {
          f.set(high, f64.load(state))
          f.set(low, f64.load(state, 8))
        }
        const store = (state: Expr<'i32'>) => {
          f.storeF64(state, high)
          f.storeF64(state, low, 8)
        }
        if (!shape.grouped) {
          load(p.sums)
          const rows = sumFloats(f, source, shape.nullable, p, { high, low })
          store(p.sums)
          f.store64(p.counts, i64.add(i64.load(p.counts), rows))
          return
        }
        eachRow(f, p, shape, (row, group) => {
          const state = f.let(at(p.sums, group, 4))
          load(state)
          addFloat(f, { high, low }, f.let(floatAt(source, p.values, row)))
          store(state)
          const counted = at(p.counts, group, 3)
          f.store64(counted, i64.add(i64.load(counted), 1n))
        })
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
        const rows = f.local('i64')
        const float = f.local('f64')
        const integer = f.local('i64')
        const take = (state: Expr<'i32'>, isFirst: Expr<'i32'>) => {
          if (isFloat(source)) {
            const current = f.let(f64.load(state))
            const better = largest ? f64.gt(float, current) : f64.lt(float, current)
            const overNaN = f64.ne(current, current)
            f.if(i32.or(isFirst, i32.or(better, overNaN)), () => f.storeF64(state, float))
          } else {
            const current = i64.load(state)
            const better = largest ? i64.gt_s(integer, current) : i64.lt_s(integer, current)
            f.if(i32.or(isFirst, better), () => f.store64(state, integer))
          }
        }
        const scaled = (raw: Expr<'i64'>) => i64.add(p.base, i64.mul(p.factor, raw))
        if (!shape.grouped) {
          if (isFloat(source)) {
            const all = floatExtreme(f, source, largest, shape.nullable, p)
            f.set(float, all.best)
            f.set(rows, all.rows)
          } else {
            const all = integerExtreme(f, source, largest, shape.nullable, p)
            f.set(integer, scaled(all.best))
            f.set(rows, all.rows)
          }
          f.if(i64.eqz(rows), () => f.return())
          take(p.states, i64.eqz(i64.load(p.counts)))
          f.store64(p.counts, i64.add(i64.load(p.counts), rows))
          return
        }
        eachRow(f, p, shape, (row, group) => {
          if (isFloat(source)) f.set(float, floatAt(source, p.values, row))
          else f.set(integer, scaled(loadInteger(source, p.values, row)))
          const counted = at(p.counts, group, 3)
          take(at(p.states, group, 3), i64.eqz(i64.load(counted)))
          f.store64(counted, i64.add(i64.load(counted), 1n))
        })
      },
    )
  }
  const key = `aggregate ${largest ? 'max' : 'min'} ${source}${shapeName(shape)}`
  return kernel<ExtremeKernel>(memory, key, build).extreme
}
