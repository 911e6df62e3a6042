import { invalidArgument } from '../../errors.js'
import { type WindowPosition, windowFunction } from '../../function-definition.js'

export const rowNumber = windowFunction({
  name: 'row_number',
  description: 'The number of the row in its partition, from 1',
  overloads: [{ args: [], returns: 'bigint', bind: () => () => (at) => BigInt(at.position + 1) }],
})

export const rank = windowFunction({
  name: 'rank',
  description: 'One more than the number of rows that come before the row and are not its peers',
  overloads: [{ args: [], returns: 'bigint', bind: () => () => (at) => BigInt(at.peerStart + 1) }],
})

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

export const percentRank = windowFunction({
  name: 'percent_rank',
  description: 'The rank of the row less one as a fraction of the rows less one',
  overloads: [
    {
      args: [],
      returns: 'double',
      bind: () => (partition) => (at) =>
        partition.rowCount === 1 ? 0 : at.peerStart / (partition.rowCount - 1),
    },
  ],
})

export const cumeDist = windowFunction({
  name: 'cume_dist',
  description: 'The fraction of rows that come before the row or are its peers',
  overloads: [
    {
      args: [],
      returns: 'double',
      bind: () => (partition) => (at) => at.peerEnd / partition.rowCount,
    },
  ],
})

export const ntile = windowFunction({
  name: 'ntile',
  description: 'The bucket of the row, from 1, when the partition is cut into n as equal as can be',
  overloads: [
    {
      args: ['bigint'],
      returns: 'bigint',
      bind: () => (partition) => (at) => {
        const buckets = partition.argument(0, at.position) as bigint | null
        if (buckets === null) return null
        if (buckets <= 0n) return invalidArgument('Buckets must be greater than 0')
        const rowCount = BigInt(partition.rowCount)
        const position = BigInt(at.position)
        if (rowCount < buckets) return position + 1n
        const size = rowCount / buckets
        const larger = (rowCount % buckets) * (size + 1n)
        return position < larger
          ? position / (size + 1n) + 1n
          : (position - larger) / size + (rowCount % buckets) + 1n
      },
    },
  ],
})
