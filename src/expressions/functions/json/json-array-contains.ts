import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import type { JsonNode } from '../../json/json-node.js'
import { someElement } from '../../json/json-scan.js'
import { onBoth } from './text-and-json.js'

const scalarsEqual = (node: JsonNode, value: Value): boolean => {
  if (typeof value === 'string') return node === value
  if (typeof value === 'bigint') return node === value
  if (typeof value === 'number') return typeof node === 'number' && node === value
  return node === value
}

export const jsonArrayContains = scalarFunction({
  name: 'json_array_contains',
  description: 'Tells whether an array has a value',
  overloads: ['boolean', 'bigint', 'double', 'varchar(y)'].flatMap((type) =>
    onBoth([type], 'boolean', (text, value: Value) =>
      // A number that is none is in no array, whatever the JSON is.
      typeof value === 'number' && !Number.isFinite(value)
        ? false
        : someElement(text, (element) => scalarsEqual(element, value)),
    ),
  ),
})
