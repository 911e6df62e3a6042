import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { encodeJson, type JsonEncoding } from '../../sql-json/json-input.js'

/** The bytes of a JSON text: the text, its encoding. */
export const jsonBytes = scalarFunction({
  name: '$json_bytes',
  description: 'The bytes of a JSON text in an encoding',
  hidden: true,
  overloads: [
    {
      args: ['varchar', 'varchar'],
      returns: 'varbinary',
      evaluate: (text: string, encoding: string): Value =>
        encodeJson(text, encoding as JsonEncoding),
    },
  ],
})
