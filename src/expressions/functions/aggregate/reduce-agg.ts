import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  aggregateFunction,
  aggregateOverload,
  type LambdaValue,
} from '../../function-definition.js'

/** Reduces by two lambdas: one takes a value into the state, one joins states. */
export const reduceAgg = aggregateFunction({
  name: 'reduce_agg',
  description: 'The state that lambdas make of the values',
  overloads: [
    aggregateOverload({
      args: ['T', 'S', 'function(S,T,S)', 'function(S,S,S)'],
      returns: 'S',
      typeVariables: ['T', 'S'],
      intermediate: 'S',
      nulls: 'called',
      bind: ({ lambdas }) => {
        const step = lambdas[2] as LambdaValue
        const join = lambdas[3] as LambdaValue
        interface State {
          readonly value: Value
          readonly isEmpty: boolean
        }
        const filled = (value: Value): State => {
          if (value === null) {
            return invalidArgument('reduce_agg state must not be null')
          }
          return { value, isEmpty: false }
        }
        return {
          create: (): State => ({ value: null, isEmpty: true }),
          add: (state: State, value, initial) =>
            value === null ? state : filled(step(state.isEmpty ? initial! : state.value, value!)),
          combine: (state, other) =>
            state.isEmpty ? other : other.isEmpty ? state : filled(join(state.value, other.value)),
          serialize: (state) => state.value,
          deserialize: (value) => ({ value, isEmpty: value === null }),
          finish: (state) => state.value,
        }
      },
    }),
  ],
})
