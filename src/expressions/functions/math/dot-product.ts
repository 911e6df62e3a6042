import { scalarFunction } from '../../function-definition.js'
import { ARRAYS, dot } from './vectors.js'

export const dotProduct = scalarFunction({
  name: 'dot_product',
  description: 'The dot product of two vectors',
  overloads: [{ ...ARRAYS, evaluate: dot }],
})
