import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { entriesOverload } from './entries-overload.js'
import { keyText } from './map-builder.js'

export const mapFromEntries = scalarFunction({
  name: 'map_from_entries',
  description: 'The map of an array of rows of key and value',
  overloads: [
    entriesOverload('map(K,V)', (builder, key, value, keyType) => {
      if (builder.find(key) >= 0) {
        invalidArgument(`Duplicate map keys (${keyText(keyType, key)}) are not allowed`)
      }
      builder.append(key, value)
    }),
  ],
})
