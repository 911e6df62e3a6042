import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { entriesOverload } from './entries-overload.js'

export const multimapFromEntries = scalarFunction({
  name: 'multimap_from_entries',
  description: 'The map from keys to arrays of values of an array of rows of key and value',
  overloads: [
    entriesOverload('map(K,array(V))', (builder, key, value) => {
      const index = builder.find(key)
      if (index < 0) builder.append(key, [value])
      else (builder.values[index] as Value[]).push(value)
    }),
  ],
})
