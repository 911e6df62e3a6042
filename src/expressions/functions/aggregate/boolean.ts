import type { Value } from '../../../spi/type/value.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'

const folded = (fold: (left: boolean, right: boolean) => boolean) => {
  const join = (state: Value, value: Value): Value =>
    state === null ? value : value === null ? state : fold(state as boolean, value as boolean)
  return aggregateOverload({
    args: ['boolean'],
    returns: 'boolean',
    intermediate: 'boolean',
    ignoresDuplicates: true,
    bind: () => ({
      create: (): Value => null,
      add: (state: Value, value) => join(state, value!),
      combine: join,
      serialize: (state: Value) => state,
      deserialize: (value) => value,
      finish: (state: Value) => state,
    }),
  })
}

export const boolAnd = aggregateFunction({
  name: 'bool_and',
  aliases: ['every'],
  description: 'Tells whether all values are true',
  overloads: [folded((left, right) => left && right)],
})

export const boolOr = aggregateFunction({
  name: 'bool_or',
  description: 'Tells whether any value is true',
  overloads: [folded((left, right) => left || right)],
})

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
