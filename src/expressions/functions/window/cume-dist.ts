import { windowFunction } from '../../function-definition.js'

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
