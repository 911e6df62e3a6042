import {
  type Arena,
  type BytesBlock,
  type FlatBlock,
  type IntegerBlock,
  isValid,
  type SqlType,
  type VarcharType,
} from '../../spi/index.js'
import { allocateInt32 } from './buffers.js'
import { decimalScale } from './interval.js'

/** Casts of integers and decimals to VARCHAR: digits straight into the bytes of a page, no JavaScript string between. */

const KINDS: readonly SqlType['kind'][] = ['tinyint', 'smallint', 'integer', 'bigint', 'decimal']

export const hasNumberTexts = (from: SqlType, to: SqlType): boolean =>
  to.kind === 'varchar' && KINDS.includes(from.kind)

const RANGES = { i8: 2 ** 7, i16: 2 ** 15, i32: 2 ** 31, i64: 2 ** 63 } as const

/** The greatest magnitude of the values that are not null; beyond 2^53 where unknown. */
function magnitudeOf({ storage, base, factor, bounds }: IntegerBlock): number {
  if (bounds !== undefined) return Math.max(Math.abs(bounds.min), Math.abs(bounds.max))
  return Math.abs(base) + Math.abs(factor) * RANGES[storage]
}

const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const BILLION = 1e9

/**
 * @returns undefined where values may be beyond 2^53, or a text too long for the type
 */
export function numberTexts(
  from: SqlType,
  to: VarcharType,
  block: FlatBlock,
  arena: Arena,
): BytesBlock | undefined {
  if (!('base' in block)) return undefined
  const magnitude = magnitudeOf(block)
  if (!Number.isSafeInteger(magnitude)) return undefined
  const scale = decimalScale(from)
  const widest = Math.max(String(magnitude).length, scale + 1) + (scale > 0 ? 2 : 1)
  if (to.length !== undefined && widest > to.length) return undefined
  const { rowCount, validity, values, base, factor } = block
  const offsets = allocateInt32(arena, rowCount + 1)
  const bytes = arena.allocate(rowCount * widest)
  let at = 0
  offsets[0] = 0
  for (let i = 0; i < rowCount; i++) {
    // A null may stand over any number.
    if (isValid(validity, i)) {
      at = writeNumber(bytes, at, base + factor * Number(values[i]!), scale)
    }
    offsets[i + 1] = at
  }
  const shape = { encoding: 'flat', storage: 'bytes', type: to, rowCount, validity } as const
  return { offsets, bytes: bytes.subarray(0, at), ascii: true, ...shape }
}

/** @returns the position behind the text */
function writeNumber(bytes: Uint8Array, from: number, value: number, scale: number): number {
  let at = from
  let rest = value
  if (rest < 0) {
    bytes[at++] = MINUS
    rest = -rest
  }
  const digits = Math.max(digitCount(rest), scale + 1)
  if (scale === 0) {
    writeDigits(bytes, at, digits, rest)
    return at + digits
  }
  const unit = 10 ** scale
  const whole = Math.floor(rest / unit)
  writeDigits(bytes, at, digits - scale, whole)
  at += digits - scale
  bytes[at++] = DOT
  writeDigits(bytes, at, scale, rest - whole * unit)
  return at + scale
}

function digitCount(value: number): number {
  let count = 1
  for (let limit = 10; value >= limit; limit *= 10) count++
  return count
}

/** The last `count` digits; of integers of 32 bits, of which arithmetic is fast, nine at a time. */
function writeDigits(bytes: Uint8Array, from: number, count: number, value: number): void {
  let high = value
  let end = from + count
  while (end > from) {
    const next = Math.floor(high / BILLION)
    let low = (high - next * BILLION) | 0
    for (const stop = Math.max(from, end - 9); end > stop; ) {
      const tenth = (low / 10) | 0
      bytes[--end] = ZERO + low - tenth * 10
      low = tenth
    }
    high = next
  }
}
