import type { TextOptions } from '../config.js'
import type {
  DataFile,
  FileColumn,
  FileFormat,
  FilePart,
  FileStatistics,
  FileSummary,
  SplitRequest,
} from '../format.js'
import { columnType } from './column-type.js'
import { ArrowFormatError, arrowFailure } from './format-error.js'
import { openArrow, readBatchMessage } from './ipc-file.js'
import { type ArrowPart, openArrowPages } from './page-source.js'
import type { ArrowField } from './schema.js'
import { arrowWriting } from './writer.js'

/** Arrow's IPC files (Feather 2) and streams. */
export const arrowFormat: FileFormat = {
  name: 'ARROW',
  isSelfDescribing: true,
  inspect,
  statistics,
  splits,
  createPageSource: openArrowPages,
  writing: arrowWriting,
}

async function inspect(
  file: DataFile,
  _options: TextOptions,
  signal: AbortSignal,
): Promise<FileSummary> {
  const { reader, arrow } = await openArrow(file, signal)
  await reader.close()
  const columns = arrow.fields.map(
    (field, index): FileColumn => ({
      name: field.name || `_col${index}`,
      index,
      type: columnType(field.name, field, file.path),
    }),
  )
  return { columns }
}

/** Batches whose metadata is read for figures, each a small read. */
const COUNTED_BATCHES_MAX = 256

/** Rows and nulls as the batches of a file say; a stream would have to be read to its end. */
async function statistics(
  file: DataFile,
  _summary: FileSummary,
  columns: readonly FileColumn[],
  signal: AbortSignal,
): Promise<FileStatistics | undefined> {
  const { reader, arrow } = await openArrow(file, signal)
  try {
    const { footer, fields } = arrow
    if (footer === undefined || footer.batches.length > COUNTED_BATCHES_MAX) return undefined
    const firstNodes = nodesBefore(fields)
    const nullCounts = columns.map(() => 0)
    let rowCount = 0
    for (const { offset } of footer.batches) {
      const message = await readBatchMessage(reader, offset)
      if (message === undefined) throw new ArrowFormatError('a batch that is none')
      const { header } = message
      rowCount += header.rowCount
      for (const [i, { index }] of columns.entries()) {
        nullCounts[i]! += header.nodes[firstNodes[index]!]?.nullCount ?? 0
      }
    }
    return {
      rowCount,
      columns: columns.map((column, i) => ({
        column,
        nullCount: Math.min(nullCounts[i]!, rowCount),
      })),
    }
  } catch (error) {
    throw arrowFailure(error, file.path)
  } finally {
    await reader.close()
  }
}

/** Of each field, how many nodes of a batch come before its own. */
function nodesBefore(fields: readonly ArrowField[]): readonly number[] {
  let count = 0
  return fields.map((field) => {
    const before = count
    count += nodesOf(field)
    return before
  })
}

const nodesOf = ({ children, dictionary }: ArrowField): number =>
  1 + (dictionary === undefined ? children.reduce((sum, child) => sum + nodesOf(child), 0) : 0)

async function splits(request: SplitRequest): Promise<readonly FilePart[]> {
  const { file, targetBytes, signal } = request
  const { reader, arrow } = await openArrow(file, signal)
  await reader.close()
  const { footer } = arrow
  if (footer === undefined) {
    const detail: ArrowPart = { first: 0, end: 0 }
    return [{ detail, estimatedBytes: file.size }]
  }
  const parts: FilePart[] = []
  let first = 0
  let byteLength = 0
  for (const [i, batch] of footer.batches.entries()) {
    byteLength += batch.metadataLength + batch.bodyLength
    if (byteLength < targetBytes && i + 1 < footer.batches.length) continue
    const detail: ArrowPart = { first, end: i + 1 }
    parts.push({ detail, estimatedBytes: byteLength })
    first = i + 1
    byteLength = 0
  }
  return parts
}
