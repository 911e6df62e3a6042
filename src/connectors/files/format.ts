import type {
  Arena,
  Awaitable,
  ConnectorPageSource,
  DoubleRange,
  DynamicFilter,
  Page,
  SqlType,
  TupleDomain,
} from '../../spi/index.js'
import type { TextOptions } from './config.js'

/**
 * What a file format has to know, and nothing else: how one file is read and written. Folders, partitions, columns of
 * several files, hidden columns, temporary files and renaming are the connector's. What travels between threads
 * ({@link DataFile}, {@link FileSummary}, {@link FilePart}) is plain data; a format object is a stateless table of
 * functions that every thread has its own of (caches of footers are allowed, keyed by the whole {@link DataFile}).
 */
export interface FileFormat {
  readonly name: FormatName
  /**
   * True where a file tells its columns by itself: {@link inspect} is then called for every file that is read, in the
   * thread that reads it. False (text formats): the columns were inferred from some files of the table, and all
   * files are read by that one summary.
   */
  readonly isSelfDescribing: boolean
  /**
   * Of text formats: the one summary by which all files of a table are read, from those of some of its files. Absent: the
   * first one's. @throws HIVE_PARTITION_SCHEMA_MISMATCH naming the file that differs
   */
  merge?(files: readonly InspectedFile[]): FileSummary
  /**
   * Of text formats: a summary for files that hold the given columns, as this format's writer made them with the options.
   */
  summaryOf?(columns: readonly FileColumn[], options: FormatOptions): FileSummary
  /** The properties by which further files of a table that was not created by a statement are written. */
  propertiesOf?(summary: FileSummary | undefined): FormatOptions
  /**
   * Reads what the file says of itself, or for text formats infers it from a sample.
   * @throws HIVE_BAD_DATA for what is no file of the format, HIVE_CANNOT_OPEN_SPLIT where it can't be read, with the file
   */
  inspect(file: DataFile, options: TextOptions, signal: AbortSignal): Promise<FileSummary>
  /**
   * What the file's own figures say, cheaply (a footer, not the data); absent or undefined where it has none. Only of
   * the given columns.
   */
  statistics?(
    file: DataFile,
    summary: FileSummary,
    columns: readonly FileColumn[],
    signal: AbortSignal,
  ): Promise<FileStatistics | undefined>
  /**
   * The parts of a file that are read on their own, each of about `targetBytes` where the format allows. Those
   * which `predicate` rules out may be left out: none at all means that nothing of the file is read. An iterable gives
   * those that are known already before the file has been looked through.
   */
  splits(request: SplitRequest): Awaitable<readonly FilePart[]> | AsyncIterable<FilePart>
  createPageSource(request: ReadRequest): Awaitable<ConnectorPageSource>
  /** Absent where files of the format are only read. */
  readonly writing?: FileWriting
}

/** As `WITH (format = …)` names them. */
export type FormatName = 'PARQUET' | 'CSV' | 'TSV' | 'JSON' | 'ARROW'

/** A file as it was found when the query was planned. Plain data. */
export interface DataFile {
  /** Absolute, symbolic links resolved. */
  readonly path: string
  readonly size: number
  /** Milliseconds since the epoch, with fractions as the file system gives them. */
  readonly modifiedMillis: number
}

/** A column of a file. Plain data; equal by value for equal columns of one file. */
export interface FileColumn {
  /** As the file spells it. */
  readonly name: string
  /** Where it is among the file's columns. */
  readonly index: number
  /** The type that blocks of the column have. */
  readonly type: SqlType
}

/** What is known of a file before its rows are read. Plain data. */
export interface FileSummary {
  readonly columns: readonly FileColumn[]
  readonly rowCount?: number
  /** The format's own, for its other functions: a CSV file's dialect, say. */
  readonly layout?: unknown
}

export interface InspectedFile {
  readonly file: DataFile
  readonly summary: FileSummary
}

/** The properties of a table, by name; a format takes those it knows. */
export type FormatOptions = Readonly<Record<string, unknown>>

/** Exact figures of one file. */
export interface FileStatistics {
  readonly rowCount: number
  readonly columns: readonly FileColumnStatistics[]
}
export interface FileColumnStatistics {
  readonly column: FileColumn
  readonly nullCount?: number
  /** Of all values before compression, in bytes. */
  readonly dataSize?: number
  /** Bounds in the type's stats representation, see ColumnStatistics; they may be wider than the truth. */
  readonly range?: DoubleRange
  readonly distinctValuesCount?: number
}

export interface SplitRequest {
  readonly file: DataFile
  readonly summary: FileSummary
  /** Over the file's columns and in their types. */
  readonly predicate: TupleDomain<FileColumn>
  readonly targetBytes: number
  readonly signal: AbortSignal
}

/** A part of a file. Plain data. */
export interface FilePart {
  /** The format's own: byte ranges, row groups. */
  readonly detail: unknown
  readonly estimatedRows?: number
  readonly estimatedBytes?: number
}

export interface ReadRequest {
  readonly file: DataFile
  readonly summary: FileSummary
  readonly part: FilePart
  /**
   * The blocks of the pages, in this order and in these types; with none, pages only have a row count. All of them
   * are columns of `summary`; none is named twice.
   */
  readonly columns: readonly FileColumn[]
  /**
   * Rows outside of it may be dropped, and need not be: the engine checks again. May name columns that are not
   * read. Constant while the source lives.
   */
  readonly predicate: TupleDomain<FileColumn>
  /** The same, growing narrower while the query runs. */
  readonly dynamicFilter: DynamicFilter<FileColumn>
  readonly pruning: PruningOptions
  /** Memory for pages that kernels read without a copy; who makes an arena closes it. Pages over the heap do as well. */
  createArena(): Arena
  readonly signal: AbortSignal
}

/** What of a file is asked for rows that can't match, beside its figures. */
export interface PruningOptions {
  readonly usesBloomFilters: boolean
  readonly usesColumnIndex: boolean
}

/** How files of a format are made. */
export interface FileWriting {
  /** Of file names, with the dot: `.parquet`, `.csv.gz`. */
  extension(options: WriteOptions): string
  /** @throws NOT_SUPPORTED for a type that files of the format can't hold; called at planning */
  checkColumn(column: FileColumn): void
  /** @throws INVALID_TABLE_PROPERTY for properties that don't go together; called at planning */
  checkProperties?(properties: FormatOptions, columns: readonly FileColumn[]): void
  createWriter(request: WriteRequest): Awaitable<FileWriter>
}

export interface WriteRequest {
  readonly columns: readonly FileColumn[]
  readonly output: FileOutput
  readonly options: WriteOptions
  readonly signal: AbortSignal
}

export interface WriteOptions {
  /** `NONE`, `SNAPPY`, `LZ4`, `ZSTD`, `GZIP`; absent: what is best for the format. */
  readonly compression?: string
  /** Size of row groups or record batches, before compression. */
  readonly blockBytes?: number
  /** The table's properties, by name. */
  readonly properties: FormatOptions
}

/** Where a writer's bytes go: one file, in order. Errors of the disk come out of `write` coded, with the file. */
export interface FileOutput {
  /** Takes the bytes, which may be reused after the answer. */
  write(bytes: Uint8Array): Promise<void>
  /** Bytes taken so far. */
  readonly position: number
}

/** Turns pages into one file. Never called again before the last answer is there. */
export interface FileWriter {
  /** The page is borrowed until the answer. */
  append(page: Page): Awaitable<void>
  /** Hands what it holds to the output, where a format's readers can use it: text, whose rows stand for themselves. */
  flush?(): Awaitable<void>
  /** Writes the rest. The output is closed by whoever opened it, here and after an error. */
  finish(): Awaitable<void>
  /** Bytes held now. */
  readonly memoryUsage: number
}
