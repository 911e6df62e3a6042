import type { Value } from '../../../spi/type/value.js'
import { outOfRange } from '../../errors.js'
import {
  type Accumulator,
  type AggregateOverload,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import { checkedDecimal, divideHalfUp } from '../../value/decimal.js'
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
const TEN_38 = 10n ** 38n

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

interface Mean<T> {
  sum: T
  count: number
}

function mean<T extends number | bigint>(
  zero: T,
  add: (sum: T, value: Value) => T,
  finish: (sum: T, count: number) => Value,
  pack: (sum: T) => readonly Value[] = (sum) => [sum],
  unpack: (values: readonly Value[]) => T = (values) => values[0] as T,
): Accumulator<Mean<T>> {
  return {
    create: () => ({ sum: zero, count: 0 }),
    add: (state, value) => {
      state.sum = add(state.sum, value!)
      state.count++
      return state
    },
    combine: (state, other) => {
      state.sum = add(state.sum, other.sum)
      state.count += other.count
      return state
    },
    serialize: (state) => [BigInt(state.count), ...pack(state.sum)],
    deserialize: (value) => {
      const [count, ...rest] = value as readonly Value[]
      return { count: Number(count), sum: unpack(rest) }
    },
    finish: (state) => (state.count === 0 ? null : finish(state.sum, state.count)),
  }
}

const doubleMean = (argument: string, returns: string, round: (value: number) => number) =>
  aggregateOverload({
    args: [argument],
    returns,
    intermediate: 'row(bigint, double)',
    bind: () =>
      mean<number>(
        0,
        (state, value) => state + Number(value),
        (total, rows) => round(total / rows),
      ),
  })

const identity = (value: number) => value

const decimalMean: AggregateOverload = aggregateOverload({
  args: ['decimal(p,s)'],
  returns: 'decimal(p,s)',
  intermediate: 'row(bigint, decimal(38,0), bigint)',
  bind: () =>
    mean<bigint>(
      0n,
      (state, value) => state + (value as bigint),
      (total, rows) => divideHalfUp(total, BigInt(rows)),
      (state) => [state % TEN_38, state / TEN_38],
      ([low, high]) => (high as bigint) * TEN_38 + (low as bigint),
    ),
})

export const avg = aggregateFunction({
  name: 'avg',
  description: 'The arithmetic mean of the values',
  overloads: [
    doubleMean('bigint', 'double', identity),
    doubleMean('double', 'double', identity),
    doubleMean('real', 'real', Math.fround),
    decimalMean,
    aggregateOverload({
      args: ['interval day to second'],
      returns: 'interval day to second',
      intermediate: 'row(bigint, double)',
      bind: () =>
        mean<number>(
          0,
          (state, value) => state + Number(value),
          (total, rows) => BigInt(Math.round(total / rows)),
        ),
    }),
    aggregateOverload({
      args: ['interval year to month'],
      returns: 'interval year to month',
      intermediate: 'row(bigint, double)',
      bind: () =>
        mean<number>(
          0,
          (state, value) => state + Number(value),
          (total, rows) => Math.round(total / rows),
        ),
    }),
  ],
})
