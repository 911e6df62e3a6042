import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'

export const flatten = scalarFunction({
  name: 'flatten',
  description: 'The elements of an array of arrays',
  overloads: [
    {
      args: ['array(array(E))'],
      returns: 'array(E)',
      typeVariables: ['E'],
      neverFails: true,
      evaluate: (arrays: readonly (readonly Value[] | null)[]) =>
        arrays.flatMap((array) => (array === null ? [] : [...array])),
    },
  ],
})
