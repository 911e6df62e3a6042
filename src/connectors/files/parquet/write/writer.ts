import type { Page, SqlType } from '../../../../spi/index.js'
import type { FileWriter, FileWriting, WriteRequest } from '../../format.js'
import { TYPES_KEY } from '../declared-types.js'
import type { KernelMemory } from '../kernels/kernel-memory.js'
import { outputCodec } from './compress.js'
import { LeafWriter, type WrittenChunk, writeChunkMetadata } from './leaf-writer.js'
import { type OutputSchema, outputSchema, writeElement } from './output-schema.js'
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
  createWriter: (request) => new ParquetWriter(request, memory()),
})

interface WrittenRowGroup {
  readonly chunks: readonly WrittenChunk[]
  readonly offsets: readonly number[]
  readonly rowCount: number
}

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
    this.#leaves = this.#schema.leaves.map((leaf) => new LeafWriter(memory, leaf, codec))
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
      for (const leaf of this.#leaves) leaf.endRows()
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
    const footer = this.#footer()
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
    for (const leaf of this.#leaves) {
      this.#signal.throwIfAborted()
      const { pages, ...chunk } = leaf.finish()
      offsets.push(this.#output.position)
      for (const page of pages) await this.#output.write(page)
      chunks.push({ ...chunk, pages: [] })
    }
    this.#rowGroups.push({ chunks, offsets, rowCount: this.#rowCount })
    this.#rowCount = 0
  }

  #footer(): Uint8Array {
    const writer = new ThriftWriter()
    writer.content(() => {
      writer.integer(1, 1)
      writer.structs(2, this.#schema.elements, (element) => writeElement(writer, element))
      writer.long(
        3,
        this.#rowGroups.reduce((sum, { rowCount }) => sum + rowCount, 0),
      )
      writer.structs(4, this.#rowGroups, (rowGroup) => writeRowGroup(writer, rowGroup))
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

function writeRowGroup(writer: ThriftWriter, { chunks, offsets, rowCount }: WrittenRowGroup): void {
  let next = 0
  writer.structs(1, chunks, (chunk) => writeChunkMetadata(writer, chunk, offsets[next++]!))
  writer.long(
    2,
    chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0),
  )
  writer.long(3, rowCount)
  writer.long(5, offsets[0])
  writer.long(
    6,
    chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0),
  )
}
