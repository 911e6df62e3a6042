import { scalarFunction } from '../../function-definition.js'
import { trimOverloads } from './trimming.js'

export const rtrim = scalarFunction({
  name: 'rtrim',
  description: 'The string without white space, or the given characters, at its end',
  overloads: trimOverloads('trailing'),
})
