import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { outputError, queryResult } from '../../sql-json/json-table.js'
import { isJsonError } from '../../sql-json/path-call.js'
import type { PathItem } from '../../sql-json/path-item.js'
import { pathOverload } from './path-overload.js'

function onBehavior(behavior: string | undefined, error: unknown): Value {
  switch (behavior) {
    case 'EMPTY ARRAY':
      return '[]'
    case 'EMPTY OBJECT':
      return '{}'
    case 'ERROR':
      throw error
    default:
      return null
  }
}

/** JSON_QUERY: input, path, options, the row of passed values; gives the text of JSON. */
export const jsonQuery = scalarFunction({
  name: '$json_query',
  description: 'The JSON that a path of SQL/JSON leads to',
  hidden: true,
  overloads: [
    pathOverload(
      { args: ['I', 'varchar', 'varchar', 'P'], returns: 'varchar', typeVariables: ['I', 'P'] },
      () => (items, options) => {
        let found: readonly PathItem[]
        try {
          found = items()
        } catch (error) {
          if (!isJsonError(error)) throw error
          return onBehavior(options.errorBehavior, error)
        }
        if (found.length === 0) {
          return onBehavior(options.emptyBehavior, outputError('JSON path found no items'))
        }
        try {
          return queryResult(found, options)
        } catch (error) {
          return onBehavior(options.errorBehavior, error)
        }
      },
    ),
  ],
})
