import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { isJsonError, pathOptions, pathRunner } from '../../sql-json/path-call.js'

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
        return (
          input: string | Uint8Array | null,
          path: string,
          text: string,
          passing: Value,
        ): Value => {
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
