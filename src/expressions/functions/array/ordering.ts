import type { ArrayType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { type BoundCall, type LambdaValue, scalarFunction } from '../../function-definition.js'
import { hashKeyOf, orderOf } from '../../value/comparison.js'

type Values = readonly Value[]

const elementType = ({ argumentTypes }: BoundCall) => (argumentTypes[0] as ArrayType).element

export const arraySort = scalarFunction({
  name: 'array_sort',
  description: 'The elements in ascending order, NULLs last, or in that of a comparator',
  overloads: [
    {
      args: ['array(e)'],
      returns: 'array(e)',
      typeVariables: ['E:orderable'],
      bind: (call) => {
        const order = orderOf(elementType(call))
        return (array: Values) =>
          [...array].sort((a, b) =>
            a === null || b === null ? Number(a === null) - Number(b === null) : order(a, b),
          )
      },
    },
    {
      args: ['array(t)', 'function(t,t,integer)'],
      returns: 'array(t)',
      typeVariables: ['T'],
      evaluate: (array: Values, comparator: LambdaValue) =>
        [...array].sort((a, b) => {
          const result = comparator(a, b)
          if (result !== -1 && result !== 0 && result !== 1) {
            return invalidArgument('Lambda comparator must return either -1, 0, or 1')
          }
          return result
        }),
    },
  ],
})

/** NULL where an element is NULL, or there is none; NaN, in arrays and rows too, only where there is nothing else. */
const extreme = (sign: 1 | -1) => (call: BoundCall) => {
  const order = orderOf(elementType(call), sign === 1 ? 'first' : 'last')
  return (array: Values): Value => {
    let best: Value = null
    for (const value of array) {
      if (value === null) return null
      if (best === null || sign * order(value, best) > 0) best = value
    }
    return best
  }
}

const OVERLOAD = { args: ['array(T)'], returns: 'T', typeVariables: ['T:orderable'] } as const

export const arrayMax = scalarFunction({
  name: 'array_max',
  description: 'The greatest element',
  overloads: [{ ...OVERLOAD, bind: extreme(1) }],
})

export const arrayMin = scalarFunction({
  name: 'array_min',
  description: 'The least element',
  overloads: [{ ...OVERLOAD, bind: extreme(-1) }],
})

export const arrayHistogram = scalarFunction({
  name: 'array_histogram',
  description: 'The map from distinct elements that are not NULL to their numbers',
  overloads: [
    {
      args: ['array(T)'],
      returns: 'map(T,bigint)',
      typeVariables: ['T:comparable'],
      bind: (call) => {
        const keyOf = hashKeyOf(elementType(call))
        return (array: Values) => {
          const counts = new Map<unknown, { key: Value; count: bigint }>()
          for (const value of array) {
            if (value === null) continue
            const key = keyOf(value)
            const entry = counts.get(key)
            if (entry === undefined) counts.set(key, { key: value, count: 1n })
            else entry.count++
          }
          const entries = [...counts.values()]
          return { keys: entries.map((e) => e.key), values: entries.map((e) => e.count) }
        }
      },
    },
  ],
})

/** The combinations of n positions of `size`, in lexical order. */
function combinationsOf(values: Values, n: number): Value[] {
  const size = values.length
  if (n > size) return []
  const chosen = Array.from({ length: n }, (_, i) => i)
  const result: Value[] = []
  for (;;) {
    result.push(chosen.map((i) => values[i]!))
    if (result.length > 100_000) invalidArgument('combinations exceed max size')
    let last = n - 1
    while (last >= 0 && chosen[last] === size - n + last) last--
    if (last < 0) return result
    chosen[last]!++
    for (let i = last + 1; i < n; i++) chosen[i] = chosen[i - 1]! + 1
  }
}

export const combinations = scalarFunction({
  name: 'combinations',
  description: 'The combinations of n elements of an array',
  overloads: [
    {
      args: ['array(T)', 'integer'],
      returns: 'array(array(T))',
      typeVariables: ['T'],
      evaluate: (array: Values, n: number) => {
        if (n < 0) return invalidArgument(`combination size must not be negative: ${n}`)
        if (n > 5) return invalidArgument(`combination size must not exceed 5: ${n}`)
        return combinationsOf(array, n)
      },
    },
  ],
})

export const ngrams = scalarFunction({
  name: 'ngrams',
  description: 'The runs of n adjacent elements; the whole array where it is shorter',
  overloads: [
    {
      args: ['array(T)', 'integer'],
      returns: 'array(array(T))',
      typeVariables: ['T'],
      evaluate: (array: Values, n: number) => {
        if (n <= 0) return invalidArgument('N must be positive')
        const size = Math.min(n, array.length)
        if (array.length === 0) return [[]]
        return Array.from({ length: array.length - size + 1 }, (_, i) => array.slice(i, i + size))
      },
    },
  ],
})

export const containsSequence = scalarFunction({
  name: 'contains_sequence',
  description: 'Tells whether an array has the elements of another one after another',
  overloads: [
    {
      args: ['array(T)', 'array(T)'],
      returns: 'boolean',
      typeVariables: ['T:comparable'],
      bind: (call) => {
        const keyOf = hashKeyOf(elementType(call))
        return (array: Values, sequence: Values) => {
          const keys = array.map(keyOf)
          const wanted = sequence.map(keyOf)
          for (let i = 0; i + wanted.length <= keys.length; i++) {
            if (wanted.every((key, j) => Object.is(key, keys[i + j]))) return true
          }
          return false
        }
      },
    },
  ],
})
