import type { Value } from '../../../spi/type/value.js'
import {
  type FunctionDefinition,
  type LambdaValue,
  scalarFunction,
} from '../../function-definition.js'

type Values = readonly Value[]

export const transform = scalarFunction({
  name: 'transform',
  description: 'The results of a lambda for each element',
  overloads: [
    {
      args: ['array(T)', 'function(T,U)'],
      returns: 'array(U)',
      typeVariables: ['T', 'U'],
      evaluate: (array: Values, lambda: LambdaValue) => array.map((value) => lambda(value)),
    },
  ],
})

export const filter = scalarFunction({
  name: 'filter',
  description: 'The elements for which a lambda is true',
  overloads: [
    {
      args: ['array(t)', 'function(t,boolean)'],
      returns: 'array(t)',
      typeVariables: ['T'],
      evaluate: (array: Values, lambda: LambdaValue) =>
        array.filter((value) => lambda(value) === true),
    },
  ],
})

export const reduce = scalarFunction({
  name: 'reduce',
  description:
    'The state that a lambda makes of the elements, one after another, given to another lambda',
  overloads: [
    {
      args: ['array(T)', 'S', 'function(S,T,S)', 'function(S,R)'],
      returns: 'R',
      typeVariables: ['T', 'S', 'R'],
      nulls: 'called',
      evaluate: (array: Values | null, initial: Value, step: LambdaValue, output: LambdaValue) =>
        array === null
          ? null
          : output(array.reduce((state: Value, value) => step(state, value), initial)),
    },
  ],
})

/** Three-valued: a NULL result leaves open what no other result decides. */
const match = (
  name: string,
  description: string,
  decide: (results: Values) => boolean | null,
): FunctionDefinition =>
  scalarFunction({
    name,
    description,
    overloads: [
      {
        args: ['array(T)', 'function(T,boolean)'],
        returns: 'boolean',
        typeVariables: ['T'],
        evaluate: (array: Values, lambda: LambdaValue) =>
          decide(array.map((value) => lambda(value))),
      },
    ],
  })

const decided = (results: Values, by: boolean): boolean | null =>
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

export const zipWith = scalarFunction({
  name: 'zip_with',
  description: 'The results of a lambda for elements of two arrays at one position',
  overloads: [
    {
      args: ['array(T)', 'array(U)', 'function(T,U,R)'],
      returns: 'array(R)',
      typeVariables: ['T', 'U', 'R'],
      evaluate: (left: Values, right: Values, lambda: LambdaValue) =>
        Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
          lambda(left[i] ?? null, right[i] ?? null),
        ),
    },
  ],
})

const zipOf = (count: number) => {
  const variables = Array.from({ length: count }, (_, i) => `T${i + 1}`)
  return {
    args: variables.map((variable) => `array(${variable})`),
    returns: `array(row(${variables.join(',')}))`,
    typeVariables: variables,
    evaluate: (...arrays: Values[]) =>
      Array.from({ length: Math.max(...arrays.map((array) => array.length)) }, (_, i) =>
        arrays.map((array) => array[i] ?? null),
      ),
  }
}

export const zip = scalarFunction({
  name: 'zip',
  description: 'Rows of the elements of two to five arrays at one position',
  overloads: [2, 3, 4, 5].map(zipOf),
})
