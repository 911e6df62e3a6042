import type { ConnectorSplit, ConnectorTypes, TupleDomain } from '../../spi/index.js'
import type { TpchColumnHandle } from './columns.js'
import type { TpchTable } from './generator/generate.js'

/** The plain values of the connector. */
export interface TpchTypes extends ConnectorTypes {
  table: TpchTableHandle
  column: TpchColumnHandle
  split: TpchSplit
  transaction: null
}

export interface TpchTableHandle {
  readonly schema: string
  readonly table: TpchTable
  readonly scaleFactor: number
  /** What filters want of the ordering key: rows outside of it need not be generated; absent: all are wanted. */
  readonly wanted?: TupleDomain<TpchColumnHandle>
}

/** A range of the table's base rows. */
export interface TpchSplit extends ConnectorSplit {
  readonly startRow: number
  readonly endRow: number
  /** Of orders and lineitem: of their ranges of orders, the one that it is in. */
  readonly partitionNumber?: number
  readonly estimatedRows: number
  readonly estimatedBytes: number
}

const TINY_SCHEMA = 'tiny'
const TINY_SCALE_FACTOR = 0.01

/** The schemas that are listed; every other scale factor can be named too. */
export const SCHEMA_NAMES: readonly string[] = [
  TINY_SCHEMA,
  'sf1',
  'sf100',
  'sf300',
  'sf1000',
  'sf3000',
  'sf10000',
  'sf30000',
  'sf100000',
]

/** The scale factor of a schema: of `sf` and a number above 0, or `tiny`. */
export function schemaScaleFactor(schema: string): number | undefined {
  if (schema === TINY_SCHEMA) {
    return TINY_SCALE_FACTOR
  }
  // What Double.parseDouble takes.
  const number = /^sf\s*(\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)[df]?\s*$/.exec(schema)?.[1]
  const scaleFactor = Number(number)
  return scaleFactor > 0 && Number.isFinite(scaleFactor) ? scaleFactor : undefined
}
