import type { MapType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { checkKey, keyText, mapBuilder } from './map-builder.js'

export const mapFromEntries = scalarFunction({
  name: 'map_from_entries',
  description: 'The map of an array of rows of key and value',
  overloads: [
    {
      args: ['array(row(K,V))'],
      returns: 'map(K,V)',
      typeVariables: ['K:comparable', 'V'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (entries: readonly (readonly Value[] | null)[]) => {
          const builder = mapBuilder(keyType)
          for (const entry of entries) {
            if (entry === null) return invalidArgument('map entry cannot be null')
            checkKey(entry[0]!)
            if (builder.find(entry[0]!) >= 0) {
              return invalidArgument(
                `Duplicate keys (${keyText(keyType, entry[0]!)}) are not allowed`,
              )
            }
            builder.append(entry[0]!, entry[1]!)
          }
          return builder.build()
        }
      },
    },
  ],
})
