import type { MapType } from '../../../spi/type/type.js'
import type { MapValue, Value } from '../../../spi/type/value.js'
import { textOf } from '../../cast/to-text.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { equalityOf, findKey } from '../../value/comparison.js'

export const subscript = scalarFunction({
  name: '$subscript',
  description: 'The element of an array at a position from 1, or the value of a key of a map',
  overloads: [
    {
      args: ['array(E)', 'bigint'],
      returns: 'E',
      typeVariables: ['E'],
      evaluate: (array: readonly Value[], position: bigint) => {
        if (position === 0n) return invalidArgument('SQL array indices start at 1')
        if (position < 0n) return invalidArgument(`Array subscript is negative: ${position}`)
        if (position > BigInt(array.length)) {
          return invalidArgument(
            `Array subscript must be less than or equal to array length: ${position} > ${array.length}`,
          )
        }
        return array[Number(position) - 1]!
      },
    },
    {
      args: ['map(K,V)', 'K'],
      returns: 'V',
      typeVariables: ['K', 'V'],
      bind: ({ argumentTypes }) => {
        const { key: keyType } = argumentTypes[0] as MapType
        const isEqual = equalityOf(keyType)
        const text = textOf(keyType)
        return (map: MapValue, key: Value) => {
          const index = findKey(map, key, isEqual)
          if (index >= 0) return map.values[index]!
          return invalidArgument(
            text === undefined ? 'Key not present in map' : `Key not present in map: ${text(key)}`,
          )
        }
      },
    },
  ],
})
