import { scalarFunction } from '../../function-definition.js'
import { TEXT_OVERLOADS } from './part-of-text.js'

export const substring = scalarFunction({
  name: 'substring',
  description: 'The part of a string from a position, of at most a length',
  overloads: TEXT_OVERLOADS,
})
