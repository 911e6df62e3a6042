import { scalarFunction } from '../../function-definition.js'
import { ARRAYS, sumOf, type Vector } from './vectors.js'

export const euclideanDistance = scalarFunction({
  name: 'euclidean_distance',
  description: 'The Euclidean distance of two vectors',
  overloads: [
    {
      ...ARRAYS,
      evaluate: (left: Vector, right: Vector) =>
        Math.sqrt(sumOf(left, right, (a, b) => (a - b) * (a - b))),
    },
  ],
})
