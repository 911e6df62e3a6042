import { type WindowPosition, windowFunction } from '../../function-definition.js'

/** Counts the peer groups up to each row. */
function groupCounter() {
  let groups = 0
  let lastStart = -1
  return (at: WindowPosition): number => {
    if (at.peerStart !== lastStart) {
      groups++
      lastStart = at.peerStart
    }
    return groups
  }
}

export const denseRank = windowFunction({
  name: 'dense_rank',
  description: 'The number of the peer group of the row, from 1',
  overloads: [
    {
      args: [],
      returns: 'bigint',
      bind: () => () => {
        const count = groupCounter()
        return (at) => BigInt(count(at))
      },
    },
  ],
})
