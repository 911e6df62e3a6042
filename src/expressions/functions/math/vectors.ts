import { invalidArgument } from '../../errors.js'

export type Vector = readonly (number | null)[]

function checkLengths(left: Vector, right: Vector): void {
  if (left.length !== right.length) invalidArgument('The arguments must have the same length')
}

/** NULL elements count as 0. */
export const sumOf = (
  left: Vector,
  right: Vector,
  term: (a: number, b: number) => number,
): number => {
  checkLengths(left, right)
  return left.reduce<number>((sum, value, i) => sum + term(value ?? 0, right[i] ?? 0), 0)
}

export const dot = (left: Vector, right: Vector): number => sumOf(left, right, (a, b) => a * b)
export const norm = (vector: Vector): number => Math.sqrt(dot(vector, vector))

export function cosineOfArrays(left: Vector, right: Vector): number | null {
  checkLengths(left, right)
  if (left.includes(null) || right.includes(null)) return null
  const leftNorm = norm(left)
  const rightNorm = norm(right)
  if (leftNorm === 0 || rightNorm === 0) return invalidArgument('Vector magnitude cannot be zero')
  return dot(left, right) / (leftNorm * rightNorm)
}

export const ARRAYS = { args: ['array(double)', 'array(double)'], returns: 'double' } as const
