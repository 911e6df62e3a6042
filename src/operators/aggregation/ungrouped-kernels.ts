import type { FunctionBuilder, Local } from '../../expressions/wasm/builder.js'
import { f32, f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import { f64x2, i8x16, i16x8, i32x4, i64x2, v128 } from '../../expressions/wasm/simd.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, validBit } from '../keys/key-kernels.js'

/**
 * Bodies of kernels that fold a whole column into one state: 16 bytes at a time where no position is null, without a
 * branch a row elsewhere.
 */

export type IntegerSource = 'i8' | 'i16' | 'i32' | 'i64'
export type FloatSource = 'f32' | 'f64'

export const INTEGER_LOADS = {
  i8: i64.load8_s,
  i16: i64.load16_s,
  i32: i64.load32_s,
  i64: i64.load,
} as const
export const INTEGER_SHIFTS = { i8: 0, i16: 1, i32: 2, i64: 3 } as const

interface Column {
  readonly validity: Local<'i32'>
  readonly count: Local<'i32'>
  readonly values: Local<'i32'>
}

const zero = v128.const(new Uint8Array(16))
const isValid = (column: Pick<Column, 'validity'>, row: Expr<'i32'>): Expr<'i64'> =>
  i64.extend_i32_u(validBit(column.validity, row))

/** How many positions are not null. */
export function countValid(
  f: FunctionBuilder,
  { validity, count }: Pick<Column, 'validity' | 'count'>,
): Expr<'i64'> {
  const rows = f.local('i64')
  const i = f.local('i32')
  const whole = f.let(i32.and(count, -64))
  f.for(
    i,
    0,
    whole,
    () => f.set(rows, i64.add(rows, i64.popcnt(i64.load(i32.add(validity, i32.shr_u(i, 3)))))),
    64,
  )
  f.for(i, whole, count, () => f.set(rows, i64.add(rows, isValid({ validity }, i))))
  return rows
}

/** Rows whose sums of raw i8 and i16 values fit lanes of 32 bits. */
const LANE_ROWS = 65_536

/** The sum of raw values, and how many they are. */
export function sumIntegers(
  f: FunctionBuilder,
  source: IntegerSource,
  nullable: boolean,
  p: Column,
): { readonly total: Expr<'i64'>; readonly rows: Expr<'i64'> } {
  const total = f.local('i64')
  const i = f.local('i32')
  const value = (row: Expr<'i32'>) =>
    INTEGER_LOADS[source](at(p.values, row, INTEGER_SHIFTS[source]))
  if (nullable) {
    const rows = f.local('i64')
    const valid = f.local('i64')
    f.for(i, 0, p.count, () => {
      f.set(valid, isValid(p, i))
      f.set(total, i64.add(total, i64.and(value(i), i64.sub(0n, valid))))
      f.set(rows, i64.add(rows, valid))
    })
    return { total, rows }
  }
  const rowsPerVector = 16 >> INTEGER_SHIFTS[source]
  const whole = f.let(i32.and(p.count, -rowsPerVector))
  const vector = () => v128.load(at(p.values, i, INTEGER_SHIFTS[source]))
  const [even, odd] = [f.local('v128'), f.local('v128')]
  const addPairs = (pairs: Expr<'v128'>) => {
    f.set(even, i64x2.add(even, i64x2.extend_low_i32x4_s(pairs)))
    f.set(odd, i64x2.add(odd, i64x2.extend_high_i32x4_s(pairs)))
  }
  if (source === 'i64') f.for(i, 0, whole, () => f.set(even, i64x2.add(even, vector())), 2)
  else if (source === 'i32') f.for(i, 0, whole, () => addPairs(f.let(vector())), 4)
  else {
    const lanes = f.local('v128')
    const end = f.local('i32')
    f.while(i32.lt_s(i, whole), () => {
      f.set(end, i32.add(i, LANE_ROWS))
      f.set(end, i32.select(i32.lt_s(end, whole), end, whole))
      f.set(lanes, zero)
      f.for(
        i,
        i,
        end,
        () => {
          const pairs =
            source === 'i8'
              ? i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(vector()))
              : i32x4.extadd_pairwise_i16x8_s(vector())
          f.set(lanes, i32x4.add(lanes, pairs))
        },
        rowsPerVector,
      )
      addPairs(lanes)
    })
  }
  f.set(even, i64x2.add(even, odd))
  f.set(total, i64.add(i64x2.extract_lane(even, 0), i64x2.extract_lane(even, 1)))
  f.for(i, whole, p.count, () => f.set(total, i64.add(total, value(i))))
  return { total, rows: i64.extend_i32_u(p.count) }
}

const LANE_KINDS = { i8: i8x16, i16: i16x8, i32: i32x4 } as const

const leastOf = (source: IntegerSource, largest: boolean): bigint => {
  const bits = BigInt(8 << INTEGER_SHIFTS[source])
  return largest ? -(1n << (bits - 1n)) : (1n << (bits - 1n)) - 1n
}

/** The smallest (largest) raw value, and how many there are; any number where there is none. */
export function integerExtreme(
  f: FunctionBuilder,
  source: IntegerSource,
  largest: boolean,
  nullable: boolean,
  p: Column,
): { readonly best: Expr<'i64'>; readonly rows: Expr<'i64'> } {
  const best = f.let(i64.const(leastOf(source, largest)))
  const value = f.local('i64')
  const i = f.local('i32')
  const load = () => INTEGER_LOADS[source](at(p.values, i, INTEGER_SHIFTS[source]))
  const take = () => {
    const better = largest ? i64.gt_s(value, best) : i64.lt_s(value, best)
    f.set(best, i64.select(better, value, best))
  }
  if (nullable) {
    const rows = f.local('i64')
    f.for(i, 0, p.count, () => {
      const valid = f.let(isValid(p, i))
      f.set(rows, i64.add(rows, valid))
      f.set(value, i64.select(i64.eqz(valid), i64.const(leastOf(source, largest)), load()))
      take()
    })
    return { best, rows }
  }
  const rowsPerVector = 16 >> INTEGER_SHIFTS[source]
  const whole = f.let(i32.and(p.count, -rowsPerVector))
  f.if(i32.gt_s(whole, 0), () => {
    const lanes = f.let(v128.load(p.values))
    f.for(
      i,
      rowsPerVector,
      whole,
      () => {
        const vector = v128.load(at(p.values, i, INTEGER_SHIFTS[source]))
        if (source === 'i64') {
          const next = f.let(vector)
          const better = largest ? i64x2.gt_s(next, lanes) : i64x2.lt_s(next, lanes)
          f.set(lanes, v128.bitselect(next, lanes, better))
        } else {
          const kind = LANE_KINDS[source]
          f.set(lanes, largest ? kind.max_s(lanes, vector) : kind.min_s(lanes, vector))
        }
      },
      rowsPerVector,
    )
    for (let lane = 0; lane < rowsPerVector; lane++) {
      f.set(value, laneOf(source, lanes, lane))
      take()
    }
  })
  f.for(i, whole, p.count, () => {
    f.set(value, load())
    take()
  })
  return { best, rows: i64.extend_i32_u(p.count) }
}

function laneOf(source: IntegerSource, lanes: Expr<'v128'>, lane: number): Expr<'i64'> {
  switch (source) {
    case 'i8':
      return i64.extend_i32_s(i8x16.extract_lane_s(lanes, lane))
    case 'i16':
      return i64.extend_i32_s(i16x8.extract_lane_s(lanes, lane))
    case 'i32':
      return i64.extend_i32_s(i32x4.extract_lane(lanes, lane))
    case 'i64':
      return i64x2.extract_lane(lanes, lane)
  }
}

export const floatAt = (source: FloatSource, values: Expr<'i32'>, row: Expr<'i32'>): Expr<'f64'> =>
  source === 'f64' ? f64.load(at(values, row, 3)) : f64.promote_f32(f32.load(at(values, row, 2)))

/** Two or, of f32, the first two of four doubles. */
const doublesAt = (source: FloatSource, values: Expr<'i32'>, row: Expr<'i32'>): Expr<'v128'> =>
  source === 'f64'
    ? v128.load(at(values, row, 3))
    : f64x2.promote_low_f32x4(v128.load64_zero(at(values, row, 2)))

/** The smallest (largest) value, and how many there are; NaN where there are no others, or none at all. */
export function floatExtreme(
  f: FunctionBuilder,
  source: FloatSource,
  largest: boolean,
  nullable: boolean,
  p: Column,
): { readonly best: Expr<'f64'>; readonly rows: Expr<'i64'> } {
  const best = f.let(f64.const(Number.NaN))
  const value = f.local('f64')
  const i = f.local('i32')
  const take = () => {
    const better = largest ? f64.gt(value, best) : f64.lt(value, best)
    f.set(best, f64.select(i32.or(better, f64.ne(best, best)), value, best))
  }
  if (nullable) {
    const rows = f.local('i64')
    f.for(i, 0, p.count, () => {
      const valid = f.let(isValid(p, i))
      f.set(rows, i64.add(rows, valid))
      f.set(value, f64.select(i64.eqz(valid), f64.const(Number.NaN), floatAt(source, p.values, i)))
      take()
    })
    return { best, rows }
  }
  const whole = f.let(i32.and(p.count, -4))
  const [even, odd] = [f.let(f64x2.splat(f64.const(Number.NaN))), f.local('v128')]
  f.set(odd, even)
  const takeLanes = (lanes: Local<'v128'>, next: Local<'v128'>) => {
    const better = largest ? f64x2.gt(next, lanes) : f64x2.lt(next, lanes)
    f.set(lanes, v128.bitselect(next, lanes, v128.or(better, f64x2.ne(lanes, lanes))))
  }
  f.for(
    i,
    0,
    whole,
    () => {
      takeLanes(even, f.let(doublesAt(source, p.values, i)))
      takeLanes(odd, f.let(doublesAt(source, p.values, i32.add(i, 2))))
    },
    4,
  )
  for (const lanes of [even, odd]) {
    for (const lane of [0, 1]) {
      f.set(value, f64x2.extract_lane(lanes, lane))
      take()
    }
  }
  f.for(i, whole, p.count, () => {
    f.set(value, floatAt(source, p.values, i))
    take()
  })
  return { best, rows: i64.extend_i32_u(p.count) }
}

/** A sum on its way: the rounded sum and what rounding has lost so far. */
interface FloatSum {
  readonly high: Local<'f64'>
  readonly low: Local<'f64'>
}

/** Knuth's TwoSum: exact without knowing which term is larger. */
export function addFloat(f: FunctionBuilder, { high, low }: FloatSum, value: Expr<'f64'>): void {
  const sum = f.let(f64.add(high, value))
  const part = f.let(f64.sub(sum, high))
  const lost = f64.add(f64.sub(high, f64.sub(sum, part)), f64.sub(value, part))
  f.set(low, f64.add(low, lost))
  f.set(high, sum)
}

/**
 * Adds all values to a sum. @returns how many they are
 */
export function sumFloats(
  f: FunctionBuilder,
  source: FloatSource,
  nullable: boolean,
  p: Column,
  sum: FloatSum,
): Expr<'i64'> {
  const i = f.local('i32')
  const value = f.local('f64')
  if (nullable) {
    const rows = f.local('i64')
    f.for(i, 0, p.count, () => {
      const valid = f.let(isValid(p, i))
      f.set(rows, i64.add(rows, valid))
      f.set(value, f64.select(i64.eqz(valid), f64.const(0), floatAt(source, p.values, i)))
      addFloat(f, sum, value)
    })
    return rows
  }
  const from = f.local('i32')
  const [high, low] = [f.let(sum.high), f.let(sum.low)]
  f.set(from, i32.and(p.count, -4))
  f.if(from, () => {
    const lanes = [0, 2].map((offset) => ({
      offset,
      high: f.local('v128'),
      low: f.local('v128'),
    }))
    f.for(
      i,
      0,
      from,
      () => {
        for (const { offset, high, low } of lanes) {
          const next = f.let(doublesAt(source, p.values, i32.add(i, offset)))
          const added = f.let(f64x2.add(high, next))
          const part = f.let(f64x2.sub(added, high))
          const lost = f64x2.add(f64x2.sub(high, f64x2.sub(added, part)), f64x2.sub(next, part))
          f.set(low, f64x2.add(low, lost))
          f.set(high, added)
        }
      },
      4,
    )
    for (const lane of [0, 1]) {
      for (const { high, low } of lanes) {
        f.set(value, f64x2.extract_lane(high, lane))
        addFloat(f, sum, value)
        f.set(sum.low, f64.add(sum.low, f64x2.extract_lane(low, lane)))
      }
    }
    // Lanes may overflow, or meet infinities, where the sum in the order of rows does not.
    f.if(f64.ne(f64.sub(sum.high, sum.high), 0), () => {
      f.set(sum.high, high)
      f.set(sum.low, low)
      f.set(from, 0)
    })
  })
  f.for(i, from, p.count, () => {
    f.set(value, floatAt(source, p.values, i))
    addFloat(f, sum, value)
  })
  return i64.extend_i32_u(p.count)
}
