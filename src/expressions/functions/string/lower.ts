import { scalarFunction } from '../../function-definition.js'
import { caseOverloads } from './case-mapping.js'

export const lower = scalarFunction({
  name: 'lower',
  description: 'The string in lower case',
  overloads: caseOverloads((text) => (text === 'İ' ? 'i' : text.toLowerCase())),
})
