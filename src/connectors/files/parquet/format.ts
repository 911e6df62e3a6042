import { openFile } from '../file-reader.js'
import type { DataFile, FileFormat, FilePart, FileSummary, SplitRequest } from '../format.js'
import { FooterCache, type ParquetFile } from './footer.js'
import { KernelMemory } from './kernels/kernel-memory.js'
import type { ColumnChunk } from './metadata.js'
import { openParquetSource, type ParquetPart } from './page-source.js'
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

/** A part a row group; small ones that follow each other share one. */
async function splits(request: SplitRequest): Promise<readonly FilePart[]> {
  const { predicate, targetBytes, signal } = request
  const file = await footerOf(request.file, signal)
  const parts: FilePart[] = []
  let rowGroups: number[] = []
  let rows = 0
  let bytes = 0
  const endPart = (): void => {
    if (rowGroups.length === 0) return
    const detail: ParquetPart = { rowGroups }
    parts.push({ detail, estimatedRows: rows, estimatedBytes: bytes })
    rowGroups = []
    rows = 0
    bytes = 0
  }
  const smallBytes = Math.min(targetBytes, SMALL_PART_BYTES)
  file.metadata.rowGroups.forEach((rowGroup, index) => {
    if (rowGroup.rowCount === 0 || !mayHaveRows(file, rowGroup, predicate)) return
    const groupBytes = rowGroup.chunks.reduce(addCompressed, 0)
    if (rowGroups.length > 0 && bytes + groupBytes > smallBytes) endPart()
    rowGroups.push(index)
    rows += rowGroup.rowCount
    bytes += groupBytes
  })
  endPart()
  return parts
}

/** Row groups are read together up to this size, so that opening the file is small beside reading, and one can be
 * read while another is decoded. */
const SMALL_PART_BYTES = 16 << 20

const addCompressed = (sum: number, chunk: ColumnChunk): number => sum + chunk.compressedBytes
