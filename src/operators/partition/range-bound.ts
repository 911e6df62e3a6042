import type { Value } from '../../spi/index.js'

/** Where sorted rows are cut, as plain data. */
export interface RangeBound {
  /** A value of each key; rows before it come before the cut, rows after it behind it. */
  readonly key: readonly Value[]
  /** The part of the rows equal to the key that comes before the cut, from 0 to 1: one key may have most rows. */
  readonly share: number
}
