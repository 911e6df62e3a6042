import { scalarFunction } from '../../function-definition.js'
import { MODULUS_OVERLOADS } from './remainder.js'

export const modulus = scalarFunction({
  name: '$modulus',
  description: 'The remainder of a division, with the sign of the dividend',
  overloads: MODULUS_OVERLOADS,
})
