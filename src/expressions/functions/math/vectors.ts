import type { MapValue } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type FunctionDefinition,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'

type Vector = readonly (number | null)[]

function checkLengths(left: Vector, right: Vector): void {
  if (left.length !== right.length) invalidArgument('The arguments must have the same length')
}

/** NULL elements count as 0. */
const sumOf = (left: Vector, right: Vector, term: (a: number, b: number) => number): number => {
  checkLengths(left, right)
  return left.reduce<number>((sum, value, i) => sum + term(value ?? 0, right[i] ?? 0), 0)
}

const dot = (left: Vector, right: Vector): number => sumOf(left, right, (a, b) => a * b)
const norm = (vector: Vector): number => Math.sqrt(dot(vector, vector))

function cosineOfArrays(left: Vector, right: Vector): number | null {
  checkLengths(left, right)
  if (left.includes(null) || right.includes(null)) return null
  const leftNorm = norm(left)
  const rightNorm = norm(right)
  if (leftNorm === 0 || rightNorm === 0) return invalidArgument('Vector magnitude cannot be zero')
  return dot(left, right) / (leftNorm * rightNorm)
}

function cosineOfMaps(left: MapValue, right: MapValue): number | null {
  const leftValues = left.values as Vector
  const rightValues = right.values as Vector
  if (leftValues.includes(null) || rightValues.includes(null)) return null
  const leftNorm = norm(leftValues)
  const rightNorm = norm(rightValues)
  const others = new Map(right.keys.map((key, i) => [key as string, rightValues[i]!]))
  const product = left.keys.reduce<number>((sum, key, i) => {
    const other = others.get(key as string)
    return other === undefined ? sum : sum + leftValues[i]! * other
  }, 0)
  return product / (leftNorm * rightNorm)
}

const define = (
  name: string,
  description: string,
  overloads: readonly ScalarOverload[],
): FunctionDefinition => scalarFunction({ name, description, overloads })

const ARRAYS = { args: ['array(double)', 'array(double)'], returns: 'double' } as const
const MAPS = { args: ['map(varchar,double)', 'map(varchar,double)'], returns: 'double' } as const

const fromOne = (similarity: number | null): number | null =>
  similarity === null ? null : 1 - similarity

export const vectors: readonly FunctionDefinition[] = [
  define('dot_product', 'The dot product of two vectors', [{ ...ARRAYS, evaluate: dot }]),
  define('euclidean_distance', 'The Euclidean distance of two vectors', [
    {
      ...ARRAYS,
      evaluate: (left: Vector, right: Vector) =>
        Math.sqrt(sumOf(left, right, (a, b) => (a - b) * (a - b))),
    },
  ]),
  define('cosine_similarity', 'The cosine of the angle of two vectors', [
    { ...ARRAYS, evaluate: cosineOfArrays },
    { ...MAPS, evaluate: cosineOfMaps },
  ]),
  define('cosine_distance', 'One less the cosine of the angle of two vectors', [
    { ...ARRAYS, evaluate: (left: Vector, right: Vector) => fromOne(cosineOfArrays(left, right)) },
  ]),
]

const checkTrials = (successes: bigint, trials: bigint, z: number): void => {
  if (successes < 0n) invalidArgument('number of successes must not be negative')
  if (trials <= 0n) invalidArgument('number of trials must be positive')
  if (successes > trials) {
    invalidArgument('number of successes must not be larger than number of trials')
  }
  if (!(z >= 0)) invalidArgument('z-score must not be negative')
}

const wilson =
  (sign: 1 | -1) =>
  (successes: bigint, trials: bigint, z: number): number => {
    checkTrials(successes, trials, z)
    const n = Number(trials)
    const p = Number(successes) / n
    const a = p + (z * z) / (2 * n)
    const b = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
    return (a + sign * b) / (1 + (z * z) / n)
  }

const WILSON = { args: ['bigint', 'bigint', 'double'], returns: 'double' } as const

export const wilsonIntervals: readonly FunctionDefinition[] = [
  define('wilson_interval_lower', 'The lower bound of the Wilson score interval', [
    { ...WILSON, evaluate: wilson(-1) },
  ]),
  define('wilson_interval_upper', 'The upper bound of the Wilson score interval', [
    { ...WILSON, evaluate: wilson(1) },
  ]),
]
