import type { Value } from '../../../spi/type/value.js'
import {
  type Accumulator,
  type AggregateOverload,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import { divideHalfUp } from '../../value/decimal.js'
import { TEN_38 } from './sum.js'

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
