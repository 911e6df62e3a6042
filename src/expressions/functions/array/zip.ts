import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'

const zipOf = (count: number) => {
  const variables = Array.from({ length: count }, (_, i) => `T${i + 1}`)
  return {
    args: variables.map((variable) => `array(${variable})`),
    returns: `array(row(${variables.join(',')}))`,
    typeVariables: variables,
    evaluate: (...arrays: (readonly Value[])[]) =>
      Array.from({ length: Math.max(...arrays.map((array) => array.length)) }, (_, i) =>
        arrays.map((array) => array[i] ?? null),
      ),
  }
}

export const zip = scalarFunction({
  name: 'zip',
  description: 'Rows of the elements of two to five arrays at one position',
  overloads: [2, 3, 4, 5].map(zipOf),
})
