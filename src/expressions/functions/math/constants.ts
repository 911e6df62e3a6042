import { type FunctionDefinition, scalarFunction } from '../../function-definition.js'

const constant = (name: string, description: string, value: number): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [{ args: [], returns: 'double', neverFails: true, evaluate: () => value }],
  })

export const mathConstants: readonly FunctionDefinition[] = [
  constant('e', 'The base of the natural logarithm', Math.E),
  constant('infinity', 'Positive infinity', Number.POSITIVE_INFINITY),
  constant('nan', 'The double that is not a number', Number.NaN),
  constant('pi', 'The ratio of a circle to its diameter', Math.PI),
]
