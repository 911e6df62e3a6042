import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

/** The combinations of n positions of `size`, in lexical order. */
function combinationsOf(values: readonly Value[], n: number): Value[] {
  const size = values.length
  if (n > size) return []
  const chosen = Array.from({ length: n }, (_, i) => i)
  const result: Value[] = []
  for (;;) {
    result.push(chosen.map((i) => values[i]!))
    if (result.length > 100_000) invalidArgument('combinations exceed max size')
    let last = n - 1
    while (last >= 0 && chosen[last] === size - n + last) last--
    if (last < 0) return result
    chosen[last]!++
    for (let i = last + 1; i < n; i++) chosen[i] = chosen[i - 1]! + 1
  }
}

export const combinations = scalarFunction({
  name: 'combinations',
  description: 'The combinations of n elements of an array',
  overloads: [
    {
      args: ['array(T)', 'integer'],
      returns: 'array(array(T))',
      typeVariables: ['T'],
      evaluate: (array: readonly Value[], n: number) => {
        if (n < 0) return invalidArgument(`combination size must not be negative: ${n}`)
        if (n > 5) return invalidArgument(`combination size must not exceed 5: ${n}`)
        return combinationsOf(array, n)
      },
    },
  ],
})
