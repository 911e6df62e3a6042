import { scalarFunction } from '../../function-definition.js'
import { sizeAt } from '../../json/json-scan.js'
import { byPath, sameType } from './text-and-json.js'

export const jsonSize = scalarFunction({
  name: 'json_size',
  description: 'The number of elements or keys that a path leads to; 0 of a scalar',
  overloads: byPath(sameType('bigint'), sizeAt),
})
