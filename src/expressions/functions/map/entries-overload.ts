import type { MapType, SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import type { ScalarOverload } from '../../function-definition.js'
import { checkKey, type MapBuilder, mapBuilder } from './map-builder.js'

/** A call that makes a map of an array of rows of key and value. @param add adds an entry, whose key may be one that came before */
export const entriesOverload = (
  returns: string,
  add: (builder: MapBuilder, key: Value, value: Value, keyType: SqlType) => void,
): ScalarOverload => ({
  args: ['array(row(K,V))'],
  returns,
  typeVariables: ['K:comparable', 'V'],
  bind: ({ returnType }) => {
    const keyType = (returnType as MapType).key
    return (entries: readonly (readonly Value[] | null)[]) => {
      const builder = mapBuilder(keyType)
      for (const entry of entries) {
        if (entry === null) return invalidArgument('map entry cannot be null')
        checkKey(entry[0]!)
        add(builder, entry[0]!, entry[1]!, keyType)
      }
      return builder.build()
    }
  },
})
