import type { RowType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { type JsonTableOptions, jsonTableRunner } from '../../sql-json/json-table.js'

/** JSON_TABLE: input, options, the rows of passed values and of defaults, a NULL of the type of its rows; its rows as an array. */
export const jsonTable = scalarFunction({
  name: '$json_table',
  description: 'The rows that paths of SQL/JSON find in a JSON text',
  hidden: true,
  overloads: [
    {
      args: ['I', 'varchar', 'P', 'D', 'T'],
      returns: 'array(T)',
      typeVariables: ['I', 'P', 'D', 'T'],
      nulls: 'called',
      bind: (call) => {
        const run = jsonTableRunner(
          call.argumentTypes[4] as RowType,
          call.argumentTypes[2]!,
          call.session,
        )
        let text: string | undefined
        let parsed: JsonTableOptions | undefined
        return (
          input: string | Uint8Array | null,
          options: string,
          passing: Value,
          defaults: Value,
        ) => {
          if (parsed === undefined || text !== options) {
            parsed = JSON.parse(options) as JsonTableOptions
            text = options
          }
          return run(input, parsed, passing, defaults)
        }
      },
    },
  ],
})
