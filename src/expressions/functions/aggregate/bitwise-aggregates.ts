import type { Value } from '../../../spi/type/value.js'
import {
  aggregateFunction,
  aggregateOverload,
  type FunctionDefinition,
} from '../../function-definition.js'

const bits = (
  name: string,
  description: string,
  fold: (left: bigint, right: bigint) => bigint,
): FunctionDefinition => {
  const join = (state: Value, value: Value): Value =>
    state === null ? value : value === null ? state : fold(state as bigint, value as bigint)
  return aggregateFunction({
    name,
    description,
    overloads: [
      aggregateOverload({
        args: ['bigint'],
        returns: 'bigint',
        intermediate: 'bigint',
        bind: () => ({
          create: (): Value => null,
          add: (state: Value, value) => join(state, value!),
          combine: join,
          serialize: (state: Value) => state,
          deserialize: (value) => value,
          finish: (state: Value) => state,
        }),
      }),
    ],
  })
}

export const bitwiseAggregates: readonly FunctionDefinition[] = [
  bits('bitwise_and_agg', 'The bits that all values have', (left, right) => left & right),
  bits('bitwise_or_agg', 'The bits that any value has', (left, right) => left | right),
  bits(
    'bitwise_xor_agg',
    'The bits that an odd number of values have',
    (left, right) => left ^ right,
  ),
]
