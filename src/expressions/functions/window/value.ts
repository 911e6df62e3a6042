import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type WindowEvaluator,
  type WindowOverload,
  type WindowPartition,
  windowFunction,
} from '../../function-definition.js'

/** The positions whose first argument is not NULL, ascending: what IGNORE NULLS looks at. */
function presentPositions(partition: WindowPartition): Int32Array {
  const found: number[] = []
  for (let i = 0; i < partition.rowCount; i++) if (partition.argument(0, i) !== null) found.push(i)
  return Int32Array.from(found)
}

/** The index of the first element that is at least `position`. O(log n). */
function lowerBound(sorted: Int32Array, position: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < position) low = middle + 1
    else high = middle
  }
  return low
}

/** Picks the `offset`-th row (from 0) of a frame, from its start or its end; -1 where there is none. */
function frameRow(
  present: Int32Array | undefined,
  start: number,
  end: number,
  offset: number,
  fromEnd: boolean,
): number {
  if (present === undefined) {
    const position = fromEnd ? end - 1 - offset : start + offset
    return position >= start && position < end ? position : -1
  }
  const index = fromEnd
    ? lowerBound(present, end) - 1 - offset
    : lowerBound(present, start) + offset
  const position = present[index]
  return position !== undefined && position >= start && position < end ? position : -1
}

function frameValue(fromEnd: boolean): WindowOverload {
  return {
    args: ['T'],
    returns: 'T',
    typeVariables: ['T'],
    usesFrame: true,
    bind: (_, ignoreNulls) => (partition) => {
      const present = ignoreNulls ? presentPositions(partition) : undefined
      return (at) => {
        const row = frameRow(present, at.frameStart, at.frameEnd, 0, fromEnd)
        return row < 0 ? null : partition.argument(0, row)
      }
    },
  }
}

export const firstValue = windowFunction({
  name: 'first_value',
  description: 'The value of the first row of the frame',
  overloads: [frameValue(false)],
})

export const lastValue = windowFunction({
  name: 'last_value',
  description: 'The value of the last row of the frame',
  overloads: [frameValue(true)],
})

export const nthValue = windowFunction({
  name: 'nth_value',
  description: 'The value of the n-th row of the frame, from 1',
  overloads: [
    {
      args: ['T', 'bigint'],
      returns: 'T',
      typeVariables: ['T'],
      usesFrame: true,
      bind: (_, ignoreNulls) => (partition) => {
        const present = ignoreNulls ? presentPositions(partition) : undefined
        return (at) => {
          const offset = partition.argument(1, at.position) as bigint | null
          if (offset === null) return null
          if (offset < 1n) return invalidArgument('Offset must be at least 1')
          if (offset > BigInt(partition.rowCount)) return null
          const row = frameRow(present, at.frameStart, at.frameEnd, Number(offset) - 1, false)
          return row < 0 ? null : partition.argument(0, row)
        }
      },
    },
  ],
})

/** The row some rows before or after; with IGNORE NULLS rows whose value is NULL are not counted. */
function neighbour(
  partition: WindowPartition,
  present: Int32Array | undefined,
  position: number,
  offset: number,
): number {
  if (present === undefined) {
    const target = position + offset
    return target >= 0 && target < partition.rowCount ? target : -1
  }
  if (offset === 0) return position
  const index = lowerBound(present, position)
  const after =
    present[index] === position ? index + offset : offset > 0 ? index + offset - 1 : index + offset
  return present[after] ?? -1
}

function shifted(sign: 1 | -1) {
  const bind: WindowOverload['bind'] =
    ({ argumentTypes }, ignoreNulls) =>
    (partition): WindowEvaluator => {
      const present = ignoreNulls ? presentPositions(partition) : undefined
      const hasOffset = argumentTypes.length > 1
      const hasDefault = argumentTypes.length > 2
      return (at): Value => {
        const offset = hasOffset ? (partition.argument(1, at.position) as bigint | null) : 1n
        if (offset === null) return invalidArgument('Offset must not be null')
        if (offset < 0n) return invalidArgument('Offset must be at least 0')
        const distance = offset > BigInt(partition.rowCount) ? partition.rowCount : Number(offset)
        const row = neighbour(partition, present, at.position, sign * distance)
        if (row >= 0) return partition.argument(0, row)
        return hasDefault ? partition.argument(2, at.position) : null
      }
    }
  const T = { returns: 'T', typeVariables: ['T'], bind } as const
  return [
    { ...T, args: ['T'] },
    { ...T, args: ['T', 'bigint'] },
    { ...T, args: ['T', 'bigint', 'T'] },
  ]
}

export const lead = windowFunction({
  name: 'lead',
  description: 'The value of the row some rows after',
  overloads: shifted(1),
})

export const lag = windowFunction({
  name: 'lag',
  description: 'The value of the row some rows before',
  overloads: shifted(-1),
})
