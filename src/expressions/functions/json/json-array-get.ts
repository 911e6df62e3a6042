import { scalarFunction } from '../../function-definition.js'
import { elementAt } from '../../json/json-scan.js'
import { onBoth } from './text-and-json.js'

export const jsonArrayGet = scalarFunction({
  name: 'json_array_get',
  description: 'The element of an array at a position from 0, or from the end',
  // Strings lose their quotes, as in Trino, though they are no JSON then.
  overloads: onBoth(['bigint'], 'json', elementAt),
})
