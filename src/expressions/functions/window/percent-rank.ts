import { windowFunction } from '../../function-definition.js'

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
