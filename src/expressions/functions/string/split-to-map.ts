import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { entriesOf } from './split-entries.js'

export const splitToMap = scalarFunction({
  name: 'split_to_map',
  description: 'The map that a string of entries writes',
  overloads: [
    {
      args: ['varchar', 'varchar', 'varchar'],
      returns: 'map(varchar,varchar)',
      evaluate: (text: string, entryDelimiter: string, keyValueDelimiter: string) => {
        const map = new Map<string, string>()
        for (const [key, value] of entriesOf(text, entryDelimiter, keyValueDelimiter)) {
          if (map.has(key)) {
            invalidArgument(`Duplicate keys (${key}) are not allowed`)
          }
          map.set(key, value)
        }
        return { keys: [...map.keys()], values: [...map.values()] }
      },
    },
  ],
})
