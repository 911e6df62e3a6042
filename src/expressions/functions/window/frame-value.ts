import type { WindowOverload } from '../../function-definition.js'
import { lowerBound, presentPositions } from './present-positions.js'

/** Picks the `offset`-th row (from 0) of a frame, from its start or its end; -1 where there is none. */
export function frameRow(
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

export function frameValue(fromEnd: boolean): WindowOverload {
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
