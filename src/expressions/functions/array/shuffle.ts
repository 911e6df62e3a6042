import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'

export const shuffle = scalarFunction({
  name: 'shuffle',
  description: 'The elements of an array in a random order',
  overloads: [
    {
      args: ['array(E)'],
      returns: 'array(E)',
      typeVariables: ['E'],
      deterministic: false,
      evaluate: (array: readonly Value[]) => {
        const result = [...array]
        for (let i = result.length - 1; i > 0; i--) {
          const j = Math.floor(Math.random() * (i + 1))
          ;[result[i], result[j]] = [result[j]!, result[i]!]
        }
        return result
      },
    },
  ],
})
