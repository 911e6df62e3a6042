import type { SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type Accumulator,
  type AggregateOverload,
  aggregateOverload,
} from '../../function-definition.js'
import { orderOf } from '../../value/comparison.js'

type Sign = 1 | -1

/**
 * Tells whether a value comes before the best so far. NaN, in arrays and rows too, is neither least nor greatest but of
 * nothing else.
 */
function precedes(type: SqlType, sign: Sign): (value: Value, best: Value) => boolean {
  const order = orderOf(type, sign === 1 ? 'last' : 'first')
  return (value, best) => sign * order(value, best) < 0
}

export const extremeValue = (sign: Sign): AggregateOverload =>
  aggregateOverload({
    args: ['t'],
    returns: 't',
    typeVariables: ['T:orderable'],
    intermediate: 't',
    ignoresDuplicates: true,
    bind: ({ returnType }) => {
      const isBetter = precedes(returnType, sign)
      const better = (best: Value, value: Value): Value =>
        value === null ? best : best === null || isBetter(value, best) ? value : best
      return {
        create: (): Value => null,
        add: (best: Value, value) => better(best, value!),
        combine: better,
        serialize: (best: Value) => best,
        deserialize: (value) => value,
        finish: (best: Value) => best,
      }
    },
  })

interface Ranked {
  readonly key: Value
  readonly value: Value
}
interface Top {
  size: number
  rows: Ranked[]
}

const MAX_ROWS = 10_000

/** The `size` first rows by key, kept sorted. O(log size) compares and O(size) moves a row. */
function topAccumulator(
  keyType: SqlType,
  sign: Sign,
  name: string,
  packed: boolean,
): Accumulator<Top> {
  const isBetter = precedes(keyType, sign)
  const insert = (top: Top, row: Ranked): void => {
    const { rows } = top
    if (rows.length === top.size && !isBetter(row.key, rows.at(-1)!.key)) return
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBetter(row.key, rows[middle]!.key)) high = middle
      else low = middle + 1
    }
    rows.splice(low, 0, row)
    if (rows.length > top.size) rows.pop()
  }
  const resize = (top: Top, size: Value): void => {
    if (top.size > 0) return
    const argument = packed ? `third argument of ${name}` : `second argument of ${name}_n`
    if ((size as bigint) <= 0n)
      invalidArgument(`${argument} must be ${packed ? 'a positive integer' : 'positive'}`)
    if ((size as bigint) > BigInt(MAX_ROWS)) {
      invalidArgument(`${argument} must be less than or equal to ${MAX_ROWS}; found ${size}`)
    }
    top.size = Number(size)
  }
  return {
    create: () => ({ size: 0, rows: [] }),
    add: (top, value, keyOrSize, size) => {
      const wanted = packed ? size! : keyOrSize!
      const key = packed ? keyOrSize! : value!
      if (wanted === null || key === null) return top
      resize(top, wanted)
      insert(top, { key, value: value! })
      return top
    },
    combine: (top, other) => {
      if (top.size === 0) return other
      for (const row of other.rows) insert(top, row)
      return top
    },
    serialize: (top) => [
      BigInt(top.size),
      top.rows.map((row) => row.key),
      top.rows.map((row) => row.value),
    ],
    deserialize: (value) => {
      const [size, keys, values] = value as readonly [bigint, readonly Value[], readonly Value[]]
      return { size: Number(size), rows: keys.map((key, i) => ({ key, value: values[i]! })) }
    },
    finish: (top) => (top.rows.length === 0 ? null : top.rows.map((row) => row.value)),
    byteSize: (top) => top.rows.length * 64,
  }
}

export const extremeValues = (sign: Sign, name: string): AggregateOverload =>
  aggregateOverload({
    args: ['e', 'bigint'],
    returns: 'array(e)',
    typeVariables: ['E:orderable'],
    intermediate: 'row(bigint, array(e), array(e))',
    bind: ({ argumentTypes }) => topAccumulator(argumentTypes[0]!, sign, name, false),
  })

export const valueAtExtreme = (sign: Sign): AggregateOverload =>
  aggregateOverload({
    args: ['V', 'K'],
    returns: 'V',
    typeVariables: ['V', 'K:orderable'],
    intermediate: 'row(V, K)',
    nulls: 'called',
    bind: ({ argumentTypes }) => {
      const isBetter = precedes(argumentTypes[1]!, sign)
      const better = (best: Ranked | null, next: Ranked | null): Ranked | null =>
        next === null || next.key === null
          ? best
          : best === null || isBetter(next.key, best.key)
            ? next
            : best
      return {
        create: (): Ranked | null => null,
        add: (best: Ranked | null, value, key) => better(best, { value: value!, key: key! }),
        combine: better,
        serialize: (best: Ranked | null) => (best === null ? null : [best.value, best.key]),
        deserialize: (pair): Ranked | null => {
          if (pair === null) return null
          const [value, key] = pair as readonly [Value, Value]
          return { value, key }
        },
        finish: (best: Ranked | null) => best?.value ?? null,
      }
    },
  })

export const valuesAtExtreme = (sign: Sign, name: string): AggregateOverload =>
  aggregateOverload({
    args: ['V', 'K', 'bigint'],
    returns: 'array(V)',
    typeVariables: ['V', 'K:orderable'],
    intermediate: 'row(bigint, array(K), array(V))',
    nulls: 'called',
    bind: ({ argumentTypes }) => topAccumulator(argumentTypes[1]!, sign, name, true),
  })
