import type { Value } from '../../../spi/type/value.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'

export const arbitrary = aggregateFunction({
  name: 'arbitrary',
  aliases: ['any_value'],
  description: 'Any one of the values that are not NULL',
  overloads: [
    aggregateOverload({
      args: ['T'],
      returns: 'T',
      typeVariables: ['T'],
      intermediate: 'T',
      ignoresDuplicates: true,
      bind: () => ({
        create: (): Value => null,
        add: (state: Value, value) => state ?? value!,
        combine: (state: Value, other) => state ?? other,
        serialize: (state: Value) => state,
        deserialize: (value) => value,
        finish: (state: Value) => state,
      }),
    }),
  ],
})
