import { MillraceError } from '../../../spi/error.js'
import { BIGINT, BOOLEAN, DOUBLE, type SqlType, typeName, VARCHAR } from '../../../spi/type.js'
import type { Value } from '../../../spi/value.js'
import { castFunction } from '../../cast/cast.js'
import { type BoundCall, type LambdaValue, scalarFunction } from '../../function-definition.js'
import { type JsonNode, writeJson } from '../../json/json-node.js'
import { isJsonError, pathOptions, pathRunner } from '../../sql-json/path-call.js'

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
        const run = pathRunner(call.argumentTypes[3]!, call.session)
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

const queryError = (message: string): MillraceError =>
  new MillraceError('JSON_OUTPUT_CONVERSION_ERROR', `conversion from JSON failed: ${message}`)

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
        const run = pathRunner(call.argumentTypes[3]!, call.session)
        return (input: Input, path: string, text: string, passing: Value): Value => {
          if (input === null) return null
          const options = pathOptions(text)
          let items: readonly JsonNode[]
          try {
            items = run(input, path, options, passing)
          } catch (error) {
            if (!isJsonError(error)) throw error
            return onBehavior(options.errorBehavior, error)
          }
          if (items.length === 0) {
            return onBehavior(options.emptyBehavior, queryError('JSON path found no items'))
          }
          const [first] = items as [JsonNode]
          const isComposite = Array.isArray(first) || first instanceof Map
          const wraps =
            options.wrapper === 'UNCONDITIONAL' ||
            (options.wrapper === 'CONDITIONAL' && (items.length > 1 || !isComposite))
          if (wraps) return writeJson([...items], false)
          if (items.length > 1) {
            return onBehavior(options.errorBehavior, queryError('JSON path found multiple items'))
          }
          if (options.omitQuotes === true && typeof first === 'string') return first
          return writeJson(first, false)
        }
      },
    },
  ],
})

const valueError = (message: string): MillraceError =>
  new MillraceError('JSON_VALUE_RESULT_ERROR', `cannot extract SQL scalar from JSON: ${message}`)

const typeOfItem = (item: string | bigint | number | boolean): SqlType => {
  switch (typeof item) {
    case 'string':
      return VARCHAR
    case 'bigint':
      return BIGINT
    case 'number':
      return DOUBLE
    default:
      return BOOLEAN
  }
}

/** The one scalar a path found, as a value of the function's type. */
function scalarOf(items: readonly JsonNode[], call: BoundCall): Value {
  if (items.length > 1) throw valueError('JSON path found multiple items')
  const item = items[0]!
  if (item === null) return null
  if (Array.isArray(item) || item instanceof Map) {
    throw valueError('JSON path found an item that cannot be converted to an SQL value')
  }
  const from = typeOfItem(item)
  const refuse = (cause?: unknown): never => {
    const message = `Cannot cast value of type ${typeName(from)} to declared return type of function JSON_VALUE: ${typeName(call.returnType)}`
    throw new MillraceError(
      'JSON_VALUE_RESULT_ERROR',
      `cannot extract SQL scalar from JSON: ${message}`,
      { cause },
    )
  }
  const cast = castFunction(from, call.returnType, call.session)
  if (cast === undefined) return refuse()
  try {
    return cast(item)
  } catch (cause) {
    if (cause instanceof MillraceError && cause.type === 'USER_ERROR') return refuse(cause)
    throw cause
  }
}

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
        const run = pathRunner(call.argumentTypes[3]!, call.session)
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
          let items: readonly JsonNode[]
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
            return scalarOf(items, call)
          } catch (error) {
            return handle(error)
          }
        }
      },
    },
  ],
})
