import { MillraceError } from '../../../spi/error.js'
import {
  type ArrayType,
  type MapType,
  type SqlType,
  typeName,
  VARCHAR,
} from '../../../spi/type/type.js'
import type { MapValue, Value } from '../../../spi/type/value.js'
import { castToVarchar, textOf } from '../../cast/to-text.js'
import { invalidArgument } from '../../errors.js'
import { type BoundCall, scalarFunction } from '../../function-definition.js'
import { equalityOf, findKey, identityOf } from '../../value/comparison.js'
import { isMappedIpv4, parseIpAddress } from '../../value/network.js'
import { createValueSet } from '../../value/value-set.js'
import { sketchCardinality } from '../aggregate/approximate.js'
import { setDigestCardinality } from '../sketch/set-digest.js'

type Values = readonly Value[]

const elementType = ({ argumentTypes }: BoundCall, index = 0): SqlType =>
  (argumentTypes[index] as ArrayType).element

export const cardinality = scalarFunction({
  name: 'cardinality',
  description: 'The number of elements of an array or entries of a map',
  overloads: [
    {
      args: ['array(e)'],
      returns: 'bigint',
      typeVariables: ['E'],
      neverFails: true,
      evaluate: (array: Values) => BigInt(array.length),
    },
    { args: ['hyperloglog'], returns: 'bigint', evaluate: sketchCardinality },
    { args: ['setdigest'], returns: 'bigint', evaluate: setDigestCardinality },
    {
      args: ['map(k,v)'],
      returns: 'bigint',
      typeVariables: ['K', 'V'],
      neverFails: true,
      evaluate: (map: MapValue) => BigInt(map.keys.length),
    },
  ],
})

export const elementAt = scalarFunction({
  name: 'element_at',
  description:
    'The element at a position, from the end where negative, or the value of a key; or NULL',
  overloads: [
    {
      args: ['array(e)', 'bigint'],
      returns: 'e',
      typeVariables: ['E'],
      evaluate: (array: Values, position: bigint) => {
        if (position === 0n) return invalidArgument('SQL array indices start at 1')
        const size = BigInt(array.length)
        if (position > size || position < -size) return null
        return array.at(Number(position > 0n ? position - 1n : position))!
      },
    },
    {
      args: ['map(K,V)', 'K'],
      returns: 'V',
      typeVariables: ['K', 'V'],
      neverFails: true,
      bind: ({ argumentTypes }) => {
        const identity = identityOf((argumentTypes[0] as MapType).key)
        return (map: MapValue, key: Value) => map.values[findKey(map, key, identity)] ?? null
      },
    },
  ],
})

export const contains = scalarFunction({
  name: 'contains',
  description: 'Tells whether an array has an element equal to a value',
  overloads: [
    {
      args: ['array(t)', 't'],
      returns: 'boolean',
      typeVariables: ['T:comparable'],
      bind: (call) => {
        const equal = equalityOf(elementType(call))
        return (array: Values, value: Value) => {
          let unknown = false
          for (const element of array) {
            if (element === null) unknown = true
            else if (equal(element, value) === true) return true
          }
          return unknown ? null : false
        }
      },
    },
    {
      args: ['varchar', 'ipaddress'],
      returns: 'boolean',
      evaluate: subnetContains,
    },
  ],
})

/** Tells whether an address is in a subnet written `10.0.0.0/8`. */
function subnetContains(subnet: string, address: Uint8Array): boolean {
  const [prefix, lengthText, more] = subnet.split('/')
  const network = parseIpAddress(prefix!)
  if (lengthText === undefined || more !== undefined) invalidArgument('Invalid CIDR')
  if (network === undefined) return invalidArgument('Invalid network IP address')
  const isV4 = isMappedIpv4(network)
  const length = Number(lengthText)
  if (!(Number.isInteger(length) && length >= 0 && length <= (isV4 ? 32 : 128))) {
    invalidArgument('Invalid prefix length')
  }
  if (isV4 !== isMappedIpv4(address)) return false
  const bits = length + (isV4 ? 96 : 0)
  for (let i = 0; i < 16; i++) {
    const kept = Math.max(0, Math.min(8, bits - 8 * i))
    const mask = (0xff << (8 - kept)) & 0xff
    if ((network[i]! & mask) !== (address[i]! & mask)) return false
  }
  return true
}

export const arrayPosition = scalarFunction({
  name: 'array_position',
  description: 'The position of the first element equal to a value, from 1; 0 where there is none',
  overloads: [
    {
      args: ['array(T)', 'T'],
      returns: 'bigint',
      typeVariables: ['T:comparable'],
      bind: (call) => {
        const equal = equalityOf(elementType(call))
        return (array: Values, value: Value) =>
          BigInt(array.findIndex((item) => item !== null && equal(item, value) === true) + 1)
      },
    },
  ],
})

export const arrayRemove = scalarFunction({
  name: 'array_remove',
  description: 'The array without the elements equal to a value',
  overloads: [
    {
      args: ['array(E)', 'E'],
      returns: 'array(E)',
      typeVariables: ['E:comparable'],
      bind: (call) => {
        const equal = equalityOf(elementType(call))
        return (array: Values, value: Value) =>
          array.filter((item) => item === null || equal(item, value) !== true)
      },
    },
  ],
})

export const arrayDistinct = scalarFunction({
  name: 'array_distinct',
  description: 'The distinct elements of an array',
  overloads: [
    {
      args: ['array(E)'],
      returns: 'array(E)',
      typeVariables: ['E:comparable'],
      bind: (call) => {
        const type = elementType(call)
        return (array: Values) => createValueSet(type, array).values()
      },
    },
  ],
})

const setOperation =
  (operate: (left: Values, right: Values, type: SqlType) => Value) => (call: BoundCall) => {
    const type = elementType(call)
    return (left: Values, right: Values) => operate(left, right, type)
  }

const TWO_ARRAYS = {
  args: ['array(E)', 'array(E)'],
  returns: 'array(E)',
  typeVariables: ['E:comparable'],
} as const

export const arrayIntersect = scalarFunction({
  name: 'array_intersect',
  description: 'The distinct elements that both arrays have',
  overloads: [
    {
      ...TWO_ARRAYS,
      // In the order of the longer array, of the first where both are as long.
      bind: setOperation((left, right, type) => {
        const [longer, shorter] = left.length < right.length ? [right, left] : [left, right]
        const wanted = createValueSet(type, shorter)
        return createValueSet(
          type,
          longer.filter((value) => wanted.has(value)),
        ).values()
      }),
    },
  ],
})

export const arrayUnion = scalarFunction({
  name: 'array_union',
  description: 'The distinct elements of two arrays',
  overloads: [
    {
      ...TWO_ARRAYS,
      bind: setOperation((left, right, type) => createValueSet(type, [...left, ...right]).values()),
    },
  ],
})

export const arrayExcept = scalarFunction({
  name: 'array_except',
  description: 'The distinct elements of an array that another does not have',
  overloads: [
    {
      ...TWO_ARRAYS,
      bind: setOperation((left, right, type) => {
        // Trino gives the array as it is, with its duplicates.
        if (right.length === 0) return left
        const unwanted = createValueSet(type, right)
        return createValueSet(
          type,
          left.filter((value) => !unwanted.has(value)),
        ).values()
      }),
    },
  ],
})

export const arraysOverlap = scalarFunction({
  name: 'arrays_overlap',
  description: 'Tells whether two arrays have an element in common; NULL where only a NULL may be',
  overloads: [
    {
      ...TWO_ARRAYS,
      returns: 'boolean',
      bind: setOperation((left, right, type) => {
        const wanted = createValueSet(type, right)
        if (left.some((value) => value !== null && wanted.has(value))) return true
        const mayOverlap = left.length > 0 && right.length > 0
        return mayOverlap && (left.includes(null) || right.includes(null)) ? null : false
      }),
    },
  ],
})

const elementText = (type: SqlType): ((value: Value) => string | null) | undefined => {
  if (type.kind === 'unknown') return String
  if (type.kind !== 'json') return textOf(type)
  const cast = castToVarchar(type, VARCHAR)
  return cast === undefined ? undefined : (value) => cast(value) as string | null
}

function checkJoinable(argumentTypes: readonly SqlType[]): void {
  const type = (argumentTypes[0] as ArrayType).element
  if (elementText(type) !== undefined) return
  throw new MillraceError('OPERATOR_NOT_FOUND', `Cannot cast ${typeName(type)} to varchar`)
}

const joined = ({ argumentTypes }: BoundCall) => {
  const text = elementText((argumentTypes[0] as ArrayType).element)!
  return (array: Values, separator: string, nullText?: string) =>
    array
      .flatMap((value) => (value === null ? null : text(value)) ?? nullText ?? [])
      .join(separator)
}

export const arrayJoin = scalarFunction({
  name: 'array_join',
  description: 'The texts of the elements with a separator between, NULLs left out or replaced',
  overloads: [
    {
      args: ['array(T)', 'varchar'],
      returns: 'varchar',
      typeVariables: ['T'],
      checkTypes: checkJoinable,
      bind: joined,
    },
    {
      args: ['array(T)', 'varchar', 'varchar'],
      returns: 'varchar',
      typeVariables: ['T'],
      checkTypes: checkJoinable,
      bind: joined,
    },
  ],
})

export const slice = scalarFunction({
  name: 'slice',
  description: 'The part of an array from a position, from the end where negative, of a length',
  overloads: [
    {
      args: ['array(E)', 'bigint', 'bigint'],
      returns: 'array(E)',
      typeVariables: ['E'],
      evaluate: (array: Values, start: bigint, length: bigint) => {
        if (length < 0n) return invalidArgument('length must be greater than or equal to 0')
        if (start === 0n) return invalidArgument('SQL array indices start at 1')
        const size = BigInt(array.length)
        const first = start > 0n ? start - 1n : size + start
        if (first < 0n || first >= size) return []
        const end = first + length > size ? size : first + length
        return array.slice(Number(first), Number(end))
      },
    },
  ],
})

export const trimArray = scalarFunction({
  name: 'trim_array',
  description: 'The array without its last elements',
  overloads: [
    {
      args: ['array(E)', 'bigint'],
      returns: 'array(E)',
      typeVariables: ['E'],
      evaluate: (array: Values, size: bigint) => {
        if (size < 0n) return invalidArgument(`size must not be negative: ${size}`)
        if (size > BigInt(array.length)) {
          return invalidArgument(`size must not exceed array cardinality ${array.length}: ${size}`)
        }
        return array.slice(0, array.length - Number(size))
      },
    },
  ],
})

export const flatten = scalarFunction({
  name: 'flatten',
  description: 'The elements of an array of arrays',
  overloads: [
    {
      args: ['array(array(E))'],
      returns: 'array(E)',
      typeVariables: ['E'],
      neverFails: true,
      evaluate: (arrays: readonly (Values | null)[]) =>
        arrays.flatMap((array) => (array === null ? [] : [...array])),
    },
  ],
})

export const repeat = scalarFunction({
  name: 'repeat',
  description: 'An array of one element, so many times',
  overloads: [
    {
      args: ['T', 'bigint'],
      returns: 'array(T)',
      typeVariables: ['T'],
      nulls: 'called',
      evaluate: (element: Value, count: bigint | null) => {
        if (count === null) return null
        if (count > 10_000n)
          return invalidArgument(
            'count argument of repeat function must be less than or equal to 10000',
          )
        if (count < 0n)
          return invalidArgument(
            'count argument of repeat function must be greater than or equal to 0',
          )
        return Array.from({ length: Number(count) }, () => element)
      },
    },
  ],
})

export const shuffle = scalarFunction({
  name: 'shuffle',
  description: 'The elements of an array in a random order',
  overloads: [
    {
      args: ['array(E)'],
      returns: 'array(E)',
      typeVariables: ['E'],
      deterministic: false,
      evaluate: (array: Values) => {
        const result = [...array]
        for (let i = result.length - 1; i > 0; i--) {
          const j = Math.floor(Math.random() * (i + 1))
          ;[result[i], result[j]] = [result[j]!, result[i]!]
        }
        return result
      },
    },
  ],
})
