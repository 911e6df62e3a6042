import { join } from 'node:path'
import {
  type ConnectorPageSink,
  type DictionaryBlock,
  type FlatBlock,
  flatten,
  MillraceError,
  type Page,
  readValue,
} from '../../spi/index.js'
import { fileError } from './file-errors.js'
import { createOutputOf, type OpenOutput } from './file-output.js'
import type { FileColumn, FileWriter, FileWriting, WriteOptions } from './format.js'
import type { FilesWriteHandle, WrittenColumn } from './handles.js'
import { partitionFolder } from './partitions.js'
import { textWriter } from './text/value-text.js'

/** What a sink tells of a file it has finished, as JSON in a fragment. */
export interface WrittenFile {
  /** Below the write's directory: folders of partitions and the name. */
  readonly path: string
  readonly byteLength: number
}

interface OpenWriter {
  readonly output: OpenOutput
  readonly writer: FileWriter
  readonly path: string
}

/** Writes the rows of one writer into one file a partition, in the write's own directory. */
export class FilesPageSink implements ConnectorPageSink {
  readonly #handle: FilesWriteHandle
  readonly #writing: FileWriting
  readonly #sinkId: number
  readonly #partitionsMax: number
  readonly #signal: AbortSignal
  readonly #writers = new Map<string, OpenWriter>()
  readonly #finished: WrittenFile[] = []
  readonly #options: WriteOptions
  readonly #columns: readonly FileColumn[]
  #completedBytes = 0

  constructor(
    handle: FilesWriteHandle,
    writing: FileWriting,
    sinkId: number,
    partitionsMax: number,
    signal: AbortSignal,
  ) {
    this.#handle = handle
    this.#writing = writing
    this.#sinkId = sinkId
    this.#partitionsMax = partitionsMax
    this.#signal = signal
    this.#options = {
      properties: handle.properties,
      ...(handle.compression === undefined ? {} : { compression: handle.compression }),
      ...(handle.blockBytes === undefined ? {} : { blockBytes: handle.blockBytes }),
    }
    this.#columns = handle.columns.map(({ name, type }, index) => ({ name, type, index }))
  }

  get completedBytes(): number {
    let open = 0
    for (const { output } of this.#writers.values()) open += output.position
    return this.#completedBytes + open
  }
  get memoryUsage(): number {
    let sum = 0
    for (const { writer } of this.#writers.values()) sum += writer.memoryUsage
    return sum
  }

  async appendPage(page: Page): Promise<void> {
    if (page.rowCount === 0) return
    const data = {
      rowCount: page.rowCount,
      blocks: this.#handle.columns.map(({ channel }) => page.blocks[channel]!),
    }
    if (this.#handle.partitionColumns.length === 0) {
      await (await this.#writerOf('')).writer.append(data)
      return
    }
    for (const [folder, positions] of partitionRows(page, this.#handle.partitionColumns)) {
      const { writer } = await this.#writerOf(folder)
      await writer.append(pageOf(data, positions))
    }
  }

  async finish(): Promise<readonly Uint8Array[]> {
    for (const [folder, { writer, output, path }] of this.#writers) {
      await writer.finish()
      await output.finish()
      this.#completedBytes += output.position
      this.#writers.delete(folder)
      this.#finished.push({ path, byteLength: output.position })
    }
    return this.#finished.map((file) => new TextEncoder().encode(JSON.stringify(file)))
  }

  /** The files go with the write's directory. */
  async abort(): Promise<void> {
    const open = [...this.#writers.values()]
    this.#writers.clear()
    await Promise.allSettled(open.map(({ output }) => output.abandon()))
  }

  async #writerOf(folder: string): Promise<OpenWriter> {
    let open = this.#writers.get(folder)
    if (open !== undefined) return open
    this.#signal.throwIfAborted()
    if (this.#writers.size >= this.#partitionsMax) {
      throw fileError(
        'HIVE_TOO_MANY_OPEN_PARTITIONS',
        `Exceeded limit of ${this.#partitionsMax} open writers for partitions: ${folder}`,
        { hint: 'Raise files.max-partitions-per-writer, or write fewer partitions at a time' },
      )
    }
    const { directory, writeId } = this.#handle
    const name = `${writeId}_${this.#sinkId}${this.#writing.extension(this.#options)}`
    const path = join(folder, name)
    const output = await createOutputOf(directory, path)
    const writer = await this.#writing.createWriter({
      columns: this.#columns,
      output,
      options: this.#options,
      signal: this.#signal,
    })
    open = { output, writer, path }
    this.#writers.set(folder, open)
    return open
  }
}

/** The positions of each partition's rows, by its folder. O(rows). */
function partitionRows(
  page: Page,
  columns: readonly WrittenColumn[],
): ReadonlyMap<string, readonly number[]> {
  const texts = columns.map(({ name, type, channel }) => {
    const print = textWriter(type)
    if (print === undefined) throw unsupportedPartition(name)
    const block = page.blocks[channel]!
    return (position: number): string => {
      const value = readValue(block, position)
      return partitionFolder(name, value === null ? null : print(value))
    }
  })
  const rows = new Map<string, number[]>()
  for (let position = 0; position < page.rowCount; position++) {
    const folder = texts.map((text) => text(position)).join('/')
    const positions = rows.get(folder)
    if (positions === undefined) rows.set(folder, [position])
    else positions.push(position)
  }
  return rows
}

export const unsupportedPartition = (name: string): MillraceError =>
  new MillraceError('NOT_SUPPORTED', `Column can't partition a table by its type: ${name}`)

/** Some rows of a page. */
function pageOf(page: Page, positions: readonly number[]): Page {
  if (positions.length === page.rowCount) return page
  const codes = Int32Array.from(positions)
  return {
    rowCount: codes.length,
    blocks: page.blocks.map((block): FlatBlock => {
      const dictionary = block.encoding === 'flat' ? block : flatten(block)
      const selection: DictionaryBlock = {
        type: block.type,
        rowCount: codes.length,
        encoding: 'dictionary',
        codes,
        dictionary,
        validity: null,
      }
      return flatten(selection)
    }),
  }
}
