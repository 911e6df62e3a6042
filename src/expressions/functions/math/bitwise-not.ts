import { scalarFunction } from '../../function-definition.js'

export const bitwiseNot = scalarFunction({
  name: 'bitwise_not',
  description: 'All bits of a number changed',
  overloads: [
    { args: ['bigint'], returns: 'bigint', neverFails: true, evaluate: (value: bigint) => ~value },
  ],
})
