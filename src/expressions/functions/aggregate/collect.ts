import type { MapType, SqlType } from '../../../spi/type/type.js'
import type { MapValue, Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
  type LambdaValue,
} from '../../function-definition.js'
import { hashKeyOf } from '../../value/comparison.js'

type Values = readonly Value[]

const list: Accumulator<Value[]> = {
  create: () => [],
  add: (state, value) => {
    state.push(value!)
    return state
  },
  combine: (state, other) => {
    for (const value of other) state.push(value)
    return state
  },
  serialize: (state) => state,
  deserialize: (value) => [...(value as Values)],
  finish: (state) => (state.length === 0 ? null : state),
  byteSize: (state) => state.length * 32,
}

export const arrayAgg = aggregateFunction({
  name: 'array_agg',
  description: 'The array of all values, NULLs among them',
  overloads: [
    aggregateOverload({
      args: ['T'],
      returns: 'array(T)',
      typeVariables: ['T'],
      intermediate: 'array(T)',
      nulls: 'called',
      orderSensitive: true,
      bind: () => list,
    }),
  ],
})

/** Entries by key; the first value of a key stays unless `merge` says otherwise. */
interface Entries {
  readonly byKey: Map<unknown, { readonly key: Value; value: Value }>
}

function entriesAccumulator(
  keyType: SqlType,
  first: (value: Value) => Value,
  merge: (old: Value, value: Value) => Value,
  join: (old: Value, other: Value) => Value = merge,
): Accumulator<Entries> {
  const keyOf = hashKeyOf(keyType)
  const put = (
    { byKey }: Entries,
    key: Value,
    value: Value,
    make: (value: Value) => Value,
    update: (old: Value, value: Value) => Value,
  ): void => {
    const hash = keyOf(key)
    const entry = byKey.get(hash)
    if (entry === undefined) byKey.set(hash, { key, value: make(value) })
    else entry.value = update(entry.value, value)
  }
  const toMap = ({ byKey }: Entries): MapValue => {
    const entries = [...byKey.values()]
    return { keys: entries.map((e) => e.key), values: entries.map((e) => e.value) }
  }
  const same = (value: Value) => value
  return {
    create: () => ({ byKey: new Map() }),
    add: (state, key, value) => {
      if (key !== null) put(state, key!, value ?? null, first, merge)
      return state
    },
    combine: (state, other) => {
      for (const { key, value } of other.byKey.values()) put(state, key, value, same, join)
      return state
    },
    serialize: toMap,
    deserialize: (value) => {
      const state: Entries = { byKey: new Map() }
      const { keys, values } = value as MapValue
      keys.forEach((key, i) => {
        put(state, key, values[i]!, same, join)
      })
      return state
    },
    finish: (state) => (state.byKey.size === 0 ? null : toMap(state)),
    byteSize: (state) => state.byKey.size * 96,
  }
}

const keyTypeOf = (type: SqlType): SqlType => (type as MapType).key
const keep = (old: Value): Value => old
const itself = (value: Value): Value => value

export const mapAgg = aggregateFunction({
  name: 'map_agg',
  description: 'The map of keys and values; of a key that comes again the first value stays',
  overloads: [
    aggregateOverload({
      args: ['K', 'V'],
      returns: 'map(K,V)',
      typeVariables: ['K:comparable', 'V'],
      intermediate: 'map(K,V)',
      nulls: 'called',
      orderSensitive: true,
      bind: ({ returnType }) => entriesAccumulator(keyTypeOf(returnType), itself, keep),
    }),
  ],
})

const pushed = (old: Value, value: Value): Value => {
  ;(old as Value[]).push(value)
  return old
}
const joined = (old: Value, other: Value): Value => [...(old as Values), ...(other as Values)]

export const multimapAgg = aggregateFunction({
  name: 'multimap_agg',
  description: 'The map from keys to the arrays of their values',
  overloads: [
    aggregateOverload({
      args: ['K', 'V'],
      returns: 'map(K,array(V))',
      typeVariables: ['K:comparable', 'V'],
      intermediate: 'map(K,array(V))',
      nulls: 'called',
      orderSensitive: true,
      bind: ({ returnType }) =>
        entriesAccumulator(keyTypeOf(returnType), (value) => [value], pushed, joined),
    }),
  ],
})

const plus = (old: Value, count: Value): Value => (old as bigint) + (count as bigint)

export const histogram = aggregateFunction({
  name: 'histogram',
  description: 'The map from distinct values to their numbers',
  overloads: [
    aggregateOverload({
      args: ['T'],
      returns: 'map(T,bigint)',
      typeVariables: ['T:comparable'],
      intermediate: 'map(T,bigint)',
      bind: ({ returnType }) =>
        entriesAccumulator(
          keyTypeOf(returnType),
          () => 1n,
          (old) => (old as bigint) + 1n,
          plus,
        ),
    }),
  ],
})

export const mapUnion = aggregateFunction({
  name: 'map_union',
  description:
    'The map of the entries of all maps; of a key that comes again the first value stays',
  overloads: [
    aggregateOverload({
      args: ['map(K,V)'],
      returns: 'map(K,V)',
      typeVariables: ['K:comparable', 'V'],
      intermediate: 'map(K,V)',
      bind: ({ returnType }) => {
        const entries = entriesAccumulator(keyTypeOf(returnType), itself, keep)
        return {
          create: () => ({ entries: entries.create(), rowCount: 0 }),
          add: (state: { entries: Entries; rowCount: number }, value) => {
            const { keys, values } = value as MapValue
            keys.forEach((key, i) => {
              entries.add(state.entries, key, values[i]!)
            })
            state.rowCount++
            return state
          },
          combine: (state, other) => ({
            entries: entries.combine(state.entries, other.entries),
            rowCount: state.rowCount + other.rowCount,
          }),
          serialize: (state) => (state.rowCount === 0 ? null : entries.serialize(state.entries)),
          deserialize: (value) => ({
            entries: value === null ? entries.create() : entries.deserialize(value),
            rowCount: value === null ? 0 : 1,
          }),
          finish: (state) => entries.finish(state.entries),
          byteSize: (state) => state.entries.byKey.size * 96,
        }
      },
    }),
  ],
})

/** Reduces by two lambdas: one takes a value into the state, one joins states. */
export const reduceAgg = aggregateFunction({
  name: 'reduce_agg',
  description: 'The state that lambdas make of the values',
  overloads: [
    aggregateOverload({
      args: ['T', 'S', 'function(S,T,S)', 'function(S,S,S)'],
      returns: 'S',
      typeVariables: ['T', 'S'],
      intermediate: 'S',
      nulls: 'called',
      bind: ({ lambdas }) => {
        const step = lambdas[2] as LambdaValue
        const join = lambdas[3] as LambdaValue
        interface State {
          readonly value: Value
          readonly isEmpty: boolean
        }
        const filled = (value: Value): State => {
          if (value === null) {
            return invalidArgument('reduce_agg state must not be null')
          }
          return { value, isEmpty: false }
        }
        return {
          create: (): State => ({ value: null, isEmpty: true }),
          add: (state: State, value, initial) =>
            value === null ? state : filled(step(state.isEmpty ? initial! : state.value, value!)),
          combine: (state, other) =>
            state.isEmpty ? other : other.isEmpty ? state : filled(join(state.value, other.value)),
          serialize: (state) => state.value,
          deserialize: (value) => ({ value, isEmpty: value === null }),
          finish: (state) => state.value,
        }
      },
    }),
  ],
})
