import type { MapType } from '../../../spi/type/type.js'
import type { MapValue } from '../../../spi/type/value.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'
import { mapBuilder } from './map-builder.js'

export const mapZipWith = scalarFunction({
  name: 'map_zip_with',
  description: 'The map of all keys of two maps with values that a lambda makes of both',
  overloads: [
    {
      args: ['map(K,V1)', 'map(K,V2)', 'function(K,V1,V2,V3)'],
      returns: 'map(K,V3)',
      typeVariables: ['K', 'V1', 'V2', 'V3'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (left: MapValue, right: MapValue, lambda: LambdaValue) => {
          const others = mapBuilder(keyType)
          for (const [i, key] of right.keys.entries()) others.append(key, right.values[i]!)
          const result = mapBuilder(keyType)
          for (const [i, key] of left.keys.entries()) {
            result.append(
              key,
              lambda(key, left.values[i]!, others.values[others.find(key)] ?? null),
            )
          }
          for (const [i, key] of right.keys.entries()) {
            if (result.find(key) < 0) result.append(key, lambda(key, null, right.values[i]!))
          }
          return result.build()
        }
      },
    },
  ],
})
