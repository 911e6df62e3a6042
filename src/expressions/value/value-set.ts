import type { SqlType } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { hashKeyOf } from './comparison.js'

/** Values of a type, each once, in the order they came; NULL is a value like others. */
export interface ValueSet {
  readonly size: number
  has(value: Value): boolean
  /** Adds a value; false where it was there. */
  add(value: Value): boolean
  values(): Value[]
}

export function createValueSet(type: SqlType, values: Iterable<Value> = []): ValueSet {
  const keyOf = hashKeyOf(type)
  const byKey = new Map<unknown, Value>()
  const set: ValueSet = {
    get size() {
      return byKey.size
    },
    has: (value) => byKey.has(keyOf(value)),
    add: (value) => {
      const key = keyOf(value)
      if (byKey.has(key)) return false
      byKey.set(key, value)
      return true
    },
    values: () => [...byKey.values()],
  }
  for (const value of values) set.add(value)
  return set
}
