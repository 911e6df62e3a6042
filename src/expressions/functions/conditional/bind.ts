import type { Value } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'

/** What plans call where an expression is read several times but may be evaluated once only: CASE random() WHEN …. */
export const bind = scalarFunction({
  name: '$bind',
  description: 'Calls a lambda with a value',
  hidden: true,
  overloads: [
    {
      args: ['T', 'function(T,R)'],
      returns: 'R',
      typeVariables: ['T', 'R'],
      nulls: 'called',
      evaluate: (value: Value, body: LambdaValue) => body(value),
    },
  ],
})
