import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { isJsonError } from '../../sql-json/path-call.js'
import type { PathItem } from '../../sql-json/path-item.js'
import { itemAsValue, valueError } from '../../sql-json/value-of-item.js'
import { pathOverload } from './path-overload.js'

/** JSON_VALUE: input, path, options, the row of passed values, and as lambdas what DEFAULT gives on empty and on error. */
export const jsonValue = scalarFunction({
  name: '$json_value',
  description: 'The SQL value that a path of SQL/JSON leads to',
  hidden: true,
  overloads: [
    pathOverload(
      {
        args: ['I', 'varchar', 'varchar', 'P', 'function(T)', 'function(T)'],
        returns: 'T',
        typeVariables: ['I', 'P', 'T'],
      },
      (call) =>
        (items, options, [onEmpty, onError]) => {
          const handle = (error: unknown): Value => {
            if (!isJsonError(error) || options.errorBehavior === 'ERROR') throw error
            return options.errorBehavior === 'DEFAULT' ? onError!() : null
          }
          let found: readonly PathItem[]
          try {
            found = items()
          } catch (error) {
            return handle(error)
          }
          if (found.length === 0) {
            if (options.emptyBehavior === 'ERROR') throw valueError('JSON path found no items')
            return options.emptyBehavior === 'DEFAULT' ? onEmpty!() : null
          }
          try {
            return itemAsValue(found, call.returnType, call.session)
          } catch (error) {
            return handle(error)
          }
        },
    ),
  ],
})
