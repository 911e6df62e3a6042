import { openFile } from '../file-reader.js'
import type { DataFile, FileFormat, FilePart, FileSummary, SplitRequest } from '../format.js'
import { FooterCache, type ParquetFile } from './footer.js'
import { KernelMemory } from './kernels/kernel-memory.js'
import type { ColumnChunk } from './metadata.js'
import { openParquetSource, type ParquetPart } from './page-source.js'
import { partsOf } from './parts.js'
import { mayHaveRows } from './pruning.js'
import { ReadBuffers } from './read-buffers.js'
import { fileStatistics } from './statistics.js'
import { parquetWriting } from './write/writer.js'

/** Of this thread. */
const footers = new FooterCache()
let memory: KernelMemory | undefined
const buffers = new ReadBuffers()

async function footerOf(file: DataFile, signal: AbortSignal): Promise<ParquetFile> {
  const held = footers.peek(file)
  if (held !== undefined) return held
  const reader = await openFile(file, signal)
  try {
    return await footers.read(reader)
  } finally {
    await reader.close()
  }
}

/** Parquet files. @source https://github.com/apache/parquet-format */
export const parquetFormat: FileFormat = {
  name: 'PARQUET',
  isSelfDescribing: true,

  async inspect(file, _options, signal): Promise<FileSummary> {
    const { columns, metadata } = await footerOf(file, signal)
    return {
      columns: columns.map(({ name, shape }, index) => ({ name, index, type: shape.type })),
      rowCount: metadata.rowGroups.reduce((sum, { rowCount }) => sum + rowCount, 0),
    }
  },

  async statistics(file, _summary, columns, signal) {
    return fileStatistics(await footerOf(file, signal), columns)
  },

  splits,

  createPageSource: (request) =>
    openParquetSource(request, footers, { memory: kernelMemory(), buffers }),

  writing: parquetWriting(kernelMemory),
}

function kernelMemory(): KernelMemory {
  memory ??= new KernelMemory()
  return memory
}

/** Parts of row groups that follow each other; where many are small they share one. */
async function splits(request: SplitRequest): Promise<readonly FilePart[]> {
  const { predicate, targetBytes, signal } = request
  const file = await footerOf(request.file, signal)
  const wanted = file.metadata.rowGroups.flatMap((rowGroup, index) =>
    rowGroup.rowCount > 0 && mayHaveRows(file, rowGroup, predicate)
      ? [{ index, rows: rowGroup.rowCount, bytes: rowGroup.chunks.reduce(addCompressed, 0) }]
      : [],
  )
  const byteLengths = wanted.map(({ bytes }) => bytes)
  return partsOf(byteLengths, targetBytes).map((part): FilePart => {
    const groups = part.map((i) => wanted[i]!)
    const detail: ParquetPart = { rowGroups: groups.map(({ index }) => index) }
    return {
      detail,
      estimatedRows: groups.reduce((sum, { rows }) => sum + rows, 0),
      estimatedBytes: groups.reduce((sum, { bytes }) => sum + bytes, 0),
    }
  })
}

const addCompressed = (sum: number, chunk: ColumnChunk): number => sum + chunk.compressedBytes
