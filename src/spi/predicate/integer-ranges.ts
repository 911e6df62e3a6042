import { logicalInteger } from '../page/block-builder.js'
import type { SqlType } from '../type/type.js'
import type { Domain } from './domain.js'

/** Logical integers from `low` to `high`, both included: whole numbers or infinities, the nearest doubles where integers are not safe. */
export interface IntegerRange {
  readonly low: number
  readonly high: number
}

const INTEGER_KINDS: ReadonlySet<SqlType['kind']> = new Set<SqlType['kind']>([
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'decimal',
  'date',
  'timestamp',
])

/**
 * The values of a domain as what blocks of its type store (see `IntegerBlock`), ascending: what pages and files are skipped by.
 * Rounding keeps the order, so that bounds which are doubles are compared with them as with the values. Undefined for types whose
 * logical integers don't order as their values do, or which have none. O(ranges)
 */
export function integerRanges(type: SqlType, { values }: Domain): IntegerRange[] | undefined {
  if (values.kind !== 'ranges' || !INTEGER_KINDS.has(type.kind)) return undefined
  if (type.kind === 'timestamp' && type.precision > 6) return undefined
  return values.ranges.map(({ low, lowInclusive, high, highInclusive }) => ({
    low:
      low === undefined
        ? Number.NEGATIVE_INFINITY
        : Number(logicalInteger(type, low) + (lowInclusive ? 0n : 1n)),
    high:
      high === undefined
        ? Number.POSITIVE_INFINITY
        : Number(logicalInteger(type, high) - (highInclusive ? 0n : 1n)),
  }))
}
