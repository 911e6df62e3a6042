import { assert } from '../../../spi/index.js'
import type { Scratch } from './column.js'
import { scaledRowCount } from './scale.js'

export const SUPPLIERS_PER_PART = 4

/** Prices repeat after so many parts. */
const PRICE_PERIOD = 20_001_000
/** Bounds of retail prices in cents. */
export const PART_PRICE_MIN = 90_000
export const PART_PRICE_MAX = 90_000 + 20_000 + 99_900

/** The retail price in cents of a part (TPC-H 4.2.3, P_RETAILPRICE). */
export function partPrice(partKey: number): number {
  const key = (partKey - Math.trunc(partKey / PRICE_PERIOD) * PRICE_PERIOD) | 0
  return PART_PRICE_MIN + (((key / 10) | 0) % 20_001) + (key % 1000) * 100
}

/** Of each part `partKeys[i]`, the supplier `numbers[i]` (0 to 3). */
export function supplierKeys(
  scratch: Scratch,
  partKeys: Int32Array | Float64Array,
  numbers: Int32Array,
  scaleFactor: number,
): Int32Array {
  const supplierCount = scaledRowCount('supplier', scaleFactor)
  assert(supplierCount > 0, `no suppliers at scale factor ${scaleFactor}`)
  const distance = Math.floor(supplierCount / SUPPLIERS_PER_PART)
  const keys = scratch.take(partKeys.length)
  for (let i = 0; i < keys.length; i++) {
    const partKey = partKeys[i]!
    const place = partKey + numbers[i]! * (distance + Math.trunc((partKey - 1) / supplierCount))
    keys[i] = place - Math.trunc(place / supplierCount) * supplierCount + 1
  }
  return keys
}
