import type { Value } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'
import { outputError, queryResult } from '../../sql-json/json-table.js'
import { isJsonError, pathOptions, pathRunner } from '../../sql-json/path-call.js'
import type { PathItem } from '../../sql-json/path-item.js'
import { itemAsValue, valueError } from '../../sql-json/value-of-item.js'

type Input = string | Uint8Array | null

const EXISTS_ON_ERROR: Readonly<Record<string, boolean | null>> = {
  TRUE: true,
  FALSE: false,
  UNKNOWN: null,
}

/** JSON_EXISTS: input, path, options, the row of passed values. */
export const jsonExists = scalarFunction({
  name: '$json_exists',
  description: 'Tells whether a path of SQL/JSON leads anywhere',
  hidden: true,
  overloads: [
    {
      args: ['I', 'varchar', 'varchar', 'P'],
      returns: 'boolean',
      typeVariables: ['I', 'P'],
      nulls: 'called',
      bind: (call) => {
        const run = pathRunner(call.argumentTypes[3]!)
        return (input: Input, path: string, text: string, passing: Value): Value => {
          if (input === null) return null
          const options = pathOptions(text)
          try {
            return run(input, path, options, passing).length > 0
          } catch (error) {
            if (!isJsonError(error) || options.errorBehavior === 'ERROR') throw error
            return EXISTS_ON_ERROR[options.errorBehavior] ?? null
          }
        }
      },
    },
  ],
})

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
    {
      args: ['I', 'varchar', 'varchar', 'P'],
      returns: 'varchar',
      typeVariables: ['I', 'P'],
      nulls: 'called',
      bind: (call) => {
        const run = pathRunner(call.argumentTypes[3]!)
        return (input: Input, path: string, text: string, passing: Value): Value => {
          if (input === null) return null
          const options = pathOptions(text)
          let items: readonly PathItem[]
          try {
            items = run(input, path, options, passing)
          } catch (error) {
            if (!isJsonError(error)) throw error
            return onBehavior(options.errorBehavior, error)
          }
          if (items.length === 0) {
            return onBehavior(options.emptyBehavior, outputError('JSON path found no items'))
          }
          try {
            return queryResult(items, options)
          } catch (error) {
            return onBehavior(options.errorBehavior, error)
          }
        }
      },
    },
  ],
})

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
          input: Input,
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
