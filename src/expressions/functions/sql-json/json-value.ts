import type { Value } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'
import { isJsonError, pathOptions, pathRunner } from '../../sql-json/path-call.js'
import type { PathItem } from '../../sql-json/path-item.js'
import { itemAsValue, valueError } from '../../sql-json/value-of-item.js'

/** JSON_VALUE: input, path, options, the row of passed values, and as lambdas what DEFAULT gives on empty and on error. */
export const jsonValue = scalarFunction({
  name: '$json_value',
  description: 'The SQL value that a path of SQL/JSON leads to',
  hidden: true,
  overloads: [
    {
      args: ['I', 'varchar', 'varchar', 'P', 'function(T)', 'function(T)'],
      returns: 'T',
      typeVariables: ['I', 'P', 'T'],
      nulls: 'called',
      bind: (call) => {
        const run = pathRunner(call.argumentTypes[3]!)
        return (
          input: string | Uint8Array | null,
          path: string,
          text: string,
          passing: Value,
          onEmpty: LambdaValue,
          onError: LambdaValue,
        ): Value => {
          if (input === null) return null
          const options = pathOptions(text)
          const handle = (error: unknown): Value => {
            if (!isJsonError(error) || options.errorBehavior === 'ERROR') throw error
            return options.errorBehavior === 'DEFAULT' ? onError() : null
          }
          let items: readonly PathItem[]
          try {
            items = run(input, path, options, passing)
          } catch (error) {
            return handle(error)
          }
          if (items.length === 0) {
            if (options.emptyBehavior === 'ERROR') throw valueError('JSON path found no items')
            return options.emptyBehavior === 'DEFAULT' ? onEmpty() : null
          }
          try {
            return itemAsValue(items, call.returnType, call.session)
          } catch (error) {
            return handle(error)
          }
        }
      },
    },
  ],
})
