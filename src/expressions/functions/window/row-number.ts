import { windowFunction } from '../../function-definition.js'

export const rowNumber = windowFunction({
  name: 'row_number',
  description: 'The number of the row in its partition, from 1',
  overloads: [{ args: [], returns: 'bigint', bind: () => () => (at) => BigInt(at.position + 1) }],
})
