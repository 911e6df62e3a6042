import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { readJson } from '../../json/json-node.js'
import { onBoth } from './text-and-json.js'

export const isJsonScalar = scalarFunction({
  name: 'is_json_scalar',
  description: 'Tells whether a JSON value is a scalar',
  overloads: onBoth([], 'boolean', (text) => {
    const node = readJson(text)
    if (node === undefined) return invalidArgument(`Invalid JSON value: ${text}`)
    return node === null || typeof node !== 'object'
  }),
})
