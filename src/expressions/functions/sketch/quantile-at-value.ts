import type { Value } from '../../../spi/type/value.js'
import { type ScalarOverload, scalarFunction } from '../../function-definition.js'
import { quantileOfValue } from '../../value/quantile-digest.js'
import { toSortable } from '../../value/sortable-number.js'
import { loadQDigest, QDIGEST_TYPES } from './quantile-digests.js'

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
