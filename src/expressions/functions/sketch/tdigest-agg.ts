import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { addToTDigest, createTDigest, type TDigest } from '../../value/tdigest.js'
import { refused, tdigests } from './quantile-digests.js'

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
