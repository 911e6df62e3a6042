import { MillraceError } from '../../../spi/error.js'
import type { QDigestType, SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type Accumulator,
  type AggregateOverload,
  aggregateFunction,
  aggregateOverload,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'
import {
  addToQuantileDigest,
  createQuantileDigest,
  deserializeQuantileDigest,
  mergeQuantileDigest,
  type QuantileDigest,
  quantileDigestValue,
  quantileOfValue,
  serializeQuantileDigest,
} from '../../value/quantile-digest.js'
import { fromSortable, toSortable } from '../../value/sortable-number.js'
import {
  addToTDigest,
  createTDigest,
  deserializeTDigest,
  mergeTDigest,
  serializeTDigest,
  type TDigest,
  valueAtQuantile,
} from '../../value/tdigest.js'

const loadTDigest = (value: Value): TDigest =>
  deserializeTDigest(value as Uint8Array) ?? invalidArgument('Invalid TDigest')
const loadQDigest = (value: Value): QuantileDigest =>
  deserializeQuantileDigest(value as Uint8Array) ?? invalidArgument('Invalid QuantileDigest')

/** Trino reports what its digests refuse as an internal error; the name is part of the answer. */
function refused(message: string): never {
  throw new MillraceError('GENERIC_INTERNAL_ERROR', message)
}

/** A sketch of nothing is NULL: the state is made by the first row. */
function sketch<S>(
  add: (state: S | null, args: readonly Value[]) => S,
  combine: (state: S, other: S) => S,
  serialize: (state: S) => Uint8Array,
  deserialize: (value: Value) => S,
): Accumulator<S | null> {
  const write = (state: S | null): Value => (state === null ? null : serialize(state))
  return {
    create: () => null,
    add: (state, ...args) => add(state, args),
    combine: (state, other) =>
      state === null ? other : other === null ? state : combine(state, other),
    serialize: write,
    deserialize: (value) => (value === null ? null : deserialize(value)),
    finish: write,
    byteSize: () => 4096,
  }
}

const tdigests = (add: (state: TDigest | null, args: readonly Value[]) => TDigest) =>
  sketch(add, mergeTDigest, serializeTDigest, loadTDigest)
const qdigests = (add: (state: QuantileDigest | null, args: readonly Value[]) => QuantileDigest) =>
  sketch(add, mergeQuantileDigest, serializeQuantileDigest, loadQDigest)

function addFinite(state: TDigest | null, [value, weight = 1]: readonly Value[]): TDigest {
  const digest = state ?? createTDigest()
  if (!Number.isFinite(weight)) invalidArgument(`weight must be finite, was ${weight}`)
  if ((weight as number) < 1) invalidArgument(`weight must be >= 1, was ${weight}`)
  if (Number.isNaN(value)) refused('value is NaN')
  if (!Number.isFinite(value)) refused('value must be finite')
  addToTDigest(digest, value as number, weight as number)
  return digest
}

export const tdigestAgg = aggregateFunction({
  name: 'tdigest_agg',
  description: 'The t-digest of values, each with weight 1 or a given one',
  overloads: [['double'], ['double', 'double']].map((args) =>
    aggregateOverload({
      args,
      returns: 'tdigest',
      intermediate: 'tdigest',
      bind: () => tdigests(addFinite),
    }),
  ),
})

const QDIGEST_TYPES = ['bigint', 'double', 'real'] as const
function accuracyOf(value: Value | undefined): number | undefined {
  if (value === undefined) return undefined
  const accuracy = value as number
  if (accuracy > 0 && accuracy < 1) return accuracy
  return invalidArgument(`Percentile accuracy must be exclusively between 0 and 1, was ${accuracy}`)
}

const qdigestOverload = (type: string, more: readonly string[]): AggregateOverload =>
  aggregateOverload({
    args: [type, ...more],
    returns: `qdigest(${type})`,
    intermediate: `qdigest(${type})`,
    bind: ({ argumentTypes }) =>
      qdigests((state, [value, weight = 1n, accuracy]) => {
        if ((weight as bigint) <= 0n) {
          invalidArgument(`Percentile weight must be > 0, was ${weight}`)
        }
        const error = accuracyOf(accuracy)
        const digest = state ?? createQuantileDigest(error)
        addToQuantileDigest(digest, toSortable(argumentTypes[0]!, value!), Number(weight))
        return digest
      }),
  })

export const qdigestAgg = aggregateFunction({
  name: 'qdigest_agg',
  description: 'The quantile digest of values, with weights and a greatest error where given',
  overloads: QDIGEST_TYPES.flatMap((type) =>
    [[], ['bigint'], ['bigint', 'double']].map((more) => qdigestOverload(type, more)),
  ),
})

/** merge(tdigest) and merge(qdigest): part of the definition of merge. */
export const digestMerges: readonly AggregateOverload[] = [
  aggregateOverload({
    args: ['tdigest'],
    returns: 'tdigest',
    intermediate: 'tdigest',
    bind: () =>
      tdigests((state, [value]) => {
        const digest = loadTDigest(value!)
        return state === null ? digest : mergeTDigest(state, digest)
      }),
  }),
  aggregateOverload({
    args: ['qdigest(T)'],
    returns: 'qdigest(T)',
    typeVariables: ['T'],
    intermediate: 'qdigest(T)',
    bind: () =>
      qdigests((state, [value]) => {
        const digest = loadQDigest(value!)
        return state === null ? digest : mergeQuantileDigest(state, digest)
      }),
  }),
]

function fromTDigest(digest: TDigest, quantile: number): number {
  if (!(quantile >= 0 && quantile <= 1)) refused('quantiles should be in [0, 1] range')
  return valueAtQuantile(digest, quantile)
}

function fromQDigest(type: SqlType, digest: QuantileDigest, quantile: number): Value {
  if (!(quantile >= 0 && quantile <= 1)) refused('quantile must be between [0,1]')
  return fromSortable((type as QDigestType).element, quantileDigestValue(digest, quantile))
}

/** NULL stands for 0 here, as Trino reads the place of a NULL without asking. */
const quantilesOf = (value: readonly Value[]): number[] =>
  value.map((quantile) => (quantile === null ? 0 : (quantile as number)))

export const valueAtQuantileFunction = scalarFunction({
  name: 'value_at_quantile',
  description: 'About the value at a quantile of what a digest was made of',
  overloads: [
    ...QDIGEST_TYPES.map(
      (type): ScalarOverload => ({
        args: [`qdigest(${type})`, 'double'],
        returns: type,
        bind:
          ({ argumentTypes }) =>
          (digest: Uint8Array, quantile: number) =>
            fromQDigest(argumentTypes[0]!, loadQDigest(digest), quantile),
      }),
    ),
    {
      args: ['tdigest', 'double'],
      returns: 'double',
      evaluate: (digest: Uint8Array, quantile: number) =>
        fromTDigest(loadTDigest(digest), quantile),
    },
  ],
})

/** @source Trino TDigestFunctions.valuesAtQuantiles */
function fromTDigestAll(digest: TDigest, quantiles: readonly number[]): Value {
  quantiles.forEach((quantile, i) => {
    if (i > 0 && !(quantile >= quantiles[i - 1]!)) {
      invalidArgument('percentiles must be sorted in increasing order')
    }
  })
  return quantiles.map((quantile) => fromTDigest(digest, quantile))
}

export const valuesAtQuantiles = scalarFunction({
  name: 'values_at_quantiles',
  description: 'About the values at quantiles of what a digest was made of',
  overloads: [
    ...QDIGEST_TYPES.map(
      (type): ScalarOverload => ({
        args: [`qdigest(${type})`, 'array(double)'],
        returns: `array(${type})`,
        bind:
          ({ argumentTypes }) =>
          (value: Uint8Array, quantiles: readonly Value[]) => {
            const digest = loadQDigest(value)
            return quantilesOf(quantiles).map((quantile) =>
              fromQDigest(argumentTypes[0]!, digest, quantile),
            )
          },
      }),
    ),
    {
      args: ['tdigest', 'array(double)'],
      returns: 'array(double)',
      evaluate: (digest: Uint8Array, quantiles: readonly Value[]) =>
        fromTDigestAll(loadTDigest(digest), quantilesOf(quantiles)),
    },
  ],
})

export const quantileAtValue = scalarFunction({
  name: 'quantile_at_value',
  description: 'About the fraction of values below one; NULL outside of what a digest was made of',
  overloads: QDIGEST_TYPES.map(
    (type): ScalarOverload => ({
      args: [`qdigest(${type})`, type],
      returns: 'double',
      bind:
        ({ argumentTypes }) =>
        (digest: Uint8Array, value: Value) =>
          quantileOfValue(loadQDigest(digest), toSortable(argumentTypes[1]!, value)) ?? null,
    }),
  ),
})
