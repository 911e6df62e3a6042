import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import type { Accumulator } from '../../function-definition.js'
import {
  deserializeSetDigest,
  mergeSetDigest,
  type SetDigest,
  serializeSetDigest,
  setCardinality,
} from '../../value/set-digest.js'

type State = SetDigest | null

export const loadSetDigest = (value: Value): SetDigest =>
  deserializeSetDigest(value as Uint8Array) ?? invalidArgument('Invalid SetDigest')

const write = (state: State): Value => (state === null ? null : serializeSetDigest(state))

export const setDigestAccumulator = (
  add: (state: State, value: Value) => State,
): Accumulator<State> => ({
  create: () => null,
  add: (state, value) => add(state, value!),
  combine: (state, other) =>
    state === null ? other : other === null ? state : mergeSetDigest(state, other),
  serialize: write,
  deserialize: (value) => (value === null ? null : loadSetDigest(value)),
  finish: write,
  byteSize: (state) => (state === null ? 0 : 4096 + 64 * state.hashes.size),
})

/** cardinality(setdigest): part of the definition of cardinality. */
export const setDigestCardinality = (value: Uint8Array): bigint =>
  setCardinality(loadSetDigest(value))
