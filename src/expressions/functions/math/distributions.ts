import { invalidArgument } from '../../errors.js'
import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'
import {
  betaCdf,
  inverseBetaCdf,
  inverseNormalCdf,
  normalCdf,
  tCdf,
  tDensity,
} from '../../value/distributions.js'

const THREE = { args: ['double', 'double', 'double'], returns: 'double' } as const

const define = (
  name: string,
  description: string,
  evaluate: (first: number, second: number, third: number) => number,
): FunctionDefinition => scalarFunction({ name, description, overloads: [{ ...THREE, evaluate }] })

function check(condition: boolean, message: string): void {
  if (!condition) invalidArgument(message)
}

export const distributions: readonly FunctionDefinition[] = [
  define('normal_cdf', 'P(X < v) of a normal distribution', (mean, deviation, value) => {
    check(deviation > 0, 'standardDeviation must be > 0')
    return normalCdf(mean, deviation, value)
  }),
  define(
    'inverse_normal_cdf',
    'The v with P(X < v) = p of a normal distribution',
    (mean, sd, p) => {
      check(p > 0 && p < 1, 'p must be 0 > p > 1')
      check(sd > 0, 'sd must be > 0')
      return inverseNormalCdf(mean, sd, p)
    },
  ),
  define('beta_cdf', 'P(X < v) of a beta distribution', (a, b, value) => {
    check(value >= 0 && value <= 1, 'value must be 0 >= v >= 1')
    check(a > 0 && b > 0, 'a, b must be > 0')
    return betaCdf(a, b, value)
  }),
  define('inverse_beta_cdf', 'The v with P(X < v) = p of a beta distribution', (a, b, p) => {
    check(p >= 0 && p <= 1, 'p must be 0 >= p >= 1')
    check(a > 0 && b > 0, 'a, b must be > 0')
    return inverseBetaCdf(a, b, p)
  }),
  scalarFunction({
    name: 't_cdf',
    description: 'P(X < v) of Student’s t distribution',
    overloads: [
      {
        args: ['double', 'double'],
        returns: 'double',
        evaluate: (value: number, freedom: number) => {
          if (Number.isNaN(freedom)) return freedom
          check(freedom >= 1, 'degrees of freedom must be greater than or equal to 1')
          return tCdf(value, freedom)
        },
      },
    ],
  }),
  scalarFunction({
    name: 't_pdf',
    description: 'The density of Student’s t distribution',
    overloads: [
      {
        args: ['double', 'double'],
        returns: 'double',
        evaluate: (value: number, freedom: number) => {
          if (Number.isNaN(freedom)) return freedom
          check(freedom >= 1, 'degrees of freedom must be greater than or equal to 1')
          return tDensity(value, freedom)
        },
      },
    ],
  }),
]
