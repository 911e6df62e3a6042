import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { type ScalarOverload, scalarFunction } from '../../function-definition.js'
import type { TDigest } from '../../value/tdigest.js'
import {
  fromQDigest,
  fromTDigest,
  loadQDigest,
  loadTDigest,
  QDIGEST_TYPES,
} from './quantile-digests.js'

/** NULL stands for 0 here, as Trino reads the place of a NULL without asking. */
const quantilesOf = (value: readonly Value[]): number[] =>
  value.map((quantile) => (quantile === null ? 0 : (quantile as number)))

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
