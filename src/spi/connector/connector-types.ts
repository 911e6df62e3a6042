import type { ConnectorSplit } from './split.js'

/**
 * The types of a connector's own plain values, as one type argument of its services:
 *
 *     interface Types extends ConnectorTypes { table: MyTable; column: MyColumn; split: MySplit }
 *     class MyMetadata implements ConnectorMetadata<Types> { … }
 *
 * All are plain data (what structuredClone and msgpack carry: no functions, no class instances), since they travel
 * between threads and nodes. The engine never looks into them; it compares them by value ({@link plainKey}).
 */
export interface ConnectorTypes {
  /** A table, or the virtual table that pushdown made of it. */
  table: unknown
  column: unknown
  split: ConnectorSplit
  transaction: unknown
  /** What beginInsert gives to page sinks and finishInsert. */
  insert: unknown
  /** What beginCreateTable gives to page sinks and finishCreateTable. */
  output: unknown
  merge: unknown
  tableFunction: unknown
  execute: unknown
}
