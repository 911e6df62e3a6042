import { type ScalarOverload, scalarFunction } from '../../function-definition.js'
import {
  fromQDigest,
  fromTDigest,
  loadQDigest,
  loadTDigest,
  QDIGEST_TYPES,
} from './quantile-digests.js'

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
