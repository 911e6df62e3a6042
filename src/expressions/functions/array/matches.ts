import type { Value } from '../../../spi/type/value.js'
import {
  type FunctionDefinition,
  type LambdaValue,
  scalarFunction,
} from '../../function-definition.js'

/** Three-valued: a NULL result leaves open what no other result decides. */
const match = (
  name: string,
  description: string,
  decide: (results: readonly Value[]) => boolean | null,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [
      {
        args: ['array(T)', 'function(T,boolean)'],
        returns: 'boolean',
        typeVariables: ['T'],
        evaluate: (array: readonly Value[], lambda: LambdaValue) =>
          decide(array.map((value) => lambda(value))),
      },
    ],
  })

const decided = (results: readonly Value[], by: boolean): boolean | null =>
  results.includes(by) ? by : results.includes(null) ? null : !by

const negated = (value: boolean | null): boolean | null => (value === null ? null : !value)

export const matches: readonly FunctionDefinition[] = [
  match('all_match', 'Tells whether a lambda is true for all elements', (results) =>
    decided(results, false),
  ),
  match('any_match', 'Tells whether a lambda is true for any element', (results) =>
    decided(results, true),
  ),
  match('none_match', 'Tells whether a lambda is true for no element', (results) =>
    negated(decided(results, true)),
  ),
]
