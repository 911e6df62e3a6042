import type { InlineSource } from '../../connectors/inline/inline-table.js'
import type { SqlType } from '../../spi/index.js'

/**
 * What `register` takes: rows as objects or arrays in an array, iterable, async iterable or Readable, an Arrow table,
 * or a function that makes one of them for each scan.
 */
export type RegisteredSource = InlineSource

/** A column's name and its type, as a value or as SQL writes it. */
export interface RegisteredColumn {
  readonly name: string
  readonly type: SqlType | string
}

export interface RegisterOptions {
  /** True: the rows never end, so that what needs all of them is refused. */
  readonly unbounded?: boolean
}
