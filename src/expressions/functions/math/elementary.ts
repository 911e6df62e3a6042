import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'

const unary = (
  name: string,
  description: string,
  evaluate: (value: number) => number,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [{ args: ['double'], returns: 'double', neverFails: true, evaluate }],
  })

const binary = (
  name: string,
  description: string,
  evaluate: (left: number, right: number) => number,
  aliases: readonly string[] = [],
): FunctionDefinition =>
  scalarFunction({
    name,
    aliases,
    description,
    overloads: [{ args: ['double', 'double'], returns: 'double', neverFails: true, evaluate }],
  })

/** Java's pow: 1 to the NaN is NaN, and so is -1 to an infinity. */
function power(base: number, exponent: number): number {
  return base ** exponent
}

export const elementary: readonly FunctionDefinition[] = [
  unary('acos', 'The arc cosine', Math.acos),
  unary('asin', 'The arc sine', Math.asin),
  unary('atan', 'The arc tangent', Math.atan),
  binary('atan2', 'The angle of the point (x, y), given as (y, x)', Math.atan2),
  unary('cbrt', 'The cube root', Math.cbrt),
  unary('cos', 'The cosine', Math.cos),
  unary('cosh', 'The hyperbolic cosine', Math.cosh),
  unary('degrees', 'An angle in degrees of one in radians', (value) => (value * 180) / Math.PI),
  unary('exp', 'The power of e', Math.exp),
  unary('ln', 'The natural logarithm', Math.log),
  binary(
    'log',
    'The logarithm to a base, given first',
    (base, value) => Math.log(value) / Math.log(base),
  ),
  unary('log10', 'The logarithm to base 10', Math.log10),
  unary('log2', 'The logarithm to base 2', (value) => Math.log(value) / Math.log(2)),
  binary('power', 'A number to a power', power, ['pow']),
  unary('radians', 'An angle in radians of one in degrees', (value) => (value / 180) * Math.PI),
  unary('sin', 'The sine', Math.sin),
  unary('sinh', 'The hyperbolic sine', Math.sinh),
  unary('sqrt', 'The square root', Math.sqrt),
  unary('tan', 'The tangent', Math.tan),
  unary('tanh', 'The hyperbolic tangent', Math.tanh),
]
