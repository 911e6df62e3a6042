import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import type { WindowEvaluator, WindowOverload, WindowPartition } from '../../function-definition.js'
import { lowerBound, presentPositions } from './present-positions.js'

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

export function shifted(sign: 1 | -1) {
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
