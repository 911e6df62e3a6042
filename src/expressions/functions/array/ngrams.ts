import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

export const ngrams = scalarFunction({
  name: 'ngrams',
  description: 'The runs of n adjacent elements; the whole array where it is shorter',
  overloads: [
    {
      args: ['array(T)', 'integer'],
      returns: 'array(array(T))',
      typeVariables: ['T'],
      evaluate: (array: readonly Value[], n: number) => {
        if (n <= 0) return invalidArgument('N must be positive')
        const size = Math.min(n, array.length)
        if (array.length === 0) return [[]]
        return Array.from({ length: array.length - size + 1 }, (_, i) => array.slice(i, i + size))
      },
    },
  ],
})
