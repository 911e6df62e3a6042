import { scalarFunction } from '../../function-definition.js'
import { jsonAt } from '../../json/json-scan.js'
import { byPath, sameType } from './text-and-json.js'

export const jsonExtract = scalarFunction({
  name: 'json_extract',
  description: 'The value that a path leads to',
  overloads: byPath(sameType('json'), jsonAt),
})
