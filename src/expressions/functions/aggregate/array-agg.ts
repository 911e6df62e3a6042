import type { Value } from '../../../spi/type/value.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
} from '../../function-definition.js'

const list: Accumulator<Value[]> = {
  create: () => [],
  add: (state, value) => {
    state.push(value!)
    return state
  },
  combine: (state, other) => {
    for (const value of other) state.push(value)
    return state
  },
  serialize: (state) => state,
  deserialize: (value) => [...(value as readonly Value[])],
  finish: (state) => (state.length === 0 ? null : state),
  byteSize: (state) => state.length * 32,
}

export const arrayAgg = aggregateFunction({
  name: 'array_agg',
  description: 'The array of all values, NULLs among them',
  overloads: [
    aggregateOverload({
      args: ['T'],
      returns: 'array(T)',
      typeVariables: ['T'],
      intermediate: 'array(T)',
      nulls: 'called',
      orderSensitive: true,
      bind: () => list,
    }),
  ],
})
