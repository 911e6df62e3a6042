import type { Arena } from '../connector/memory.js'
import type { SqlType } from '../type/type.js'
import type { Bounds, IntegerBlock, Validity } from './block.js'

/** How integers are stored: the logical value is `base + factor * stored`. */
export interface IntegerWidth {
  readonly storage: IntegerBlock['storage']
  readonly base: number
  readonly factor: number
}

const WIDTHS = [
  { storage: 'i8', bytes: 1, min: -0x80, max: 0x7f },
  { storage: 'i16', bytes: 2, min: -0x8000, max: 0x7fff },
  { storage: 'i32', bytes: 4, min: -0x8000_0000, max: 0x7fff_ffff },
] as const

const WIDE: IntegerWidth = { storage: 'i64', base: 0, factor: 1 }

/** Powers of ten that stored values are divided by, largest first. */
const FACTORS = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 100, 10] as const

/**
 * Chooses the narrowest storage of integers between min and max (safe integers) that are all multiples of `factor`
 * plus a common rest: i8, i16, i32 or i64. Of equally wide ones the plainest: base 0 and factor 1 first, since kernels
 * for it do least. The base is a multiple of the factor, so that products of both stay exact.
 */
export function narrowIntegerWidth(min: number, max: number, factor = 1): IntegerWidth {
  for (const { storage, min: low, max: high } of WIDTHS) {
    if (min >= low && max <= high) return { storage, base: 0, factor: 1 }
    if (factor > 1 && min / factor >= low && max / factor <= high) {
      return { storage, base: 0, factor }
    }
    for (const unit of factor > 1 ? [1, factor] : [1]) {
      // Every stored number has to stand for a safe integer, so that kernels may compute in doubles.
      const base = min - low * unit
      const greatest = base + high * unit
      if (max <= greatest && Number.isSafeInteger(base) && Number.isSafeInteger(greatest)) {
        return { storage, base: base + 0, factor: unit }
      }
    }
  }
  return WIDE
}

/** The largest of the powers of ten up to 10^9 that divides all values (of the positions set in validity), else 1. */
export function commonPowerOfTen(
  values: Float64Array,
  rowCount: number,
  validity: Validity,
): number {
  let candidate = 0
  let factor: number = FACTORS[0]
  for (let i = 0; i < rowCount; i++) {
    if (validity !== null && (validity[i >> 3]! & (1 << (i & 7))) === 0) continue
    while (values[i]! % factor !== 0) {
      candidate++
      if (candidate === FACTORS.length) return 1
      factor = FACTORS[candidate]!
    }
  }
  return factor
}

/**
 * Makes a block of logical integers in the narrowest storage.
 * @param values Float64Array[rowCount] of safe integers; those at null positions don't matter
 * @param bounds of the values that are not null; undefined where there is none
 */
export function narrowIntegerBlock(
  type: SqlType,
  values: Float64Array,
  rowCount: number,
  validity: Validity,
  bounds: Bounds | undefined,
  ascending: boolean,
  arena: Arena,
): IntegerBlock {
  const { min, max } = bounds ?? { min: 0, max: 0 }
  const plain = narrowIntegerWidth(min, max)
  const width =
    plain.storage === 'i8' || min === max
      ? plain
      : narrowIntegerWidth(min, max, commonPowerOfTen(values, rowCount, validity))
  return {
    type,
    rowCount,
    encoding: 'flat',
    storage: width.storage,
    validity,
    values: storeIntegers(values, rowCount, validity, width, arena),
    base: width.base,
    factor: width.factor,
    ...(bounds === undefined ? {} : { bounds }),
    ascending,
  }
}

function storeIntegers(
  values: Float64Array,
  rowCount: number,
  validity: Validity,
  { storage, base, factor }: IntegerWidth,
  arena: Arena,
): IntegerBlock['values'] {
  const stored = allocateIntegers(storage, rowCount, arena)
  if (stored instanceof BigInt64Array) {
    for (let i = 0; i < rowCount; i++) stored[i] = BigInt(values[i]!)
  } else if (base === 0 && factor === 1) {
    for (let i = 0; i < rowCount; i++) stored[i] = values[i]!
  } else {
    for (let i = 0; i < rowCount; i++) stored[i] = (values[i]! - base) / factor
  }
  if (validity !== null) clearNulls(stored, rowCount, validity)
  return stored
}

/** Null positions hold 0, so that equal columns are equal bytes. */
function clearNulls(stored: IntegerBlock['values'], rowCount: number, validity: Uint8Array): void {
  for (let i = 0; i < rowCount; i++) {
    if ((validity[i >> 3]! & (1 << (i & 7))) !== 0) continue
    if (stored instanceof BigInt64Array) stored[i] = 0n
    else stored[i] = 0
  }
}

/** Memory for `rowCount` integers of a width. */
export function allocateIntegers(
  storage: IntegerBlock['storage'],
  rowCount: number,
  arena: Arena,
): IntegerBlock['values'] {
  const bytes = arena.allocate(rowCount * INTEGER_BYTES[storage])
  switch (storage) {
    case 'i8':
      return new Int8Array(bytes.buffer, bytes.byteOffset, rowCount)
    case 'i16':
      return new Int16Array(bytes.buffer, bytes.byteOffset, rowCount)
    case 'i32':
      return new Int32Array(bytes.buffer, bytes.byteOffset, rowCount)
    case 'i64':
      return new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount)
  }
}

export const INTEGER_BYTES: Readonly<Record<IntegerBlock['storage'], number>> = {
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
}
