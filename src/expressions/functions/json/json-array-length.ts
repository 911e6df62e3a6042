import { scalarFunction } from '../../function-definition.js'
import { arrayLengthAt } from '../../json/json-scan.js'
import { onBoth } from './text-and-json.js'

export const jsonArrayLength = scalarFunction({
  name: 'json_array_length',
  description: 'The number of elements of an array',
  overloads: onBoth([], 'bigint', (text) => arrayLengthAt(text, [])),
})
