import type { Accumulator } from '../../function-definition.js'

/** Aggregates whose state is a count and some doubles beside it: operators keep those of all groups in one array. */
export interface DoubleStates {
  /** What a row does to a state: operators have a kernel of each. */
  readonly family: 'variance' | 'moments' | 'covariance'
  /** Doubles a state, the count first; a state of no rows is all 0. */
  readonly size: number
  /** Makes the state at `at` the one of both. */
  combine(words: Float64Array, at: number, others: Float64Array, otherAt: number): void
  finish(words: Float64Array, at: number): number | null
}

/** An aggregate whose result is a number. */
export interface NumberAccumulator<State> extends Accumulator<State> {
  finish(state: State): number | null
}

/** How the states of a family are read and written. */
export interface DoubleLayout<State> {
  readonly family: DoubleStates['family']
  readonly size: number
  read(words: Float64Array, at: number): State
  write(state: State, words: Float64Array, at: number): void
}

/** The meaning of an accumulator over states that lie in an array. */
export const doubleStates = <State>(
  { family, size, read, write }: DoubleLayout<State>,
  { combine, finish }: NumberAccumulator<State>,
): DoubleStates => ({
  family,
  size,
  combine: (words, at, others, otherAt) =>
    write(combine(read(words, at), read(others, otherAt)), words, at),
  finish: (words, at) => finish(read(words, at)),
})
