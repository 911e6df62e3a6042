import { invalidArgument } from '../../errors.js'
import { windowFunction } from '../../function-definition.js'

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
