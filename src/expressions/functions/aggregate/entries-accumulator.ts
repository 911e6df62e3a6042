import type { MapType, SqlType } from '../../../spi/type/type.js'
import type { MapValue, Value } from '../../../spi/type/value.js'
import type { Accumulator } from '../../function-definition.js'
import { hashKeyOf } from '../../value/comparison.js'

/** Entries by key; the first value of a key stays unless `merge` says otherwise. */
export interface Entries {
  readonly byKey: Map<unknown, { readonly key: Value; value: Value }>
}

export function entriesAccumulator(
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

export const keyTypeOf = (type: SqlType): SqlType => (type as MapType).key
export const keep = (old: Value): Value => old
export const itself = (value: Value): Value => value
