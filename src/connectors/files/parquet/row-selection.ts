import { type Domain, nullableDiscreteValues, type TupleDomain } from '../../../spi/index.js'
import type { FileReader } from '../file-reader.js'
import type { FileColumn, PruningOptions } from '../format.js'
import { mayContain } from './bloom-filter.js'
import type { ParquetFile } from './footer.js'
import { badParquet } from './format-error.js'
import type { ByteRange, ColumnChunk, RowGroup } from './metadata.js'
import { type PageLocation, readOffsetIndex, rowsInDomain } from './page-index.js'
import { plainEncodings } from './plain-value.js'
import { leafOf } from './pruning.js'
import { intersectRows, type RowRange } from './row-ranges.js'
import type { Leaf } from './schema.js'

/** Values that a Bloom filter is asked for at most: of more, one is almost always found. */
const VALUES_MAX = 4096

/** A condition on a primitive column of a row group. */
interface Condition {
  readonly column: FileColumn
  readonly leaf: Leaf
  readonly chunk: ColumnChunk
  readonly wanted: Domain
}

/** Which rows of a row group can pass predicates, by its Bloom filters and page indexes; reads them as far as it needs them. */
export class RowSelection {
  readonly #file: ParquetFile
  readonly #reader: FileReader
  readonly #index: number
  readonly #pages = new Map<Leaf, Promise<readonly PageLocation[]>>()

  readonly #options: PruningOptions

  constructor(file: ParquetFile, reader: FileReader, rowGroup: number, options: PruningOptions) {
    this.#options = options
    this.#file = file
    this.#reader = reader
    this.#index = rowGroup
  }

  get #rowGroup(): RowGroup {
    return this.#file.metadata.rowGroups[this.#index]!
  }

  /** Ranges that ascend and lie apart; none where no row passes. @throws HIVE_BAD_DATA */
  async rows(predicates: readonly TupleDomain<FileColumn>[]): Promise<readonly RowRange[]> {
    const conditions = predicates.flatMap((predicate) => this.#conditions(predicate))
    for (const condition of conditions) {
      if (!(await this.#at(condition.column, () => this.#mayMatch(condition)))) return []
    }
    const all: readonly RowRange[] = [{ from: 0, to: this.#rowGroup.rowCount }]
    const parts = await Promise.all(
      conditions.map((condition) =>
        this.#at(condition.column, () => this.#matchingPages(condition)),
      ),
    )
    return parts.reduce<readonly RowRange[]>(
      (rows, part) => (part === undefined ? rows : intersectRows(rows, part)),
      all,
    )
  }

  /** The data pages of a primitive column that is not in a list; undefined where the file does not tell. */
  pages(column: FileColumn, leaf: Leaf): Promise<readonly PageLocation[] | undefined> {
    return this.#at(column, () => this.#pagesOf(leaf))
  }

  #conditions({ columnDomains }: TupleDomain<FileColumn>): readonly Condition[] {
    return (columnDomains ?? []).flatMap(({ column, domain: wanted }) => {
      const leaf = leafOf(this.#file, column)
      if (leaf === undefined) return []
      return [{ column, leaf, chunk: this.#rowGroup.chunks[leaf.index]!, wanted }]
    })
  }

  async #mayMatch({ leaf, chunk, wanted }: Condition): Promise<boolean> {
    const { bloomFilterOffset, statistics } = chunk
    if (!this.#options.usesBloomFilters) return true
    if (bloomFilterOffset === undefined || bloomFilterOffset <= 0) return true
    // Filters don't know of NULL.
    if (wanted.nullAllowed && leaf.maxDefinition > 0 && statistics?.nullCount !== 0) return true
    const values = nullableDiscreteValues({ ...wanted, nullAllowed: false })
    if (values === undefined || values.length > VALUES_MAX) return true
    const encoded: Uint8Array[] = []
    for (const value of values) {
      const encodings = plainEncodings(leaf, value)
      if (encodings === undefined) return true
      encoded.push(...encodings)
    }
    return mayContain(this.#reader, bloomFilterOffset, encoded)
  }

  async #matchingPages({
    leaf,
    chunk,
    wanted,
  }: Condition): Promise<readonly RowRange[] | undefined> {
    const { columnIndex } = chunk
    if (columnIndex === undefined || !this.#options.usesColumnIndex) return undefined
    const pages = await this.#pagesOf(leaf)
    if (pages === undefined || pages.length < 2) return undefined
    return rowsInDomain(leaf, await this.#bytes(columnIndex), pages, wanted)
  }

  #pagesOf(leaf: Leaf): Promise<readonly PageLocation[] | undefined> {
    const { chunks, rowCount } = this.#rowGroup
    const { offsetIndex } = chunks[leaf.index]!
    if (offsetIndex === undefined) return Promise.resolve(undefined)
    const held = this.#pages.get(leaf)
    if (held !== undefined) return held
    const pages = this.#bytes(offsetIndex).then((bytes) => readOffsetIndex(bytes, rowCount))
    this.#pages.set(leaf, pages)
    return pages
  }

  #bytes({ offset, byteLength }: ByteRange): Promise<Uint8Array> {
    return this.#reader.read(offset, byteLength)
  }

  async #at<T>(column: FileColumn, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') throw error
      const { path } = this.#reader.file
      throw badParquet(error, { path, rowGroup: this.#index, column: column.name })
    }
  }
}
