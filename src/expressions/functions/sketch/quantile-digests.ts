import { MillraceError } from '../../../spi/error.js'
import type { QDigestType, SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type Accumulator,
  type AggregateOverload,
  aggregateOverload,
} from '../../function-definition.js'
import {
  deserializeQuantileDigest,
  mergeQuantileDigest,
  type QuantileDigest,
  quantileDigestValue,
  serializeQuantileDigest,
} from '../../value/quantile-digest.js'
import { fromSortable } from '../../value/sortable-number.js'
import {
  deserializeTDigest,
  mergeTDigest,
  serializeTDigest,
  type TDigest,
  valueAtQuantile,
} from '../../value/tdigest.js'

export const loadTDigest = (value: Value): TDigest =>
  deserializeTDigest(value as Uint8Array) ?? invalidArgument('Invalid TDigest')
export const loadQDigest = (value: Value): QuantileDigest =>
  deserializeQuantileDigest(value as Uint8Array) ?? invalidArgument('Invalid QuantileDigest')

/** Trino reports what its digests refuse as an internal error; the name is part of the answer. */
export function refused(message: string): never {
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

export const tdigests = (add: (state: TDigest | null, args: readonly Value[]) => TDigest) =>
  sketch(add, mergeTDigest, serializeTDigest, loadTDigest)
export const qdigests = (
  add: (state: QuantileDigest | null, args: readonly Value[]) => QuantileDigest,
) => sketch(add, mergeQuantileDigest, serializeQuantileDigest, loadQDigest)

export const QDIGEST_TYPES = ['bigint', 'double', 'real'] as const

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

export function fromTDigest(digest: TDigest, quantile: number): number {
  if (!(quantile >= 0 && quantile <= 1)) refused('quantiles should be in [0, 1] range')
  return valueAtQuantile(digest, quantile)
}

export function fromQDigest(type: SqlType, digest: QuantileDigest, quantile: number): Value {
  if (!(quantile >= 0 && quantile <= 1)) refused('quantile must be between [0,1]')
  return fromSortable((type as QDigestType).element, quantileDigestValue(digest, quantile))
}
