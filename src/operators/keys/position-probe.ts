import type { ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { i32, i64 } from '../../expressions/wasm/scalar.js'
import { i16x8, i32x4, v128 } from '../../expressions/wasm/simd.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { at, type KeySource, loadKey, validBit } from './key-kernels.js'

interface PositionProbeKernel {
  /** rows[i] = offset + factor * source[i], modulo 2^32, where source[i] is low to low + span, else -1. */
  probe(
    source: number,
    validity: number,
    count: number,
    low: bigint,
    span: bigint,
    factor: number,
    offset: number,
    rows: number,
  ): void
}

/** Keys of one column of integers, in the width they are stored in. */
export interface ProbeColumn {
  readonly source: KeySource
  readonly address: number
  /** 0: no nulls. */
  readonly validity: number
  readonly rowCount: number
  /** A key is base + factor * value, with a factor above 0. */
  readonly base: bigint
  readonly factor: bigint
}

/** Smallest and largest value of each width. */
const LIMITS = {
  i8: [-(1n << 7n), (1n << 7n) - 1n],
  i16: [-(1n << 15n), (1n << 15n) - 1n],
  i32: [-(1n << 31n), (1n << 31n) - 1n],
  i64: [-(1n << 63n), (1n << 63n) - 1n],
  u8: [0n, (1n << 8n) - 1n],
  u16: [0n, (1n << 16n) - 1n],
} as const satisfies Readonly<Record<KeySource, readonly [bigint, bigint]>>

/**
 * rows[i] = key - min where that is 0 to count - 1, else -1: a look-up where the rows of the build side lie in the order of their keys,
 * of which none is missing, so that nothing is read but the keys. Stored values are compared instead of keys: no lane is
 * wider than they are.
 */
export function probePositions(
  memory: WebAssembly.Memory,
  column: ProbeColumn,
  min: bigint,
  count: bigint,
  rows: Int32Array,
): void {
  const { source, address, validity, rowCount, base, factor } = column
  const [least, most] = LIMITS[source]
  const low = larger(least, -floorDivide(base - min, factor))
  const high = smaller(most, floorDivide(min + count - 1n - base, factor))
  if (low > high) {
    rows.fill(-1, 0, rowCount)
    return
  }
  const [by, offset] = [Number(BigInt.asIntN(32, factor)), Number(BigInt.asIntN(32, base - min))]
  const { probe } = positionProbeKernel(memory, source, validity !== 0)
  probe(address, validity, rowCount, low, high - low, by, offset, rows.byteOffset)
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Rounded down; the divisor is above 0. */
const floorDivide = (value: bigint, by: bigint): bigint =>
  value >= 0n ? value / by : -((-value + by - 1n) / by)

/** Four values from an address, as lanes of 32 bits. */
const FOUR = {
  i8: (from) => i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(from))),
  u8: (from) => i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from))),
  i16: (from) => v128.load16x4_s(from),
  u16: (from) => v128.load16x4_u(from),
  i32: (from) => v128.load(from),
} as const satisfies Partial<Record<KeySource, (from: Expr<'i32'>) => Expr<'v128'>>>
const SHIFTS = { i8: 0, u8: 0, i16: 1, u16: 1, i32: 2 } as const

function positionProbeKernel(
  memory: WebAssembly.Memory,
  source: KeySource,
  nullable: boolean,
): PositionProbeKernel {
  const build = (m: ModuleBuilder) => {
    m.function(
      'probe',
      {
        source: 'i32',
        validity: 'i32',
        count: 'i32',
        low: 'i64',
        span: 'i64',
        factor: 'i32',
        offset: 'i32',
        rows: 'i32',
      },
      null,
      (f, p) => {
        const i = f.local('i32')
        const done = f.local('i32')
        if (source !== 'i64' && !nullable) {
          f.set(done, i32.and(p.count, -4))
          const [low, span] = [p.low, p.span].map((v) => f.let(i32x4.splat(i32.wrap_i64(v))))
          const [factor, offset] = [p.factor, p.offset].map((v) => f.let(i32x4.splat(v)))
          const values = f.local('v128')
          const step = () => {
            f.set(values, FOUR[source](at(p.source, i, SHIFTS[source])))
            const outside = i32x4.gt_u(i32x4.sub(values, low!), span!)
            const row = i32x4.add(i32x4.mul(values, factor!), offset!)
            f.store128(at(p.rows, i, 2), v128.or(row, outside))
          }
          f.for(i, 0, done, step, 4)
        }
        const value = f.local('i64')
        f.for(i, done, p.count, () => {
          f.set(value, loadKey(source, p.source, i))
          const within = i64.le_u(i64.sub(value, p.low), p.span)
          const known = nullable ? i32.and(within, validBit(p.validity, i)) : within
          const row = i32.add(i32.mul(i32.wrap_i64(value), p.factor), p.offset)
          f.store32(at(p.rows, i, 2), i32.select(known, row, -1))
        })
      },
    )
  }
  return kernel(memory, `position probe ${source}${nullable ? ' nullable' : ''}`, build)
}
