import { aggregateFunction, aggregateOverload } from '../../function-definition.js'

export const counter = () => ({
  create: () => 0n,
  add: (count: bigint) => count + 1n,
  combine: (count: bigint, other: bigint) => count + other,
  serialize: (count: bigint) => count,
  deserialize: (value: unknown) => value as bigint,
  finish: (count: bigint) => count,
  remove: (count: bigint) => count - 1n,
})

export const count = aggregateFunction({
  name: 'count',
  description: 'The number of rows, or of values that are not NULL',
  overloads: [
    aggregateOverload({ args: [], returns: 'bigint', intermediate: 'bigint', bind: counter }),
    aggregateOverload({
      args: ['T'],
      typeVariables: ['T'],
      returns: 'bigint',
      intermediate: 'bigint',
      bind: counter,
    }),
  ],
})
