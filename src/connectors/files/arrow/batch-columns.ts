import type { FileReader } from '../file-reader.js'
import type { InflateZstd } from '../zstd.js'
import type { BatchHeader } from './batch-header.js'
import { decompressBuffer } from './decompress.js'
import { ArrowFormatError } from './format-error.js'
import type { BatchMessage } from './ipc-file.js'
import type { ArrowField, ArrowLayout } from './schema.js'

/** A column of a batch, or a part of one: its buffers are as long as its length wants. */
export interface ColumnData {
  readonly field: ArrowField
  readonly length: number
  /** Null where no position is. */
  readonly validity: Uint8Array | null
  /** Those after the validity. */
  readonly buffers: readonly Uint8Array[]
  readonly children: readonly ColumnData[]
}

/** A column before its buffers are read. */
interface PlannedColumn {
  readonly field: ArrowField
  readonly length: number
  readonly nullCount: number
  /** Of the batch's buffers, the first one and how many. */
  readonly firstBuffer: number
  readonly bufferCount: number
  readonly children: readonly PlannedColumn[]
}

/** Buffers that lie closer than this are read at once. */
const GAP_BYTES_MAX = 64 * 1024

/**
 * Reads columns of a batch: only their bytes.
 * @param wanted of each field of the schema, whether it is read
 * @returns the columns by their fields' positions; undefined where they were not asked for
 */
export async function readColumns(
  reader: FileReader,
  message: BatchMessage,
  fields: readonly ArrowField[],
  wanted: readonly boolean[],
  zstd: InflateZstd | undefined,
): Promise<readonly (ColumnData | undefined)[]> {
  const { header } = message
  const planned = planColumns(header, fields, reader.file.size)
  const needed = new Set<number>()
  for (const [i, column] of planned.entries()) if (wanted[i]) addBuffers(needed, column)
  const ranges = await readRanges(reader, message, needed)
  const bytesOf = (buffer: number): Uint8Array => {
    const bytes = ranges.get(buffer) ?? EMPTY
    return header.codec === undefined ? bytes : decompressBuffer(bytes, header.codec, zstd)
  }
  return planned.map((column, i) => (wanted[i] ? columnData(column, bytesOf) : undefined))
}

const EMPTY = new Uint8Array(0)

/** Where the buffers of all columns are. @throws ArrowFormatError for lengths that don't fit each other or the file */
function planColumns(
  header: BatchHeader,
  fields: readonly ArrowField[],
  fileBytes: number,
): readonly PlannedColumn[] {
  // Whatever is compressed, a file of so many bytes can't have more rows; of NULL without bytes nobody writes so many.
  const rowsMax = fileBytes * (header.codec === undefined ? 8 : 65_536)
  if (header.rowCount > rowsMax) throw new ArrowFormatError('more rows than the file can hold')
  const planner = new ColumnPlanner(header, fileBytes * 8)
  return fields.map((field) => {
    const column = planner.plan(field)
    if (column.length !== header.rowCount) throw new ArrowFormatError('a column of another length')
    return column
  })
}

/** Walks nodes and buffers in the order of the fields. */
class ColumnPlanner {
  readonly #header: BatchHeader
  readonly #nullRowsMax: number
  #node = 0
  #buffer = 0
  #variadic = 0

  constructor(header: BatchHeader, nullRowsMax: number) {
    this.#header = header
    this.#nullRowsMax = nullRowsMax
  }

  plan(field: ArrowField): PlannedColumn {
    const node = this.#header.nodes[this.#node++]
    if (node === undefined) throw new ArrowFormatError('a column without its length')
    const { length, nullCount } = node
    const { layout } = field
    if (layout.kind === 'null' && length > this.#nullRowsMax) {
      throw new ArrowFormatError('more rows than the file can hold')
    }
    const firstBuffer = this.#buffer
    const bufferCount = this.#bufferCount(field)
    this.#buffer += bufferCount
    if (this.#buffer > this.#header.buffers.length) {
      throw new ArrowFormatError('a column without its buffers')
    }
    // The values of a field with a dictionary are in batches of their own.
    const children =
      field.dictionary === undefined ? field.children.map((child) => this.plan(child)) : []
    checkChildren(layout, length, children)
    return { field, length, nullCount, firstBuffer, bufferCount, children }
  }

  #bufferCount({ layout, dictionary }: ArrowField): number {
    if (dictionary !== undefined) return 2
    switch (layout.kind) {
      case 'null':
        return 0
      case 'struct':
      case 'fixed list':
        return 1
      case 'bytes':
        return 3
      case 'view': {
        const count = this.#header.variadicCounts[this.#variadic++]
        if (count === undefined) throw new ArrowFormatError('views without their values')
        return 2 + count
      }
      default:
        return 2
    }
  }
}

function checkChildren(
  layout: ArrowLayout,
  length: number,
  children: readonly PlannedColumn[],
): void {
  const least =
    layout.kind === 'struct' ? length : layout.kind === 'fixed list' ? length * layout.size : 0
  if (children.some((child) => child.length < least)) {
    throw new ArrowFormatError('a part of a column that is shorter')
  }
}

function addBuffers(needed: Set<number>, column: PlannedColumn): void {
  for (let i = 0; i < column.bufferCount; i++) needed.add(column.firstBuffer + i)
  for (const child of column.children) addBuffers(needed, child)
}

/** The bytes of the buffers, those that lie together in one read. */
async function readRanges(
  reader: FileReader,
  { header, bodyOffset }: BatchMessage,
  needed: ReadonlySet<number>,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const found = new Map<number, Uint8Array>()
  const indexes = [...needed].filter((index) => header.buffers[index]!.byteLength > 0)
  for (let i = 0; i < indexes.length; ) {
    // Aligned as the body is, so that typed arrays can be views.
    const first = header.buffers[indexes[i]!]!.offset
    const start = first - (first % 64)
    let end = start
    let next = i
    for (; next < indexes.length; next++) {
      const { offset, byteLength } = header.buffers[indexes[next]!]!
      if (offset - end > GAP_BYTES_MAX && next > i) break
      end = offset + byteLength
    }
    const bytes = await reader.read(bodyOffset + start, end - start)
    for (; i < next; i++) {
      const { offset, byteLength } = header.buffers[indexes[i]!]!
      found.set(indexes[i]!, bytes.subarray(offset - start, offset - start + byteLength))
    }
  }
  return found
}

function columnData(
  { field, length, nullCount, firstBuffer, bufferCount, children }: PlannedColumn,
  bytesOf: (buffer: number) => Uint8Array,
): ColumnData {
  const all = Array.from({ length: bufferCount }, (_, i) => bytesOf(firstBuffer + i))
  const [bitmap, ...buffers] = all
  const hasNulls = nullCount > 0 && bitmap !== undefined && length > 0
  if (hasNulls && bitmap.length < Math.ceil(length / 8)) {
    throw new ArrowFormatError('a column without the places of its nulls')
  }
  const least = leastBytes(field, length)
  if (least > 0 && (buffers[0] === undefined || buffers[0].length < least)) {
    throw new ArrowFormatError('a buffer that is too short')
  }
  return {
    field,
    length,
    validity: hasNulls ? bitmap : null,
    buffers,
    children: children.map((child) => columnData(child, bytesOf)),
  }
}

const INTERVAL_BYTES = { months: 4, days: 8, all: 16 } as const

/** What the first buffer after the validity has at least. */
function leastBytes({ layout, dictionary }: ArrowField, length: number): number {
  if (length === 0) return 0
  if (dictionary !== undefined) return (length * dictionary.bits) / 8
  switch (layout.kind) {
    case 'null':
    case 'struct':
    case 'fixed list':
    case 'other':
      return 0
    case 'bool':
      return Math.ceil(length / 8)
    case 'int':
    case 'float':
    case 'decimal':
    case 'date':
    case 'time':
      return (length * layout.bits) / 8
    case 'timestamp':
    case 'duration':
      return length * 8
    case 'interval':
      return length * INTERVAL_BYTES[layout.unit]
    case 'view':
      return length * 16
    case 'fixed bytes':
      return length * layout.width
    case 'bytes':
    case 'list':
    case 'map':
      return ((length + 1) * layout.offsetBits) / 8
  }
}
