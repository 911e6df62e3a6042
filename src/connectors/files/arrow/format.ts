import { open } from 'node:fs/promises'
import type { RecordBatch, RecordBatchReader } from 'apache-arrow'
import {
  type BlockBuilder,
  type ConnectorPageSource,
  createBlockBuilder,
  MillraceError,
  type Page,
} from '../../../spi/index.js'
import { badData, readFailure } from '../file-errors.js'
import { openFile } from '../file-reader.js'
import type { DataFile, FileColumn, FileFormat, FileSummary, ReadRequest } from '../format.js'
import { columnType } from './column-type.js'
import { valueReader } from './value-reader.js'

/** Arrow's IPC files (Feather 2) and streams, read a record batch at a time. */
export const arrowFormat: FileFormat = {
  name: 'ARROW',
  isSelfDescribing: true,
  inspect,
  splits: ({ file }) => [{ detail: null, estimatedBytes: file.size }],
  createPageSource: async (request) =>
    new ArrowPageSource(request, await openArrow(request.file, request.signal)),
}

interface OpenArrow {
  readonly batches: RecordBatchReader
  close(): Promise<void>
}

/** @throws HIVE_BAD_DATA, and what openFile throws */
async function openArrow(file: DataFile, signal: AbortSignal): Promise<OpenArrow> {
  // It tells whether the file is still the one that was planned for.
  await (await openFile(file, signal)).close()
  const { RecordBatchReader: Reader } = await import('apache-arrow')
  const handle = await open(file.path, 'r').catch((error) => {
    throw readFailure(error, file.path)
  })
  try {
    const batches = (await Reader.from(handle)) as unknown as RecordBatchReader
    await batches.open({ autoDestroy: false })
    if (batches.schema === undefined || batches.schema === null) throw new Error('no schema')
    return {
      batches,
      async close() {
        await batches.cancel()
        await handle.close().catch((error: NodeJS.ErrnoException) => {
          // The reader has closed it.
          if (error.code !== 'EBADF') throw error
        })
      },
    }
  } catch (error) {
    await handle.close()
    throw noArrow(error, file)
  }
}

const noArrow = (error: unknown, { path }: DataFile): unknown =>
  error instanceof MillraceError
    ? error
    : badData('File is no Arrow file or is damaged', path, undefined, {
        cause: error,
        hint: /compress/i.test(String(error))
          ? 'Compressed record batches are not read'
          : undefined,
      })

async function inspect(
  file: DataFile,
  _options: unknown,
  signal: AbortSignal,
): Promise<FileSummary> {
  const { batches, close } = await openArrow(file, signal)
  try {
    const columns = batches.schema.fields.map(
      (field, index): FileColumn => ({
        // A schema may leave names out, whatever the library's types say.
        name: field.name || `_col${index}`,
        index,
        type: columnType(field.name, field.type, file.path),
      }),
    )
    return { columns }
  } catch (error) {
    throw noArrow(error, file)
  } finally {
    await close()
  }
}

const ROWS_MAX = 16_384

class ArrowPageSource implements ConnectorPageSource {
  readonly #request: ReadRequest
  readonly #open: OpenArrow
  readonly #builders: readonly BlockBuilder[]
  #batch: RecordBatch | undefined
  #position = 0
  #completedBytes = 0
  #readTimeNanos = 0

  constructor(request: ReadRequest, opened: OpenArrow) {
    this.#request = request
    this.#open = opened
    this.#builders = request.columns.map(({ type }) => createBlockBuilder(type))
  }

  get completedBytes(): number {
    return this.#completedBytes
  }
  get readTimeNanos(): number {
    return this.#readTimeNanos
  }
  get memoryUsage(): number {
    return this.#batch?.data.byteLength ?? 0
  }

  async getNextPage(): Promise<Page | undefined> {
    this.#request.signal.throwIfAborted()
    try {
      if (this.#batch === undefined && !(await this.#nextBatch())) return undefined
      return this.#page(this.#batch!)
    } catch (error) {
      throw noArrow(error, this.#request.file)
    }
  }

  close(): Promise<void> {
    return this.#open.close()
  }

  async #nextBatch(): Promise<boolean> {
    const start = performance.now()
    const step = await this.#open.batches.next()
    this.#readTimeNanos += Math.round((performance.now() - start) * 1e6)
    if (step.done === true) return false
    this.#batch = step.value as RecordBatch
    // A bit is the least that a row takes; of columns that are all NULL nobody writes so many.
    if (this.#batch.numRows > this.#request.file.size * 8) {
      throw new RangeError('more rows than the file has bits')
    }
    this.#completedBytes += this.#batch.data.byteLength
    this.#position = 0
    return true
  }

  #page(batch: RecordBatch): Page {
    const start = this.#position
    const end = Math.min(start + ROWS_MAX, batch.numRows)
    for (const [i, { index }] of this.#request.columns.entries()) {
      const read = valueReader(batch.data.children[index]!)
      const builder = this.#builders[i]!
      for (let position = start; position < end; position++) builder.append(read(position))
    }
    this.#position = end
    if (end === batch.numRows) this.#batch = undefined
    return { rowCount: end - start, blocks: this.#builders.map((builder) => builder.build()) }
  }
}
