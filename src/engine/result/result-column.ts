import type { SqlType } from '../../spi/index.js'

/** A column of a result. */
export interface ResultColumn {
  readonly name: string
  readonly type: SqlType
  /** The table that the column comes from unchanged, for DESCRIBE OUTPUT. */
  readonly origin?: { readonly catalog: string; readonly schema: string; readonly table: string }
  /** True where the statement gave the column its name. */
  readonly aliased?: boolean
}
