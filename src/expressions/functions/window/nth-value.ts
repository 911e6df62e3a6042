import { invalidArgument } from '../../errors.js'
import { windowFunction } from '../../function-definition.js'
import { frameRow } from './frame-value.js'
import { presentPositions } from './present-positions.js'

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
