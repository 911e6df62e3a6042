import type { ConnectorSplit, ConnectorTypes, SqlType, TupleDomain } from '../../spi/index.js'
import type { DataFile, FilePart, FileSummary, FormatName } from './format.js'

/** A table of files as a query sees it. */
export interface FilesTableHandle {
  readonly schema: string
  readonly table: string
  readonly format: FormatName
  /** Of text formats: the summary that all files are read by. */
  readonly summary?: FileSummary
  /** What is pruned by: exactly for partition columns and those of the file's name, by statistics for others. */
  readonly predicate: TupleDomain<FilesColumnHandle>
}

/** A column by its name, which is unique in the table and lower case. */
export interface FilesColumnHandle {
  readonly name: string
  readonly type: SqlType
  /** `data`: in the files; `partition`: in the names of folders; `file`: told of the file itself. */
  readonly kind: 'data' | 'partition' | 'file'
}

export interface FilesSplit extends ConnectorSplit {
  readonly file: DataFile
  /** The texts of the partition columns, in the table's order; null for NULL. */
  readonly partition: readonly (string | null)[]
  readonly partitionColumns: readonly FilesColumnHandle[]
  readonly part: FilePart
}

/** A column that is written, by its place in the sinks' pages. */
export interface WrittenColumn {
  readonly name: string
  readonly type: SqlType
  readonly channel: number
}

/** What page sinks in every thread write. */
export interface FilesWriteHandle {
  readonly writeId: string
  readonly format: FormatName
  /** Where sinks put their files until the write is published; absolute. */
  readonly directory: string
  readonly columns: readonly WrittenColumn[]
  readonly partitionColumns: readonly WrittenColumn[]
  readonly compression?: string
  readonly blockBytes?: number
  readonly properties: Readonly<Record<string, unknown>>
}

export interface FilesTypes extends ConnectorTypes {
  table: FilesTableHandle
  column: FilesColumnHandle
  split: FilesSplit
  transaction: number
  insert: FilesWriteHandle
  output: FilesWriteHandle
}
