import {
  type Arena,
  type Block,
  createBlockBuilder,
  MAX_PAGE_ROWS,
  type Page,
  type SqlType,
  type TupleDomain,
} from '../../../spi/index.js'
import type { FileReader } from '../file-reader.js'
import type { FileColumn, PruningOptions } from '../format.js'
import { appendRun, type ByteRun, ChunkInput, preloadTogether } from './chunk-input.js'
import { ColumnReader } from './column-reader.js'
import { prepareCodec } from './decompress.js'
import { dictionaryNames } from './dictionary-names.js'
import type { ParquetFile } from './footer.js'
import { badParquet, ParquetFormatError } from './format-error.js'
import { type HeldCodes, LeafReader } from './leaf-reader.js'
import { valueStore } from './leaf-stores.js'
import type { ColumnChunk } from './metadata.js'
import { chunkStart, PageCursor } from './page-cursor.js'
import type { PageLocation } from './page-index.js'
import { copyOut, type Selection } from './placement.js'
import type { ReadBuffers } from './read-buffers.js'
import { copyIn, filterOf, type RowFilter, type RowMask } from './row-filter.js'
import type { RowRange } from './row-ranges.js'
import { RowSelection } from './row-selection.js'
import { type Leaf, leavesOf } from './schema.js'
import type { Scratch } from './scratch.js'

/** Of a batch: where fewer rows pass, the other columns are read for these only. */
const SELECTED_FRACTION_MAX = 0.25
/** Entries of lists that a batch has about. */
const NESTED_ENTRIES_PER_BATCH = 65_536

/** @source parquet-mr before 1.2.9, PARQUET-816 */
const HEADER_SLACK_BYTES = 100

export interface RowGroupRequest {
  readonly file: ParquetFile
  readonly reader: FileReader
  readonly buffers: ReadBuffers
  readonly rowGroup: number
  readonly columns: readonly FileColumn[]
  readonly pruning: PruningOptions
  readonly scratch: Scratch
  /** Of the pages: reset before each. */
  readonly arena: Arena
  /** Of dictionaries: lives as long as the source. */
  readonly dictionaryArena: Arena
}

/** Reads the columns of one row group, page by page: those that filter first, the others for the rows that are left. */
export class RowGroupSource {
  readonly #request: RowGroupRequest
  readonly #inputs: ChunkInput[] = []
  /** That several inputs share. */
  readonly #shared: Uint8Array<ArrayBuffer>[] = []
  #columns: ColumnReader[] = []
  /** That are read, in this order. */
  #ranges: readonly RowRange[] = []
  #nextRange = 0
  /** Rows before it are read or left out. */
  #position = 0
  #batchRows = MAX_PAGE_ROWS

  constructor(request: RowGroupRequest) {
    this.#request = request
  }

  get heldBytes(): number {
    return this.#inputs.reduce((sum, input) => sum + input.heldBytes, 0)
  }

  /** Finds out which rows to read, reads what is small, and makes the readers. */
  async open(predicates: readonly TupleDomain<FileColumn>[]): Promise<void> {
    const { file, reader, buffers, rowGroup, columns, pruning } = this.#request
    const { rowCount } = file.metadata.rowGroups[rowGroup]!
    const selection = new RowSelection(file, reader, rowGroup, pruning)
    const ranges = await selection.rows(predicates)
    if (ranges.length === 0) return
    const isWhole = ranges[0]!.to - ranges[0]!.from === rowCount
    for (const column of columns) {
      const { shape } = file.columns[column.index]!
      const leaves: LeafReader[] = []
      for (const leaf of leavesOf(shape)) {
        const pages =
          isWhole || shape.kind !== 'leaf' ? undefined : await selection.pages(column, leaf)
        leaves.push(await this.#openLeaf(column, leaf, pages, ranges))
      }
      this.#columns.push(new ColumnReader(shape, leaves))
    }
    this.#ranges = ranges
    await preloadTogether(reader, buffers, this.#inputs, (buffer) => this.#shared.push(buffer))
  }

  /** @param pages of the column, where only those with rows of `ranges` are to be read */
  async #openLeaf(
    column: FileColumn,
    leaf: Leaf,
    pages: readonly PageLocation[] | undefined,
    ranges: readonly RowRange[],
  ): Promise<LeafReader> {
    const { file, reader, buffers, rowGroup, scratch, dictionaryArena } = this.#request
    const { chunks, rowCount } = file.metadata.rowGroups[rowGroup]!
    const chunk = chunks[leaf.index]!
    const start = chunkStart(chunk)
    this.#checkChunk(column, leaf, chunk)
    await prepareCodec(chunk.codec, reader.file.path)
    // Old writers leave out the header of the dictionary page.
    const end = Math.min(start + chunk.compressedBytes + HEADER_SLACK_BYTES, reader.file.size)
    const runs = pages === undefined ? [{ start, end }] : runsOf(pages, ranges, start)
    if (runs.at(-1)!.end > end) {
      throw this.#bad(new ParquetFormatError('its page index points outside of it'), column, start)
    }
    const input = new ChunkInput(reader, scratch.memory, buffers, runs)
    this.#inputs.push(input)
    const cursor = new PageCursor(scratch.memory, input, chunk, leaf, pages)
    const place = `parquet:${reader.file.path}:${reader.file.modifiedMillis}:${start}`
    const store = valueStore(scratch, leaf, dictionaryArena, dictionaryNames(place))
    if (leaf.maxRepetition > 0 && chunk.valueCount > rowCount) {
      const rows = Math.floor((NESTED_ENTRIES_PER_BATCH * rowCount) / chunk.valueCount)
      this.#batchRows = Math.max(1, Math.min(this.#batchRows, rows))
    }
    return new LeafReader(scratch, leaf, cursor, store)
  }

  /** @throws HIVE_BAD_DATA where the footer says of a chunk what can't be */
  #checkChunk(column: FileColumn, leaf: Leaf, chunk: ColumnChunk): void {
    const { file, reader, rowGroup } = this.#request
    const { rowCount } = file.metadata.rowGroups[rowGroup]!
    const start = chunkStart(chunk)
    const physical = leaf.encoding.physical
    const fail = (reason: string): never => {
      throw this.#bad(new ParquetFormatError(reason), column, start)
    }
    if (chunk.type !== physical) fail(`a column of ${physical} has pages of ${chunk.type}`)
    const { compressedBytes, valueCount } = chunk
    if (start < 0 || compressedBytes < 0 || start + compressedBytes > reader.file.size) {
      fail('a column lies outside of the file')
    }
    if (leaf.maxRepetition === 0 && valueCount !== rowCount) {
      fail(`a column has ${valueCount} values in ${rowCount} rows`)
    }
  }

  /** The next page, which has no rows where none of a batch pass, or undefined at the end of the row group. */
  async next(predicates: readonly TupleDomain<FileColumn>[]): Promise<Page | undefined> {
    const range = this.#ranges[this.#nextRange]
    if (range === undefined) return undefined
    this.#request.arena.reset()
    if (range.from > this.#position) {
      for (let channel = 0; channel < this.#columns.length; channel++) {
        await this.#skip(channel, range.from - this.#position)
      }
      this.#position = range.from
    }
    const rowCount = Math.min(this.#batchRows, range.to - this.#position)
    this.#position += rowCount
    if (this.#position === range.to) this.#nextRange++
    return this.#readBatch(rowCount, predicates)
  }

  async close(): Promise<void> {
    for (const column of this.#columns) column.close()
    this.#columns = []
    for (const input of this.#inputs) await input.close()
    for (const buffer of this.#shared.splice(0)) this.#request.buffers.give(buffer)
  }

  async #readBatch(
    rowCount: number,
    predicates: readonly TupleDomain<FileColumn>[],
  ): Promise<Page> {
    const { columns, arena } = this.#request
    const filtered: (Block | HeldCodes | undefined)[] = columns.map(() => undefined)
    const { scratch } = this.#request
    const { kernels } = scratch.memory
    const mask = { address: scratch.take('selectionMask', rowCount), rowCount }
    scratch.memory.bytes(mask.address, rowCount).fill(1)
    let selected = rowCount
    for (const { channel, filter } of this.#filtersOf(predicates)) {
      if (selected === 0) break
      filtered[channel] ??= await this.#wrapped(channel, (column) =>
        column.readHeld(rowCount, arena),
      )
      filter.narrow(scratch, filtered[channel], mask)
      selected = kernels.count_mask(mask.address, rowCount)
    }
    if (selected === 0) {
      for (let channel = 0; channel < columns.length; channel++) {
        if (filtered[channel] === undefined) await this.#skip(channel, rowCount)
      }
      return { rowCount: 0, blocks: columns.map(({ type }) => noRows(type)) }
    }
    const selection =
      selected > rowCount * SELECTED_FRACTION_MAX ? undefined : this.#selection(mask, selected)
    const blocks: Block[] = []
    for (let channel = 0; channel < columns.length; channel++) {
      const own = filtered[channel]
      if (own === undefined) blocks.push(await this.#read(channel, rowCount, selection))
      else if (own.encoding === 'held') blocks.push(own.decode(selection, arena))
      else blocks.push(selection === undefined ? own : selectRows(scratch, own, selection, arena))
    }
    return { rowCount: selection?.rowCount ?? rowCount, blocks }
  }

  /** Filters of the columns that are read, one a domain. */
  #filtersOf(
    predicates: readonly TupleDomain<FileColumn>[],
  ): readonly { readonly channel: number; readonly filter: RowFilter }[] {
    const { columns } = this.#request
    const found: { channel: number; filter: RowFilter }[] = []
    for (const { columnDomains } of predicates) {
      for (const { column, domain: wanted } of columnDomains ?? []) {
        const channel = columns.findIndex((own) => own.index === column.index)
        if (channel < 0 || this.#columns[channel]!.isNested) continue
        const filter = filterOf(column.type, wanted)
        if (filter !== undefined) found.push({ channel, filter })
      }
    }
    return found
  }

  #selection({ address, rowCount }: RowMask, selected: number): Selection {
    const { scratch } = this.#request
    // A place beyond the last: the kernel writes ahead of what it keeps.
    const positions = scratch.take('positions', (selected + 1) * 4)
    scratch.memory.kernels.positions(address, rowCount, positions)
    return { rowCount: selected, positions, mask: address }
  }

  async #read(channel: number, rowCount: number, selection?: Selection): Promise<Block> {
    const { arena } = this.#request
    return this.#wrapped(channel, async (column) => {
      if (selection === undefined || !column.isNested) {
        return column.read(rowCount, arena, selection)
      }
      const whole = await column.read(rowCount, arena)
      const builder = createBlockBuilder(whole.type, arena)
      const positions = this.#request.scratch.memory.words(selection.positions, selection.rowCount)
      for (const position of positions.slice()) builder.appendRange(whole, position, position + 1)
      return builder.build()
    })
  }

  async #skip(channel: number, rowCount: number): Promise<void> {
    const { arena } = this.#request
    await this.#wrapped(channel, (column) => column.skip(rowCount, this.#batchRows, arena))
  }

  /** What is done with a column; errors say where in the file it is. */
  async #wrapped<T>(channel: number, action: (column: ColumnReader) => Promise<T>): Promise<T> {
    try {
      return await action(this.#columns[channel]!)
    } catch (error) {
      throw this.#bad(error, this.#request.columns[channel]!)
    }
  }

  #bad(error: unknown, column: FileColumn, byteOffset?: number): unknown {
    const { reader, rowGroup } = this.#request
    if (error instanceof Error && error.name === 'AbortError') return error
    return badParquet(error, {
      path: reader.file.path,
      rowGroup,
      column: column.name,
      ...(byteOffset === undefined ? {} : { byteOffset }),
    })
  }
}

const noRows = (type: SqlType): Block => ({
  encoding: 'flat',
  type,
  rowCount: 0,
  storage: 'null',
  validity: null,
})

/** The bytes of a chunk's dictionary, which lies before its pages, and of the pages that have rows of some ranges. */
function runsOf(
  pages: readonly PageLocation[],
  ranges: readonly RowRange[],
  start: number,
): readonly ByteRun[] {
  const runs: ByteRun[] = []
  const first = pages[0]?.offset ?? start
  if (first > start) runs.push({ start, end: first })
  let at = 0
  for (const { offset, byteLength, rows } of pages) {
    while (at < ranges.length && ranges[at]!.to <= rows.from) at++
    if (at === ranges.length) break
    if (ranges[at]!.from < rows.to) appendRun(runs, { start: offset, end: offset + byteLength })
  }
  return runs
}

/** The wanted rows of a block that was read whole. */
function selectRows(scratch: Scratch, block: Block, selection: Selection, arena: Arena): Block {
  const { rowCount } = selection
  if (block.encoding === 'dictionary' && block.validity === null) {
    return { ...block, rowCount, codes: pick(scratch, block.codes, selection, arena) }
  }
  if (block.encoding === 'flat' && block.validity === null) {
    const { storage } = block
    if (storage === 'i8' || storage === 'i16' || storage === 'i32') {
      const values = pick(scratch, block.values as Int32Array, selection, arena)
      return { ...block, rowCount, values }
    }
  }
  const builder = createBlockBuilder(block.type, arena)
  for (const position of scratch.memory.words(selection.positions, rowCount).slice()) {
    builder.appendRange(block, position, position + 1)
  }
  return builder.build()
}

type Lane = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array

function pick<T extends Lane>(
  scratch: Scratch,
  values: T,
  { rowCount, positions }: Selection,
  arena: Arena,
): T {
  const width = values.BYTES_PER_ELEMENT as 1 | 2 | 4
  const from = copyIn(scratch, 'filtered', values)
  const to = scratch.take('selected', rowCount * width)
  const { kernels } = scratch.memory
  if (width === 1) kernels.gather8(positions, from, to, rowCount)
  else if (width === 2) kernels.gather16(positions, from, to, rowCount)
  else kernels.gather32(positions, from, to, rowCount)
  const { buffer, byteOffset } = copyOut(scratch, to, rowCount * width, arena)
  const Make = values.constructor as new (b: ArrayBufferLike, at: number, length: number) => T
  return new Make(buffer, byteOffset, rowCount)
}
