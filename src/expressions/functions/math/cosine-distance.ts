import { scalarFunction } from '../../function-definition.js'
import { ARRAYS, cosineOfArrays, type Vector } from './vectors.js'

const fromOne = (similarity: number | null): number | null =>
  similarity === null ? null : 1 - similarity

export const cosineDistance = scalarFunction({
  name: 'cosine_distance',
  description: 'One less the cosine of the angle of two vectors',
  overloads: [
    { ...ARRAYS, evaluate: (left: Vector, right: Vector) => fromOne(cosineOfArrays(left, right)) },
  ],
})
