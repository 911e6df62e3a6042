import type { Value } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'

export const reduce = scalarFunction({
  name: 'reduce',
  description:
    'The state that a lambda makes of the elements, one after another, given to another lambda',
  overloads: [
    {
      args: ['array(T)', 'S', 'function(S,T,S)', 'function(S,R)'],
      returns: 'R',
      typeVariables: ['T', 'S', 'R'],
      nulls: 'called',
      evaluate: (
        array: readonly Value[] | null,
        initial: Value,
        step: LambdaValue,
        output: LambdaValue,
      ) =>
        array === null
          ? null
          : output(array.reduce((state: Value, value) => step(state, value), initial)),
    },
  ],
})
