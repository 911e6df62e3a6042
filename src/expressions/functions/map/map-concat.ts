import type { MapType } from '../../../spi/type/type.js'
import type { MapValue } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { ANY_MAP, mapBuilder } from './map-builder.js'

export const mapConcat = scalarFunction({
  name: 'map_concat',
  description: 'The entries of all maps; of a key that several have, that of the last',
  overloads: [
    {
      ...ANY_MAP,
      args: ['map(K,V)'],
      returns: 'map(K,V)',
      variableArity: true,
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (...maps: MapValue[]) => {
          if (maps.length < 2) {
            return invalidArgument(
              'There must be two or more concatenation arguments to map_concat',
            )
          }
          const builder = mapBuilder(keyType)
          for (const { keys, values } of maps) {
            for (const [i, key] of keys.entries()) {
              const index = builder.find(key)
              if (index < 0) builder.append(key, values[i]!)
              else builder.values[index] = values[i]!
            }
          }
          return builder.build()
        }
      },
    },
  ],
})
