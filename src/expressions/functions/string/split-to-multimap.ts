import type { MapValue } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { entriesOf } from './split-entries.js'

export const splitToMultimap = scalarFunction({
  name: 'split_to_multimap',
  description: 'The map from keys to arrays of values that a string of entries writes',
  overloads: [
    {
      args: ['varchar', 'varchar', 'varchar'],
      returns: 'map(varchar,array(varchar))',
      evaluate: (text: string, entryDelimiter: string, keyValueDelimiter: string): MapValue => {
        const map = new Map<string, string[]>()
        for (const [key, value] of entriesOf(text, entryDelimiter, keyValueDelimiter)) {
          const values = map.get(key)
          if (values === undefined) map.set(key, [value])
          else values.push(value)
        }
        return { keys: [...map.keys()], values: [...map.values()] }
      },
    },
  ],
})
