import type { MapType } from '../../../spi/type/type.js'
import type { MapValue, Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { equalityOf, findKey } from '../../value/comparison.js'

export const elementAt = scalarFunction({
  name: 'element_at',
  description:
    'The element at a position, from the end where negative, or the value of a key; or NULL',
  overloads: [
    {
      args: ['array(e)', 'bigint'],
      returns: 'e',
      typeVariables: ['E'],
      evaluate: (array: readonly Value[], position: bigint) => {
        if (position === 0n) return invalidArgument('SQL array indices start at 1')
        const size = BigInt(array.length)
        if (position > size || position < -size) return null
        return array.at(Number(position > 0n ? position - 1n : position))!
      },
    },
    {
      args: ['map(K,V)', 'K'],
      returns: 'V',
      typeVariables: ['K', 'V'],
      neverFails: true,
      bind: ({ argumentTypes }) => {
        const isEqual = equalityOf((argumentTypes[0] as MapType).key)
        return (map: MapValue, key: Value) => map.values[findKey(map, key, isEqual)] ?? null
      },
    },
  ],
})
