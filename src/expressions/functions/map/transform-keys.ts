import type { MapType } from '../../../spi/type/type.js'
import type { MapValue } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'
import { keyText, mapBuilder } from './map-builder.js'

export const transformKeys = scalarFunction({
  name: 'transform_keys',
  description: 'The map with keys that a lambda makes of its entries',
  overloads: [
    {
      args: ['map(K1,V)', 'function(K1,V,K2)'],
      returns: 'map(K2,V)',
      typeVariables: ['K1', 'V', 'K2'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return ({ keys, values }: MapValue, lambda: LambdaValue) => {
          const builder = mapBuilder(keyType)
          for (const [i, old] of keys.entries()) {
            const key = lambda(old, values[i]!)
            if (key === null) return invalidArgument('map key cannot be null')
            if (builder.find(key) >= 0) {
              return invalidArgument(
                `Duplicate map keys (${keyText(keyType, key)}) are not allowed`,
              )
            }
            builder.append(key, values[i]!)
          }
          return builder.build()
        }
      },
    },
  ],
})
