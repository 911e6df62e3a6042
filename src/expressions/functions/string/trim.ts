import { scalarFunction } from '../../function-definition.js'
import { trimOverloads } from './trimming.js'

export const trim = scalarFunction({
  name: 'trim',
  description: 'The string without white space, or the given characters, at both ends',
  overloads: trimOverloads('both'),
})
