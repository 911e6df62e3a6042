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
  /** Ids of the nodes that it lies on, if that is not the coordinator alone. */
  readonly nodes?: readonly string[]
  /** Only the parts on other nodes, as the write of this id began with them. */
  readonly gatheredBy?: number
}

/** The node that has a page in its memory, and the write that left it there. */
export interface PageHome {
  readonly nodeId: string
  /** Of the node's process: another after a restart. */
  readonly instance: string
  readonly write: number
}

/** A page in the memory of another node than the coordinator. */
export interface RemotePage extends StoredPage {
  readonly home: PageHome
}

/** Where a page lies; undefined for the coordinator's own memory. */
export const homeOf = (stored: StoredPage): PageHome | undefined =>
  'home' in stored ? (stored as RemotePage).home : undefined

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
  /** Of all its pages. */
  readonly home?: PageHome
}

/** The writes over several nodes that pages are still of use of, those under way among them. */
export interface LivingWrites {
  /** Later ones are not told of. */
  readonly before: number
  readonly writes: readonly number[]
}

/** What other nodes need to know of a write. */
export interface NodeWrite {
  /** Names the coordinator's catalog: another after a restart. */
  readonly catalog: string
  /** Of the table's columns. */
  readonly types: readonly SqlType[]
  readonly living: LivingWrites
}

/** What a page sink writes into. */
export interface MemoryWriteHandle {
  readonly writeId: number
  /** Channel of the table for each channel of the sink's pages. */
  readonly channels: readonly number[]
  /** Absent: only the coordinator can write. */
  readonly spread?: NodeWrite
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
