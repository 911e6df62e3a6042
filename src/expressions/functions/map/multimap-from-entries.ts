import type { MapType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { checkKey, mapBuilder } from './map-builder.js'

export const multimapFromEntries = scalarFunction({
  name: 'multimap_from_entries',
  description: 'The map from keys to arrays of values of an array of rows of key and value',
  overloads: [
    {
      args: ['array(row(K,V))'],
      returns: 'map(K,array(V))',
      typeVariables: ['K:comparable', 'V'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (entries: readonly (readonly Value[] | null)[]) => {
          const builder = mapBuilder(keyType)
          for (const entry of entries) {
            if (entry === null) return invalidArgument('map entry cannot be null')
            checkKey(entry[0]!)
            const index = builder.find(entry[0]!)
            if (index < 0) builder.append(entry[0]!, [entry[1]!])
            else (builder.values[index] as Value[]).push(entry[1]!)
          }
          return builder.build()
        }
      },
    },
  ],
})
