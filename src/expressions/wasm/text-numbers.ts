import {
  type Arena,
  assert,
  type BytesBlock,
  type IntegerBlock,
  type SqlType,
} from '../../spi/index.js'
import type { ModuleBuilder } from './builder.js'
import { kernelMemory } from './kernel-memory.js'
import { kernel } from './module-cache.js'
import { i32, i64 } from './scalar.js'

/** Casts of texts to integers: digits of ASCII with at most a sign, no JavaScript string between. */

const LIMITS: Partial<Record<SqlType['kind'], bigint>> = {
  tinyint: 2n ** 7n - 1n,
  smallint: 2n ** 15n - 1n,
  integer: 2n ** 31n - 1n,
  bigint: 2n ** 63n - 1n,
}

export const hasTextNumbers = (from: SqlType, to: SqlType): boolean =>
  from.kind === 'varchar' && LIMITS[to.kind] !== undefined

type ParseKernel = {
  /** Writes integers, 0 for nulls, and behind them the least and the greatest. @returns how many rows it got through */
  parse(
    offsets: number,
    bytes: number,
    validity: number,
    count: number,
    limit: bigint,
    out: number,
  ): number
}

const BOUNDS_BYTES = 16

/** @returns undefined where a text is written otherwise, which need not be wrong, or out of the type's range */
export function numbersOfTexts(
  type: SqlType,
  block: BytesBlock,
  arena: Arena,
): IntegerBlock | undefined {
  const memory = kernelMemory(block.offsets.buffer)
  assert(memory !== undefined, 'kernels need an arena of the shared memory')
  const { rowCount, validity } = block
  const bytes = arena.allocate(rowCount * 8 + BOUNDS_BYTES)
  const done = kernel<ParseKernel>(memory, 'texts to integers', buildParse).parse(
    block.offsets.byteOffset,
    block.bytes.byteOffset,
    validity === null ? 0 : validity.byteOffset,
    rowCount,
    LIMITS[type.kind]!,
    bytes.byteOffset,
  )
  if (done < rowCount) return undefined
  const written = new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount + 2)
  const bounds = { min: Number(written[rowCount]), max: Number(written[rowCount + 1]) }
  const isSafe = Number.isSafeInteger(bounds.min) && Number.isSafeInteger(bounds.max)
  return {
    encoding: 'flat',
    storage: 'i64',
    type,
    rowCount,
    validity,
    values: written.subarray(0, rowCount),
    base: 0,
    factor: 1,
    ...(isSafe ? { bounds } : {}),
  }
}

const MINUS = 0x2d
const PLUS = 0x2b
const ZERO = 0x30
/** So many digits fit 64 bits without a sign. */
const DIGITS_MAX = 19

function buildParse(m: ModuleBuilder): void {
  const params = {
    offsets: 'i32',
    bytes: 'i32',
    validity: 'i32',
    count: 'i32',
    limit: 'i64',
    out: 'i32',
  } as const
  m.function('parse', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const at = f.local('i32')
    const value = f.local('i64')
    const min = f.local('i64')
    const max = f.local('i64')
    const next = f.let(i32.add(p.bytes, i32.load(p.offsets)))
    f.for(row, 0, p.count, (exit) => {
      f.set(at, next)
      f.set(next, i32.add(p.bytes, i32.load(i32.add(p.offsets, i32.shl(row, 2)), 4)))
      f.set(value, 0n)
      const bit = i32.shr_u(i32.load8_u(i32.add(p.validity, i32.shr_u(row, 3))), i32.and(row, 7))
      f.if(i32.if(p.validity, i32.and(bit, 1), 1), () => {
        const first = f.let(i32.load8_u(at))
        const isNegative = f.let(i32.eq(first, MINUS))
        f.set(at, i32.add(at, i32.or(isNegative, i32.eq(first, PLUS))))
        f.brIf(exit, i32.gt_u(i32.sub(i32.sub(next, at), 1), DIGITS_MAX - 1))
        f.while(i32.lt_u(at, next), () => {
          const digit = f.let(i32.sub(i32.load8_u(at), ZERO))
          f.brIf(exit, i32.gt_u(digit, 9))
          f.set(value, i64.add(i64.mul(value, 10), i64.extend_i32_u(digit)))
          f.set(at, i32.add(at, 1))
        })
        const sign = i64.extend_i32_u(isNegative)
        f.brIf(exit, i64.gt_u(value, i64.add(p.limit, sign)))
        f.set(value, i64.select(isNegative, i64.sub(0n, value), value))
        f.set(min, i64.select(i64.lt_s(value, min), value, min))
        f.set(max, i64.select(i64.gt_s(value, max), value, max))
      })
      f.store64(i32.add(p.out, i32.shl(row, 3)), value)
    })
    const behind = f.let(i32.add(p.out, i32.shl(p.count, 3)))
    f.store64(behind, min)
    f.store64(behind, max, 8)
    f.return(row)
  })
}
