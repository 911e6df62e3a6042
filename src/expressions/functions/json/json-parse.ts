import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { readJson, writeJson } from '../../json/json-node.js'

export const jsonParse = scalarFunction({
  name: 'json_parse',
  description: 'The JSON value of a text',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'json',
      evaluate: (text: string) => {
        const node = readJson(text)
        if (node === undefined) return invalidArgument(`Cannot convert value to JSON: '${text}'`)
        return writeJson(node)
      },
    },
  ],
})
