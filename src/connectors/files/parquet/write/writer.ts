import { MillraceError, type Page, type SqlType, typeName } from '../../../../spi/index.js'
import type { FileWriter, FileWriting, FormatOptions, WriteRequest } from '../../format.js'
import { BLOOM_FILTER_COLUMNS } from '../../properties.js'
import { TYPES_KEY } from '../declared-types.js'
import type { KernelMemory } from '../kernels/kernel-memory.js'
import { outputCodec } from './compress.js'
import {
  type ChunkPlace,
  LeafWriter,
  type WrittenChunk,
  writeChunkMetadata,
} from './leaf-writer.js'
import { type OutputLeaf, type OutputSchema, outputSchema, writeElement } from './output-schema.js'
import { columnIndex, offsetIndex } from './page-index-writer.js'
import { shredColumn } from './shred.js'
import { ThriftWriter } from './thrift-writer.js'

/**
 * Rows of a row group: the unit that readers share between threads. Four full pages of the engine: with more, a table of a
 * million rows keeps few threads busy; with fewer, dictionaries repeat.
 */
const ROW_GROUP_ROWS = 262_144
const ROW_GROUP_BYTES = 128 << 20
const MAGIC = Buffer.from('PAR1', 'latin1')
const CREATED_BY = 'millrace'

/** How Parquet files are made. @param memory of the thread that writes */
export const parquetWriting = (memory: () => KernelMemory): FileWriting => ({
  extension: () => '.parquet',
  checkColumn: (column) => {
    outputSchema([column])
  },
  checkProperties: (properties, columns) => {
    for (const name of bloomColumns(properties)) {
      const column = columns.find((own) => own.name === name)
      const reason =
        column === undefined
          ? 'not present in schema'
          : isFiltered(outputSchema([column]).leaves[0]!, [name])
            ? undefined
            : `of a type that has none, ${typeName(column.type)}`
      if (reason === undefined) continue
      throw new MillraceError(
        'INVALID_TABLE_PROPERTY',
        `Column of a Parquet Bloom filter is ${reason}: ${name}`,
      )
    }
  },
  createWriter: (request) => new ParquetWriter(request, memory()),
})

interface WrittenRowGroup {
  readonly chunks: readonly WrittenChunk[]
  readonly places: readonly ChunkPlace[]
  readonly rowCount: number
}

const bloomColumns = (properties: FormatOptions): readonly string[] =>
  (properties[BLOOM_FILTER_COLUMNS] ?? []) as readonly string[]

/** Whether a leaf is one of the columns that have Bloom filters: no part of one, and of more than two values. */
const isFiltered = ({ path, physical }: OutputLeaf, columns: readonly string[]): boolean =>
  path.length === 1 && columns.includes(path[0]!) && physical !== 'BOOLEAN'

/** Writes row groups as they fill; holds the compressed pages of one. */
class ParquetWriter implements FileWriter {
  readonly #output: WriteRequest['output']
  readonly #signal: AbortSignal
  readonly #schema: OutputSchema
  readonly #types: readonly SqlType[]
  readonly #leaves: readonly LeafWriter[]
  readonly #rowGroupBytes: number
  #rowGroups: WrittenRowGroup[] = []
  #rowCount = 0
  #hasBegun = false

  constructor({ columns, output, options, signal }: WriteRequest, memory: KernelMemory) {
    const codec = outputCodec(options.compression)
    this.#output = output
    this.#signal = signal
    this.#schema = outputSchema(columns)
    this.#types = columns.map(({ type }) => type)
    const filtered = bloomColumns(options.properties)
    this.#leaves = this.#schema.leaves.map(
      (leaf) => new LeafWriter(memory, leaf, codec, isFiltered(leaf, filtered)),
    )
    this.#rowGroupBytes = options.blockBytes ?? ROW_GROUP_BYTES
  }

  get memoryUsage(): number {
    return this.#leaves.reduce((sum, leaf) => sum + leaf.heldBytes, 0)
  }

  async append(page: Page): Promise<void> {
    for (let start = 0; start < page.rowCount; ) {
      const end = Math.min(page.rowCount, start + ROW_GROUP_ROWS - this.#rowCount)
      this.#schema.shapes.forEach((shape, channel) => {
        shredColumn(shape, page.blocks[channel]!, start, end, this.#leaves)
      })
      for (const leaf of this.#leaves) leaf.endRows(end - start)
      this.#rowCount += end - start
      start = end
      if (this.#rowCount >= ROW_GROUP_ROWS || this.memoryUsage >= this.#rowGroupBytes) {
        await this.#endRowGroup()
      }
    }
  }

  async finish(): Promise<void> {
    if (this.#rowCount > 0) await this.#endRowGroup()
    await this.#begin()
    const footer = this.#footer(await this.#writeIndexes())
    const trailer = new Uint8Array(8)
    new DataView(trailer.buffer).setUint32(0, footer.length, true)
    trailer.set(MAGIC, 4)
    await this.#output.write(footer)
    await this.#output.write(trailer)
  }

  async #begin(): Promise<void> {
    if (this.#hasBegun) return
    this.#hasBegun = true
    await this.#output.write(MAGIC)
  }

  async #endRowGroup(): Promise<void> {
    await this.#begin()
    const chunks: WrittenChunk[] = []
    const offsets: number[] = []
    const filters: (Uint8Array | undefined)[] = []
    for (const leaf of this.#leaves) {
      this.#signal.throwIfAborted()
      const { pages, bloomFilter, ...chunk } = leaf.finish()
      offsets.push(this.#output.position)
      for (const page of pages) await this.#output.write(page)
      chunks.push({ ...chunk, pages: [], bloomFilter: undefined })
      filters.push(bloomFilter)
    }
    const places: ChunkPlace[] = []
    for (const [i, offset] of offsets.entries()) {
      places.push({ offset, ...(await this.#place('bloomFilter', filters[i])) })
    }
    this.#rowGroups.push({ chunks, places, rowCount: this.#rowCount })
    this.#rowCount = 0
  }

  async #place<K extends 'bloomFilter' | 'columnIndex' | 'offsetIndex'>(
    name: K,
    bytes: Uint8Array | undefined,
  ): Promise<Pick<ChunkPlace, K>> {
    if (bytes === undefined) return {} as Pick<ChunkPlace, K>
    const { position } = this.#output
    await this.#output.write(bytes)
    return { [name]: { offset: position, byteLength: bytes.length } } as Pick<ChunkPlace, K>
  }

  /** Those of a kind lie together, so that a reader gets them at once. */
  async #writeIndexes(): Promise<readonly WrittenRowGroup[]> {
    const placed = this.#rowGroups.map((group) => ({ ...group, places: [...group.places] }))
    for (const { chunks, places } of placed) {
      for (const [i, { pageIndex }] of chunks.entries()) {
        const bytes = columnIndex(pageIndex)
        places[i] = { ...places[i]!, ...(await this.#place('columnIndex', bytes)) }
      }
    }
    for (const { chunks, places } of placed) {
      for (const [i, { pageIndex, dictionaryBytes }] of chunks.entries()) {
        const bytes = offsetIndex(pageIndex, places[i]!.offset + dictionaryBytes)
        places[i] = { ...places[i]!, ...(await this.#place('offsetIndex', bytes)) }
      }
    }
    return placed
  }

  #footer(rowGroups: readonly WrittenRowGroup[]): Uint8Array {
    const writer = new ThriftWriter()
    writer.content(() => {
      writer.integer(1, 1)
      writer.structs(2, this.#schema.elements, (element) => writeElement(writer, element))
      writer.long(
        3,
        rowGroups.reduce((sum, { rowCount }) => sum + rowCount, 0),
      )
      writer.structs(4, rowGroups, (rowGroup) => writeRowGroup(writer, rowGroup))
      writer.structs(5, [JSON.stringify(this.#types)], (types) => {
        writer.string(1, TYPES_KEY)
        writer.string(2, types)
      })
      writer.string(6, CREATED_BY)
      // Bounds are in the order of the types.
      writer.structs(7, this.#schema.leaves, () => writer.struct(1, () => undefined))
    })
    return writer.bytes()
  }
}

function writeRowGroup(writer: ThriftWriter, { chunks, places, rowCount }: WrittenRowGroup): void {
  let next = 0
  writer.structs(1, chunks, (chunk) => writeChunkMetadata(writer, chunk, places[next++]!))
  writer.long(
    2,
    chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0),
  )
  writer.long(3, rowCount)
  writer.long(5, places[0]?.offset)
  writer.long(
    6,
    chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0),
  )
}
