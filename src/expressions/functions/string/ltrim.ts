import { scalarFunction } from '../../function-definition.js'
import { trimOverloads } from './trimming.js'

export const ltrim = scalarFunction({
  name: 'ltrim',
  description: 'The string without white space, or the given characters, at its start',
  overloads: trimOverloads('leading'),
})
