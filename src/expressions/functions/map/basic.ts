import type { MapType, SqlType } from '../../../spi/type/type.js'
import type { MapValue, Value } from '../../../spi/type/value.js'
import { textOf } from '../../cast/to-text.js'
import { invalidArgument } from '../../errors.js'
import { type LambdaValue, scalarFunction } from '../../function-definition.js'
import { hashKeyOf } from '../../value/comparison.js'

type Values = readonly Value[]

const keyText = (type: SqlType, key: Value): string => textOf(type)?.(key) ?? String(key)

/** Collects entries of distinct keys that are not NULL. */
function mapBuilder(keyType: SqlType) {
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

const isIndeterminate = (value: Value): boolean =>
  value === null || (Array.isArray(value) && value.some(isIndeterminate))

function checkKey(key: Value): void {
  if (key === null) invalidArgument('map key cannot be null')
  if (isIndeterminate(key)) invalidArgument('map key cannot be indeterminate: ')
}

export const map = scalarFunction({
  name: 'map',
  description: 'The map of an array of keys and one of values; an empty map of nothing',
  overloads: [
    { args: [], returns: 'map(unknown,unknown)', evaluate: () => ({ keys: [], values: [] }) },
    {
      args: ['array(K)', 'array(V)'],
      returns: 'map(K,V)',
      typeVariables: ['K:comparable', 'V'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (keys: Values, values: Values) => {
          if (keys.length !== values.length) {
            return invalidArgument('Key and value arrays must be the same length')
          }
          const builder = mapBuilder(keyType)
          for (const [i, key] of keys.entries()) {
            checkKey(key)
            builder.insert(key, values[i]!)
          }
          return builder.build()
        }
      },
    },
  ],
})

export const mapFromEntries = scalarFunction({
  name: 'map_from_entries',
  description: 'The map of an array of rows of key and value',
  overloads: [
    {
      args: ['array(row(K,V))'],
      returns: 'map(K,V)',
      typeVariables: ['K:comparable', 'V'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (entries: readonly (Values | null)[]) => {
          const builder = mapBuilder(keyType)
          for (const entry of entries) {
            if (entry === null) return invalidArgument('map entry cannot be null')
            checkKey(entry[0]!)
            if (builder.find(entry[0]!) >= 0) {
              return invalidArgument(
                `Duplicate keys (${keyText(keyType, entry[0]!)}) are not allowed`,
              )
            }
            builder.append(entry[0]!, entry[1]!)
          }
          return builder.build()
        }
      },
    },
  ],
})

export const multimapFromEntries = scalarFunction({
  name: 'multimap_from_entries',
  description: 'The map from keys to arrays of values of an array of rows of key and value',
  overloads: [
    {
      args: ['array(row(K,V))'],
      returns: 'map(K,array(V))',
      typeVariables: ['K:comparable', 'V'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (entries: readonly (Values | null)[]) => {
          const builder = mapBuilder(keyType)
          for (const entry of entries) {
            if (entry === null) return invalidArgument('map entry cannot be null')
            checkKey(entry[0]!)
            const index = builder.find(entry[0]!)
            if (index < 0) builder.append(entry[0]!, [entry[1]!])
            else (builder.values[index] as Value[]).push(entry[1]!)
          }
          return builder.build()
        }
      },
    },
  ],
})

const M = { typeVariables: ['K', 'V'] } as const

export const mapKeys = scalarFunction({
  name: 'map_keys',
  description: 'The keys of a map',
  overloads: [
    { ...M, args: ['map(K,V)'], returns: 'array(K)', evaluate: (value: MapValue) => value.keys },
  ],
})

export const mapValues = scalarFunction({
  name: 'map_values',
  description: 'The values of a map',
  overloads: [
    { ...M, args: ['map(K,V)'], returns: 'array(V)', evaluate: (value: MapValue) => value.values },
  ],
})

export const mapEntries = scalarFunction({
  name: 'map_entries',
  description: 'The entries of a map as rows of key and value',
  overloads: [
    {
      ...M,
      args: ['map(K,V)'],
      returns: 'array(row(K,V))',
      evaluate: ({ keys, values }: MapValue) => keys.map((key, i) => [key, values[i]!]),
    },
  ],
})

export const mapConcat = scalarFunction({
  name: 'map_concat',
  description: 'The entries of all maps; of a key that several have, that of the last',
  overloads: [
    {
      ...M,
      args: ['map(K,V)'],
      returns: 'map(K,V)',
      variableArity: true,
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (...maps: MapValue[]) => {
          if (maps.length < 2) {
            return invalidArgument(
              'There must be two or more concatenation arguments to map_concat',
            )
          }
          const builder = mapBuilder(keyType)
          for (const { keys, values } of maps) {
            for (const [i, key] of keys.entries()) {
              const index = builder.find(key)
              if (index < 0) builder.append(key, values[i]!)
              else builder.values[index] = values[i]!
            }
          }
          return builder.build()
        }
      },
    },
  ],
})

export const mapFilter = scalarFunction({
  name: 'map_filter',
  description: 'The entries for which a lambda is true',
  overloads: [
    {
      ...M,
      args: ['map(K,V)', 'function(K,V,boolean)'],
      returns: 'map(K,V)',
      evaluate: ({ keys, values }: MapValue, lambda: LambdaValue) => {
        const kept = keys.flatMap((key, i) => (lambda(key, values[i]!) === true ? [i] : []))
        return { keys: kept.map((i) => keys[i]!), values: kept.map((i) => values[i]!) }
      },
    },
  ],
})

export const transformValues = scalarFunction({
  name: 'transform_values',
  description: 'The map with values that a lambda makes of its entries',
  overloads: [
    {
      args: ['map(K,V1)', 'function(K,V1,V2)'],
      returns: 'map(K,V2)',
      typeVariables: ['K', 'V1', 'V2'],
      evaluate: ({ keys, values }: MapValue, lambda: LambdaValue) => ({
        keys,
        values: keys.map((key, i) => lambda(key, values[i]!)),
      }),
    },
  ],
})

export const transformKeys = scalarFunction({
  name: 'transform_keys',
  description: 'The map with keys that a lambda makes of its entries',
  overloads: [
    {
      args: ['map(K1,V)', 'function(K1,V,K2)'],
      returns: 'map(K2,V)',
      typeVariables: ['K1', 'V', 'K2'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return ({ keys, values }: MapValue, lambda: LambdaValue) => {
          const builder = mapBuilder(keyType)
          for (const [i, old] of keys.entries()) {
            const key = lambda(old, values[i]!)
            if (key === null) return invalidArgument('map key cannot be null')
            if (builder.find(key) >= 0) {
              return invalidArgument(`Duplicate keys (${keyText(keyType, key)}) are not allowed`)
            }
            builder.append(key, values[i]!)
          }
          return builder.build()
        }
      },
    },
  ],
})

export const mapZipWith = scalarFunction({
  name: 'map_zip_with',
  description: 'The map of all keys of two maps with values that a lambda makes of both',
  overloads: [
    {
      args: ['map(K,V1)', 'map(K,V2)', 'function(K,V1,V2,V3)'],
      returns: 'map(K,V3)',
      typeVariables: ['K', 'V1', 'V2', 'V3'],
      bind: ({ returnType }) => {
        const keyType = (returnType as MapType).key
        return (left: MapValue, right: MapValue, lambda: LambdaValue) => {
          const others = mapBuilder(keyType)
          for (const [i, key] of right.keys.entries()) others.append(key, right.values[i]!)
          const result = mapBuilder(keyType)
          for (const [i, key] of left.keys.entries()) {
            result.append(
              key,
              lambda(key, left.values[i]!, others.values[others.find(key)] ?? null),
            )
          }
          for (const [i, key] of right.keys.entries()) {
            if (result.find(key) < 0) result.append(key, lambda(key, null, right.values[i]!))
          }
          return result.build()
        }
      },
    },
  ],
})
