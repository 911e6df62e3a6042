import { scalarFunction } from '../../function-definition.js'
import { scalarAt } from '../../json/json-scan.js'
import { byPath } from './text-and-json.js'

export const jsonExtractScalar = scalarFunction({
  name: 'json_extract_scalar',
  description: 'The text of the scalar that a path leads to',
  overloads: byPath({ 'varchar(x)': 'varchar(x)', json: 'varchar' }, scalarAt),
})
