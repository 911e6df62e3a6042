import { windowFunction } from '../../function-definition.js'

export const rank = windowFunction({
  name: 'rank',
  description: 'One more than the number of rows that come before the row and are not its peers',
  overloads: [{ args: [], returns: 'bigint', bind: () => () => (at) => BigInt(at.peerStart + 1) }],
})
