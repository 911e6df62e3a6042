import type { Value } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'

export const transform = scalarFunction({
  name: 'transform',
  description: 'The results of a lambda for each element',
  overloads: [
    {
      args: ['array(T)', 'function(T,U)'],
      returns: 'array(U)',
      typeVariables: ['T', 'U'],
      evaluate: (array: readonly Value[], lambda: LambdaValue) =>
        array.map((value) => lambda(value)),
    },
  ],
})
