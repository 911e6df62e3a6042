import type { MapValue } from '../../../spi/type/value.js'
import { aggregateFunction, aggregateOverload } from '../../function-definition.js'
import { type Entries, entriesAccumulator, itself, keep, keyTypeOf } from './entries-accumulator.js'

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
