import type { Value } from '../../../spi/type/value.js'
import { outOfRange } from '../../errors.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import { checkedDecimal } from '../../value/decimal.js'
import { checkedMillis, checkedMonths } from '../operator/temporal-arithmetic.js'

const MAX_BIGINT = 9_223_372_036_854_775_807n

function addBigint(left: bigint, right: bigint): bigint {
  const sum = left + right
  if (sum > MAX_BIGINT || sum < -MAX_BIGINT - 1n) {
    outOfRange(`bigint addition overflow: ${left} + ${right}`)
  }
  return sum
}

/** A sum that is NULL of no rows. */
function nullableSum<T extends number | bigint>(
  add: (left: T, right: T) => T,
  finish: (sum: T) => Value = (sum) => sum,
): Accumulator<T | null> {
  const plus = (state: T | null, value: Value) =>
    value === null ? state : state === null ? (value as T) : add(state, value as T)
  return {
    create: () => null,
    add: (state, value) => plus(state, value!),
    combine: (state, other) => plus(state, other),
    serialize: (state) => state,
    deserialize: (value) => value as T | null,
    finish: (state) => (state === null ? null : finish(state)),
  }
}

const plusNumbers = (left: number, right: number) => left + right

/** Decimal sums grow past 38 digits before they fail: what is beyond is carried beside. */
export const TEN_38 = 10n ** 38n

const decimalSum: Accumulator<bigint | null> = {
  ...nullableSum<bigint>((left, right) => left + right, checkedDecimal),
  serialize: (state) => (state === null ? null : [state % TEN_38, state / TEN_38]),
  deserialize: (value) => {
    if (value === null) return null
    const [low, high] = value as readonly [bigint, bigint]
    return high * TEN_38 + low
  },
}

export const sum = aggregateFunction({
  name: 'sum',
  description: 'The sum of the values',
  overloads: [
    aggregateOverload({
      args: ['bigint'],
      returns: 'bigint',
      intermediate: 'bigint',
      bind: () => nullableSum<bigint>(addBigint),
    }),
    aggregateOverload({
      args: ['double'],
      returns: 'double',
      intermediate: 'double',
      bind: () => nullableSum<number>(plusNumbers),
    }),
    aggregateOverload({
      args: ['real'],
      returns: 'real',
      intermediate: 'double',
      bind: () => nullableSum<number>(plusNumbers, Math.fround),
    }),
    aggregateOverload({
      args: ['decimal(p,s)'],
      returns: 'decimal(38,s)',
      intermediate: 'row(decimal(38,0), bigint)',
      bind: () => decimalSum,
    }),
    aggregateOverload({
      args: ['interval day to second'],
      returns: 'interval day to second',
      intermediate: 'interval day to second',
      bind: () => nullableSum<bigint>((left, right) => checkedMillis(left + right)),
    }),
    aggregateOverload({
      args: ['interval year to month'],
      returns: 'interval year to month',
      intermediate: 'interval year to month',
      bind: () => nullableSum<number>((left, right) => checkedMonths(left + right)),
    }),
  ],
})
