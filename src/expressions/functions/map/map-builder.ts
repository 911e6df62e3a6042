import type { SqlType } from '../../../spi/type/type.js'
import type { MapValue, Value } from '../../../spi/type/value.js'
import { textOf } from '../../cast/to-text.js'
import { invalidArgument } from '../../errors.js'
import { hashKeyOf } from '../../value/comparison.js'

/** A key as messages write it: rows as arrays of their fields. */
export function keyText(type: SqlType, key: Value): string {
  if (Array.isArray(key) && (type.kind === 'array' || type.kind === 'row')) {
    const typeOf = (i: number) => (type.kind === 'array' ? type.element : type.fields[i]!.type)
    return `[${key.map((part, i) => keyText(typeOf(i), part)).join(', ')}]`
  }
  return key === null ? 'null' : (textOf(type)?.(key) ?? String(key))
}

/** Collects entries of distinct keys that are not NULL. */
export function mapBuilder(keyType: SqlType) {
  const keyOf = hashKeyOf(keyType)
  const indexOf = new Map<unknown, number>()
  const keys: Value[] = []
  const values: Value[] = []
  return {
    /** The position of a key, or -1. */
    find: (key: Value): number => indexOf.get(keyOf(key)) ?? -1,
    values,
    append(key: Value, value: Value): void {
      indexOf.set(keyOf(key), keys.length)
      keys.push(key)
      values.push(value)
    },
    /** Appends an entry that must be new. */
    insert(key: Value, value: Value): void {
      if (key === null) invalidArgument('map key cannot be null')
      if (this.find(key) >= 0) {
        invalidArgument(`Duplicate map keys (${keyText(keyType, key)}) are not allowed`)
      }
      this.append(key, value)
    },
    build: (): MapValue => ({ keys, values }),
  }
}

export type MapBuilder = ReturnType<typeof mapBuilder>

const isIndeterminate = (value: Value): boolean =>
  value === null || (Array.isArray(value) && value.some(isIndeterminate))

export function checkKey(key: Value): void {
  if (key === null) invalidArgument('map key cannot be null')
  if (isIndeterminate(key)) invalidArgument('map key cannot be indeterminate: ')
}

export const ANY_MAP = { typeVariables: ['K', 'V'] } as const
