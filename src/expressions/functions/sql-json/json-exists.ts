import { scalarFunction } from '../../function-definition.js'
import { isJsonError } from '../../sql-json/path-call.js'
import { pathOverload } from './path-overload.js'

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
    pathOverload(
      { args: ['I', 'varchar', 'varchar', 'P'], returns: 'boolean', typeVariables: ['I', 'P'] },
      () => (items, options) => {
        try {
          return items().length > 0
        } catch (error) {
          if (!isJsonError(error) || options.errorBehavior === 'ERROR') throw error
          return EXISTS_ON_ERROR[options.errorBehavior] ?? null
        }
      },
    ),
  ],
})
