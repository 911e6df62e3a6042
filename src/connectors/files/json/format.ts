import { open } from 'node:fs/promises'
import type { TextOptions } from '../config.js'
import { badData, readFailure } from '../file-errors.js'
import type {
  DataFile,
  FileColumn,
  FileFormat,
  FilePart,
  FileSummary,
  InspectedFile,
  SplitRequest,
} from '../format.js'
import { isDirect, readSample } from '../text/text-input.js'
import { documentsIn } from './documents.js'
import { type JsonShape, mergeShapes, NO_SHAPE, shapeOf, typeOfShape } from './infer.js'
import { type JsonPart, openJson } from './page-source.js'
import { type JsonValue, parseJson } from './parse.js'
import { jsonWriting } from './writer.js'

/** {@link FileSummary.layout} of JSON files. Plain data. */
export interface JsonLayout {
  /** `lines`: a document a line; `values`: documents one after the other, or the elements of one array. */
  readonly mode: 'lines' | 'values'
  readonly shape?: JsonShape
  readonly bytesPerRow?: number
  /** As configured; absent: found out for each file. */
  readonly encoding?: string
}

const SCAN_BYTES = 64 * 1024

export const jsonFormat: FileFormat = {
  name: 'JSON',
  isSelfDescribing: false,
  inspect,
  merge,
  summaryOf: (columns) => ({ columns, layout: { mode: 'lines' } satisfies JsonLayout }),
  splits,
  createPageSource: openJson,
  writing: jsonWriting,
}

async function inspect(
  file: DataFile,
  { encoding, sampleBytes }: TextOptions,
  signal: AbortSignal,
): Promise<FileSummary> {
  const { bytes, isWhole } = await readSample(file, encoding, sampleBytes, signal)
  const mode = modeOf(bytes)
  let shape = NO_SHAPE
  let count = 0
  for (const text of documentsIn(bytes, mode, isWhole)) {
    let value: JsonValue
    try {
      value = parseJson(text)
    } catch (error) {
      throw badData('Text is not JSON', file.path, `row ${count + 1}`, { cause: error })
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw badData('Row is no JSON object', file.path, `row ${count + 1}`)
    }
    shape = mergeShapes(shape, shapeOf(value))
    count++
  }
  if (count === 0) throw badData('File is empty, so that it has no columns', file.path)
  const summary = summaryOfShape(shape, mode, bytes.length / count)
  return encoding === undefined
    ? summary
    : { ...summary, layout: { ...(summary.layout as JsonLayout), encoding } }
}

function summaryOfShape(
  shape: JsonShape,
  mode: JsonLayout['mode'],
  bytesPerRow: number,
): FileSummary {
  const columns = Object.entries(shape.fields ?? {}).map(
    ([name, field], index): FileColumn => ({ name, index, type: typeOfShape(field) }),
  )
  return { columns, layout: { mode, shape, bytesPerRow } satisfies JsonLayout }
}

/** An array, or documents over several lines, are no lines. */
function modeOf(bytes: Uint8Array): JsonLayout['mode'] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, SCAN_BYTES))
  const start = text.toString('latin1').trimStart()
  if (start.startsWith('[')) return 'values'
  const end = start.search(/[\r\n]/)
  if (end < 0) return 'lines'
  try {
    JSON.parse(start.slice(0, end))
    return 'lines'
  } catch {
    // A document that goes on in the next line; or none, which reading says.
    return start.startsWith('{') && /^\{\s*$/.test(start.slice(0, end)) ? 'values' : 'lines'
  }
}

/** All columns that any of the files has: absent ones are NULL. */
function merge(files: readonly InspectedFile[]): FileSummary {
  const layouts = files.map(({ summary }) => summary.layout as JsonLayout)
  const shape = layouts.map((layout) => layout.shape ?? NO_SHAPE).reduce(mergeShapes)
  const { columns, layout } = summaryOfShape(shape, layouts[0]!.mode, layouts[0]!.bytesPerRow ?? 1)
  const { shape: _, ...plain } = layout as JsonLayout
  const { encoding } = layouts[0]!
  return { columns, layout: { ...plain, ...(encoding === undefined ? {} : { encoding }) } }
}

async function* splits(request: SplitRequest): AsyncGenerator<FilePart> {
  const { file, summary, targetBytes, signal } = request
  const { bytesPerRow, encoding } = summary.layout as JsonLayout
  const { bytes, coding } = await readSample(file, encoding, SCAN_BYTES, signal)
  const mode = modeOf(bytes)
  const part = (start: number, end: number): FilePart => ({
    detail: { start, end, coding, mode } satisfies JsonPart,
    estimatedBytes: end - start,
    ...(bytesPerRow === undefined ? {} : { estimatedRows: Math.ceil((end - start) / bytesPerRow) }),
  })
  if (!isDirect(coding) || mode !== 'lines' || file.size < targetBytes * 1.5) {
    yield part(coding.markBytes, file.size)
    return
  }
  let start = coding.markBytes
  while (start < file.size) {
    const wanted = start + targetBytes
    const end = wanted >= file.size ? file.size : await nextLine(file, wanted, signal)
    yield part(start, end)
    start = end
  }
}

/** Where the line after an offset begins: strings have no newlines in them. */
async function nextLine(file: DataFile, offset: number, signal: AbortSignal): Promise<number> {
  const handle = await open(file.path, 'r').catch((error) => {
    throw readFailure(error, file.path)
  })
  try {
    const buffer = Buffer.allocUnsafe(SCAN_BYTES)
    for (let position = offset; ; ) {
      signal.throwIfAborted()
      const { bytesRead } = await handle.read(buffer, 0, SCAN_BYTES, position)
      if (bytesRead === 0) return file.size
      const newline = buffer.subarray(0, bytesRead).indexOf(0x0a)
      if (newline >= 0) return position + newline + 1
      position += bytesRead
    }
  } catch (error) {
    throw readFailure(error, file.path)
  } finally {
    await handle.close()
  }
}
