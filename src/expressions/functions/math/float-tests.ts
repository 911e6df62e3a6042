import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'

const test = (
  name: string,
  description: string,
  types: readonly string[],
  evaluate: (value: number) => boolean,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: types.map((type) => ({
      args: [type],
      returns: 'boolean',
      neverFails: true,
      evaluate,
    })),
  })

export const floatTests: readonly FunctionDefinition[] = [
  test('is_finite', 'Tells whether a number is finite', ['double'], Number.isFinite),
  test(
    'is_infinite',
    'Tells whether a number is infinite',
    ['double'],
    (value) => Math.abs(value) === Number.POSITIVE_INFINITY,
  ),
  test('is_nan', 'Tells whether a number is NaN', ['double', 'real'], Number.isNaN),
]
