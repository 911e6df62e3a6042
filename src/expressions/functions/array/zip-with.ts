import type { Value } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'

export const zipWith = scalarFunction({
  name: 'zip_with',
  description: 'The results of a lambda for elements of two arrays at one position',
  overloads: [
    {
      args: ['array(T)', 'array(U)', 'function(T,U,R)'],
      returns: 'array(R)',
      typeVariables: ['T', 'U', 'R'],
      evaluate: (left: readonly Value[], right: readonly Value[], lambda: LambdaValue) =>
        Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
          lambda(left[i] ?? null, right[i] ?? null),
        ),
    },
  ],
})
