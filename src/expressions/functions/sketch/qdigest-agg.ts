import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type AggregateOverload,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'
import { addToQuantileDigest, createQuantileDigest } from '../../value/quantile-digest.js'
import { toSortable } from '../../value/sortable-number.js'
import { QDIGEST_TYPES, qdigests } from './quantile-digests.js'

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
