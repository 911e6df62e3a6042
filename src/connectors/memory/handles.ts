import type {
  ConnectorSplit,
  ConnectorTypes,
  SqlType,
  StoredPage,
  TupleDomain,
} from '../../spi/index.js'

/** A table of the catalog, by the id it keeps through renaming. */
export interface MemoryTableHandle {
  readonly schema: string
  readonly table: string
  readonly id: number
  /** At most so many rows, any of them. */
  readonly limit?: number
  /** Of the table, when ANALYZE began. */
  readonly analyzedVersion?: number
  /** What filters above the scan pass: pages without such rows need not be read. */
  readonly wanted?: TupleDomain<MemoryColumnHandle>
}

export interface MemoryColumnHandle {
  readonly name: string
  readonly type: SqlType
  /** Of the stored pages; pages written before the column was added don't have it. -1: the row id. */
  readonly channel: number
}

/** Where the values of a column are that an UPDATE has replaced as a whole: a channel of a page of such columns. */
export interface ColumnPatch {
  readonly channel: number
  readonly stored: StoredPage
  readonly storedChannel: number
}

/** A stored page as scans see it. */
export interface PageReference {
  readonly stored: StoredPage
  /** Channels it has; columns added later are null in it. */
  readonly channelCount: number
  /** At most one a channel, in the order of the updates. */
  readonly patches?: readonly ColumnPatch[]
  /** Rows to read, from the first; all of them where absent. */
  readonly rowLimit?: number
}

export interface MemorySplit extends ConnectorSplit {
  readonly pages: readonly PageReference[]
}

/** What a page sink of this thread writes into. */
export interface MemoryWriteHandle {
  readonly writeId: number
  /** Channel of the table for each channel of the sink's pages. */
  readonly channels: readonly number[]
}

/** What a merge sink of this thread writes into. */
export interface MemoryMergeHandle extends MemoryWriteHandle {
  /** The number of each UPDATE case, with the channels that it sets. */
  readonly updateChannels: readonly (readonly [number, readonly number[]])[]
}

export interface MemoryTypes extends ConnectorTypes {
  table: MemoryTableHandle
  column: MemoryColumnHandle
  split: MemorySplit
  transaction: number
  insert: MemoryWriteHandle
  output: MemoryWriteHandle
  merge: MemoryMergeHandle
}
