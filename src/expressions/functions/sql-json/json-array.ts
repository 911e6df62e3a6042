import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { type ConstructorOptions, elementWriter } from './element-writer.js'

/** JSON_ARRAY: options, the row of values. */
export const jsonArray = scalarFunction({
  name: '$json_array',
  description: 'The text of a JSON array of values',
  hidden: true,
  overloads: [
    {
      args: ['varchar', 'P'],
      returns: 'varchar',
      typeVariables: ['P'],
      nulls: 'called',
      bind: (call) => {
        const write = elementWriter(call.argumentTypes[1]!, 0, 1, call.session)
        return (options: string, values: Value): Value => {
          const texts = write(values, JSON.parse(options) as ConstructorOptions)
          return `[${texts.filter((text) => text !== undefined).join(',')}]`
        }
      },
    },
  ],
})
