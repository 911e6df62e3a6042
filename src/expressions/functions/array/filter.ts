import type { Value } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'

export const filter = scalarFunction({
  name: 'filter',
  description: 'The elements for which a lambda is true',
  overloads: [
    {
      args: ['array(t)', 'function(t,boolean)'],
      returns: 'array(t)',
      typeVariables: ['T'],
      evaluate: (array: readonly Value[], lambda: LambdaValue) =>
        array.filter((value) => lambda(value) === true),
    },
  ],
})
