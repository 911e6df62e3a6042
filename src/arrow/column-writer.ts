import {
  assert,
  type Block,
  type BytesBlock,
  createBlockBuilder,
  type FlatBlock,
  INTEGER,
  isValid,
  type SqlType,
  type TemporalType,
  timestampType,
  VARCHAR,
} from '../spi/index.js'
import { decodeTile } from '../values/geometry/bing-tile.js'
import { bigintReader, isIntegerBlock, numberReader } from '../values/integer-reader.js'
import { textReader, utf8Reader, zonedInstantReader } from '../values/text-reader.js'
import { arrowForm, hasPicoseconds, PICOS_PER_MICRO, timeDigits } from './arrow-form.js'
import type { BatchDraft } from './batch-message.js'
import { flattenRange, sliceValidity } from './block-gather.js'

const NO_BYTES = new Uint8Array(0)

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/**
 * Adds positions of a block to a record batch in the layout of the column's Arrow type. Buffers that lie as Arrow has them
 * are not copied.
 */
export function addColumn(batch: BatchDraft, block: Block, start: number, rowCount: number): void {
  if (block.encoding !== 'flat') {
    addFlat(batch, flattenRange(block, start, rowCount), 0, rowCount)
  } else addFlat(batch, block, start, rowCount)
}

function addFlat(batch: BatchDraft, block: FlatBlock, start: number, rowCount: number): void {
  const { type } = block
  if (type.kind === 'unknown') {
    batch.nodes.push(rowCount, rowCount)
    return
  }
  if (block.storage === 'null') {
    addNulls(batch, type, rowCount)
    return
  }
  addNode(batch, block, start, rowCount)
  switch (type.kind) {
    case 'boolean':
      batch.buffers.push(bitsOf(block, start, rowCount))
      return
    case 'tinyint':
      batch.buffers.push(integers(block, start, rowCount, 'i8', new Int8Array(rowCount)))
      return
    case 'smallint':
      batch.buffers.push(integers(block, start, rowCount, 'i16', new Int16Array(rowCount)))
      return
    case 'integer':
    case 'date':
      batch.buffers.push(integers(block, start, rowCount, 'i32', new Int32Array(rowCount)))
      return
    case 'bigint':
      batch.buffers.push(longs(block, start, rowCount))
      return
    case 'real':
    case 'double':
      assert(block.storage === 'f32' || block.storage === 'f64', `floats as ${block.storage}`)
      batch.buffers.push(bytesOf(block.values.subarray(start, start + rowCount)))
      return
    case 'decimal':
      batch.buffers.push(decimals(block, start, rowCount))
      return
    case 'array':
    case 'map':
    case 'row':
      addNested(batch, block, start, rowCount)
      return
    default:
      if (type.kind === 'timestamp' && type.precision <= 6) {
        batch.buffers.push(longs(block, start, rowCount))
      } else addForm(batch, block, start, rowCount)
  }
}

/** Adds the buffers of a type that is none of Arrow's. */
function addForm(batch: BatchDraft, block: FlatBlock, start: number, rowCount: number): void {
  const { type } = block
  switch (arrowForm(type)) {
    case 'time': {
      const unit = 10n ** BigInt(12 - timeDigits(type as TemporalType))
      const read = bigintReader(block)
      const units = new BigInt64Array(rowCount)
      for (let i = 0; i < rowCount; i++) {
        if (isPresent(block, start + i)) units[i] = read(start + i) / unit
      }
      batch.buffers.push(bytesOf(units))
      return
    }
    case 'instant':
      addInstants(batch, block, start, rowCount)
      return
    case 'duration':
      batch.buffers.push(longs(block, start, rowCount))
      return
    case 'months': {
      const read = numberReader(block)
      const words = new Int32Array(rowCount * 4)
      for (let i = 0; i < rowCount; i++) {
        if (isPresent(block, start + i)) words[4 * i] = read(start + i)
      }
      batch.buffers.push(bytesOf(words))
      return
    }
    case 'uuid':
      assert(block.storage === 'fixed16', `UUIDs stored as ${block.storage}`)
      batch.buffers.push(block.values.subarray(start * 16, (start + rowCount) * 16))
      return
    case 'bytes':
      assert(block.storage === 'bytes', `bytes stored as ${block.storage}`)
      addBytes(batch, block, start, rowCount)
      return
    case 'text':
      addText(batch, block, start, rowCount)
  }
}

/** The parts of instants as columns of their own. */
function addInstants(batch: BatchDraft, block: FlatBlock, start: number, rowCount: number): void {
  const type = block.type as TemporalType
  const read = zonedInstantReader(block)
  const utc = createBlockBuilder(timestampType(6))
  const picoseconds = createBlockBuilder(INTEGER)
  const zones = createBlockBuilder(VARCHAR)
  for (let i = 0; i < rowCount; i++) {
    if (!isPresent(block, start + i)) {
      for (const builder of [utc, picoseconds, zones]) builder.append(null)
      continue
    }
    const { picos, zone } = read(start + i)
    const rest = ((picos % PICOS_PER_MICRO) + PICOS_PER_MICRO) % PICOS_PER_MICRO
    utc.append(picos - rest)
    picoseconds.append(Number(rest))
    zones.append(zone)
  }
  addColumn(batch, utc.build(), 0, rowCount)
  if (hasPicoseconds(type)) addColumn(batch, picoseconds.build(), 0, rowCount)
  addColumn(batch, zones.build(), 0, rowCount)
}

function addNode(batch: BatchDraft, block: FlatBlock, start: number, rowCount: number): void {
  const { validity, nullCount } = sliceValidity(block.validity, start, rowCount)
  batch.nodes.push(rowCount, nullCount)
  batch.buffers.push(validity ?? NO_BYTES)
}

function integers(
  block: FlatBlock,
  start: number,
  rowCount: number,
  storage: 'i8' | 'i16' | 'i32',
  target: Int8Array | Int16Array | Int32Array,
): Uint8Array {
  assert(isIntegerBlock(block), `integers stored as ${block.storage}`)
  const { values, base, factor } = block
  if (values instanceof BigInt64Array) {
    const read = numberReader(block)
    for (let i = 0; i < rowCount; i++) target[i] = read(start + i)
  } else if (block.storage === storage && base === 0 && factor === 1) {
    return bytesOf(values.subarray(start, start + rowCount))
  } else for (let i = 0; i < rowCount; i++) target[i] = base + factor * values[start + i]!
  return bytesOf(target)
}

/** 64-bit integers; narrow ones are widened by their two halves, which spares a bigint each. */
function longs(block: FlatBlock, start: number, rowCount: number): Uint8Array {
  if (isIntegerBlock(block)) {
    const { values, base, factor } = block
    if (values instanceof BigInt64Array) return bytesOf(values.subarray(start, start + rowCount))
    if (isShort(block)) {
      const halves = new Int32Array(rowCount * 2)
      for (let i = 0; i < rowCount; i++) {
        const value = base + factor * values[start + i]!
        halves[2 * i] = value | 0
        halves[2 * i + 1] = value < 0 ? -1 : 0
      }
      return bytesOf(halves)
    }
  }
  const read = bigintReader(block)
  const target = new BigInt64Array(rowCount)
  for (let i = 0; i < rowCount; i++) if (isPresent(block, start + i)) target[i] = read(start + i)
  return bytesOf(target)
}

const WIDTHS = { i8: 2 ** 7, i16: 2 ** 15, i32: 2 ** 31, i64: Number.POSITIVE_INFINITY } as const

/** Whether every logical value fits 32 bits, whatever is stored. */
function isShort(block: Extract<FlatBlock, { base: number }>): boolean {
  const { base, factor } = block
  if (block.storage === 'i32' && base === 0 && factor === 1) return true
  return Math.abs(base) + Math.abs(factor) * WIDTHS[block.storage] < 2 ** 31
}

const isPresent = (block: FlatBlock, position: number): boolean => isValid(block.validity, position)

function decimals(block: FlatBlock, start: number, rowCount: number): Uint8Array {
  if (block.storage === 'fixed16') {
    return block.values.subarray(start * 16, (start + rowCount) * 16)
  }
  const words = new BigInt64Array(rowCount * 2)
  const read = bigintReader(block)
  for (let i = 0; i < rowCount; i++) {
    if (!isPresent(block, start + i)) continue
    const value = read(start + i)
    words[2 * i] = value
    words[2 * i + 1] = value >> 64n
  }
  return bytesOf(words)
}

function bitsOf(block: FlatBlock, start: number, rowCount: number): Uint8Array {
  assert(block.storage === 'bool', `booleans stored as ${block.storage}`)
  const bits = new Uint8Array((rowCount + 7) >> 3)
  for (let i = 0; i < rowCount; i++) {
    if (block.values[start + i] === 1) bits[i >> 3]! |= 1 << (i & 7)
  }
  return bits
}

/** Tiles as the JSON that clients get. */
function tileReader(block: FlatBlock): (position: number) => string {
  const read = bigintReader(block)
  return (position) => JSON.stringify(decodeTile(read(position)))
}

function addText(batch: BatchDraft, block: FlatBlock, start: number, rowCount: number): void {
  const { type } = block
  if (block.storage === 'bytes' && (type.kind === 'varchar' || type.kind === 'json')) {
    addBytes(batch, block, start, rowCount)
    return
  }
  const read =
    type.kind === 'bingtile'
      ? tileReader(block)
      : (textReader(block, type, false) ?? utf8Reader(block))
  const offsets = new Int32Array(rowCount + 1)
  const encoder = new TextEncoder()
  const parts: Uint8Array[] = []
  let end = 0
  for (let i = 0; i < rowCount; i++) {
    if (isPresent(block, start + i)) {
      const part = encoder.encode(read(start + i))
      parts.push(part)
      end += part.length
    }
    offsets[i + 1] = end
  }
  const bytes = new Uint8Array(end)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  batch.buffers.push(bytesOf(offsets), bytes)
}

function addBytes(batch: BatchDraft, block: BytesBlock, start: number, rowCount: number): void {
  const { first, end } = addOffsets(batch, block.offsets, start, rowCount)
  batch.buffers.push(block.bytes.subarray(first, end))
}

/** Adds offsets that begin at 0. @returns the children that they are about */
function addOffsets(
  batch: BatchDraft,
  offsets: Int32Array,
  start: number,
  rowCount: number,
): { readonly first: number; readonly end: number } {
  const first = offsets[start] ?? 0
  const end = offsets[start + rowCount] ?? first
  const moved = new Int32Array(rowCount + 1)
  for (let i = 0; i <= rowCount; i++) moved[i] = (offsets[start + i] ?? first) - first
  batch.buffers.push(bytesOf(moved))
  return { first, end }
}

function addNested(batch: BatchDraft, block: FlatBlock, start: number, rowCount: number): void {
  if (block.storage === 'row') {
    for (const field of block.fields) addColumn(batch, field, start, rowCount)
    return
  }
  assert(block.storage === 'array' || block.storage === 'map', `nested as ${block.storage}`)
  const { first, end } = addOffsets(batch, block.offsets, start, rowCount)
  if (block.storage === 'array') {
    addColumn(batch, block.elements, first, end - first)
    return
  }
  batch.nodes.push(end - first, 0)
  batch.buffers.push(NO_BYTES)
  addColumn(batch, block.keys, first, end - first)
  addColumn(batch, block.mapValues, first, end - first)
}

const ITEM_BYTES: Partial<Record<SqlType['kind'], number>> = {
  tinyint: 1,
  smallint: 2,
  integer: 4,
  date: 4,
  real: 4,
  bigint: 8,
  double: 8,
  decimal: 16,
  'interval day to second': 8,
  'interval year to month': 16,
  uuid: 16,
}

/** A column all of whose positions are null: buffers of zeros in the layout of its type. */
function addNulls(batch: BatchDraft, type: SqlType, rowCount: number): void {
  if (type.kind === 'unknown') {
    batch.nodes.push(rowCount, rowCount)
    return
  }
  const bitmapBytes = (rowCount + 7) >> 3
  batch.nodes.push(rowCount, rowCount)
  batch.buffers.push(new Uint8Array(bitmapBytes))
  if (type.kind === 'row') {
    for (const field of type.fields) addNulls(batch, field.type, rowCount)
    return
  }
  if (type.kind === 'timestamp with time zone') {
    addNulls(batch, timestampType(6), rowCount)
    if (hasPicoseconds(type)) addNulls(batch, INTEGER, rowCount)
    addNulls(batch, VARCHAR, rowCount)
    return
  }
  const itemBytes =
    (type.kind === 'timestamp' || type.kind === 'time') && !isText(type) ? 8 : ITEM_BYTES[type.kind]
  if (itemBytes !== undefined) batch.buffers.push(new Uint8Array(rowCount * itemBytes))
  else if (type.kind === 'boolean') batch.buffers.push(new Uint8Array(bitmapBytes))
  else batch.buffers.push(new Uint8Array((rowCount + 1) * 4))
  if (type.kind === 'array') addNulls(batch, type.element, 0)
  else if (type.kind === 'map') {
    batch.nodes.push(0, 0)
    batch.buffers.push(NO_BYTES)
    addNulls(batch, type.key, 0)
    addNulls(batch, type.value, 0)
  } else if (itemBytes === undefined && type.kind !== 'boolean') batch.buffers.push(NO_BYTES)
}

const isText = (type: TemporalType): boolean =>
  type.kind === 'timestamp' ? type.precision > 6 : arrowForm(type) === 'text'
