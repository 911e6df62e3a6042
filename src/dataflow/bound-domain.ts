import {
  type Domain,
  domain,
  integerCarrier,
  type SqlType,
  storageClass,
  valueSetOfRanges,
} from '../spi/index.js'
import type { BoundColumn } from './pipeline.js'

const LEAST = -(1n << 63n)
const ALL_ONES = (1n << 64n) - 1n

/** Types whose leading keys (src/operators/sort/leading-key.ts) can be led back to values of any column of the type. */
export const isBoundType = (type: SqlType): boolean =>
  storageClass(type) === 'integer' &&
  type.kind !== 'time with time zone' &&
  type.kind !== 'timestamp with time zone'

/**
 * The values of a column that come no later than the bound of a top-N; undefined while that says nothing.
 * @param key of a SharedBound
 */
export function boundDomain(
  { type, ascending, nullsFirst }: BoundColumn,
  key: bigint,
): Domain | undefined {
  // The keys of nulls.
  if (key === 0n || key === ALL_ONES) return undefined
  // Of descending orders all bits of the key are turned.
  const value = integerCarrier(type, LEAST + (ascending ? key : ALL_ONES - key))
  const range = ascending
    ? { lowInclusive: false, high: value, highInclusive: true }
    : { low: value, lowInclusive: true, highInclusive: false }
  return domain(valueSetOfRanges(type, [range]), nullsFirst)
}
