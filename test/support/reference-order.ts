import type { ChannelOrder } from '../../src/operators/spec.js'
import { compareValues, type SqlType } from '../../src/spi/index.js'
import type { Row } from './page-literal.js'

/** ORDER BY's comparison of rows of carriers, for references. */
export function compareRowsBy(orderBy: readonly ChannelOrder[], types: readonly SqlType[]) {
  return (a: Row, b: Row): number => {
    for (const { channel, ascending, nullsFirst } of orderBy) {
      const left = a[channel]!
      const right = b[channel]!
      if (left === null || right === null) {
        if (left === right) continue
        return (left === null) === nullsFirst ? -1 : 1
      }
      const sign = compareValues(types[channel]!, left, right, nullsFirst ? 'first' : 'last')
      if (sign !== 0) return ascending ? sign : -sign
    }
    return 0
  }
}
