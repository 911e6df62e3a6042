import { outOfRange } from '../../errors.js'
import { type ScalarOverload, scalarFunction } from '../../function-definition.js'
import { MAX_BIGINT, SMALL_LIMITS } from './arithmetic.js'

export const negation = scalarFunction({
  name: '$negation',
  description: 'Changes the sign of a number or interval',
  overloads: [
    {
      args: ['bigint'],
      returns: 'bigint',
      evaluate: (value: bigint) =>
        value < -MAX_BIGINT ? outOfRange(`bigint negation overflow: ${value}`) : -value,
    },
    ...Object.entries(SMALL_LIMITS).map(
      ([type, limit]): ScalarOverload => ({
        args: [type],
        returns: type,
        evaluate: (value: number) =>
          value < -limit ? outOfRange(`${type} negation overflow: ${value}`) : 0 - value,
      }),
    ),
    { args: ['double'], returns: 'double', neverFails: true, evaluate: (value: number) => -value },
    { args: ['real'], returns: 'real', neverFails: true, evaluate: (value: number) => -value },
    {
      args: ['interval day to second'],
      returns: 'interval day to second',
      evaluate: (value: bigint) => -value,
    },
    {
      args: ['interval year to month'],
      returns: 'interval year to month',
      evaluate: (value: number) => 0 - value,
    },
    {
      args: ['decimal(p,s)'],
      returns: 'decimal(p,s)',
      neverFails: true,
      evaluate: (value: bigint) => -value,
    },
  ],
})
