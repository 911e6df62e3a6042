import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'

export const arrayConstructor = scalarFunction({
  name: '$array',
  description: 'The array of its arguments: what ARRAY[…] is planned as',
  overloads: [
    { args: [], returns: 'array(unknown)', evaluate: () => [] },
    {
      args: ['E'],
      returns: 'array(E)',
      typeVariables: ['E'],
      variableArity: true,
      nulls: 'called',
      neverFails: true,
      evaluate: (...elements: Value[]) => elements,
    },
  ],
})
