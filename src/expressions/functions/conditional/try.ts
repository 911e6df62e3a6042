import { isTryable } from '../../errors.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'

export const tryFunction = scalarFunction({
  name: '$try',
  description:
    'Evaluates a lambda without parameters; NULL where that fails with an error of values',
  overloads: [
    {
      args: ['function(T)'],
      returns: 'T',
      typeVariables: ['T'],
      nulls: 'called',
      evaluate: (body: LambdaValue) => {
        try {
          return body()
        } catch (error) {
          if (isTryable(error)) return null
          throw error
        }
      },
    },
  ],
})
