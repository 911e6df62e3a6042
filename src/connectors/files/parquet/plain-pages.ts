import { ParquetFormatError } from './format-error.js'
import type { KernelBuffer, KernelMemory } from './kernels/kernel-memory.js'
import type { LeafEncoding } from './leaf-type.js'
import type { Encoding } from './metadata.js'

/** Where the PLAIN form of a page's values lies. */
export interface PlainValues {
  /** To be freed; undefined where the values lie in the page. */
  readonly buffer: KernelBuffer | undefined
  readonly from: number
  readonly end: number
}

const BYTES_MAX = 1 << 30

/**
 * Rewrites the values of a page from one of the newer encodings to PLAIN, so that everything after has one form to read.
 * @param valueCount at most so many values, nulls included
 * @throws ParquetFormatError for damaged values and encodings that don't fit the physical type
 */
export function plainValues(
  memory: KernelMemory,
  encoding: Encoding,
  leaf: LeafEncoding,
  from: number,
  end: number,
  valueCount: number,
): PlainValues {
  switch (encoding) {
    case 'PLAIN':
      return { buffer: undefined, from, end }
    case 'DELTA_BINARY_PACKED':
      return deltaIntegers(memory, leaf, from, end, valueCount)
    case 'DELTA_LENGTH_BYTE_ARRAY':
      if (leaf.physical === 'BYTE_ARRAY') return deltaLengths(memory, from, end, valueCount)
      break
    case 'DELTA_BYTE_ARRAY':
      if (leaf.physical === 'BYTE_ARRAY' || leaf.physical === 'FIXED_LEN_BYTE_ARRAY') {
        return deltaBytes(memory, leaf, from, end, valueCount)
      }
      break
    case 'BYTE_STREAM_SPLIT':
      if (leaf.byteLength > 0) return byteStreams(memory, leaf.byteLength, from, end, valueCount)
      break
    default:
  }
  throw new ParquetFormatError(`values of ${leaf.physical} are encoded as ${encoding}`)
}

interface DeltaLane {
  /** 64-bit integers. */
  readonly buffer: KernelBuffer
  readonly count: number
  /** Where the encoded integers end. */
  readonly end: number
}

function readDeltas(
  memory: KernelMemory,
  from: number,
  end: number,
  valueCount: number,
): DeltaLane {
  const view = memory.view()
  let at = from
  const varint = (): number => {
    let value = 0
    for (let unit = 1; unit <= 2 ** 63; unit *= 128) {
      if (at >= end) throw cutOff()
      const byte = view.getUint8(at++)
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
    }
    throw new ParquetFormatError('a delta header has a number that is too long')
  }
  const zigzag = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= end) throw cutOff()
      const byte = view.getUint8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))
    }
    throw new ParquetFormatError('a delta header has a number that is too long')
  }
  const blockSize = varint()
  const miniblocks = varint()
  const count = varint()
  const first = zigzag()
  const perMiniblock = blockSize / miniblocks
  const isWhole = Number.isInteger(perMiniblock) && perMiniblock > 0 && perMiniblock % 8 === 0
  if (!isWhole || blockSize > 1 << 24) throw new ParquetFormatError('a delta header is malformed')
  if (count > valueCount) throw new ParquetFormatError('a page has more values than it says')
  if (count * 8 > BYTES_MAX) throw new ParquetFormatError(`a page of ${count} values`)
  const buffer = memory.allocate(Math.max(8, count * 8))
  memory.view().setBigInt64(buffer.address, first, true)
  let next = at
  if (count > 1) {
    next = memory.kernels.delta(at, end, miniblocks, perMiniblock, count, buffer.address)
    if (next === 0) {
      memory.free(buffer)
      throw cutOff()
    }
  }
  return { buffer, count, end: next }
}

const cutOff = (): ParquetFormatError => new ParquetFormatError('delta-encoded values are cut off')

function deltaIntegers(
  memory: KernelMemory,
  leaf: LeafEncoding,
  from: number,
  end: number,
  valueCount: number,
): PlainValues {
  if (leaf.physical !== 'INT32' && leaf.physical !== 'INT64') {
    throw new ParquetFormatError(`values of ${leaf.physical} are encoded as DELTA_BINARY_PACKED`)
  }
  const { buffer, count } = readDeltas(memory, from, end, valueCount)
  const { address } = buffer
  // From front to back within one buffer: what is read lies at or behind what is written.
  if (leaf.byteLength === 4) memory.kernels.truncate64_32(address, address, count)
  return { buffer, from: address, end: address + count * leaf.byteLength }
}

/** Lengths as numbers; the lane is freed. */
function readLengths(
  memory: KernelMemory,
  from: number,
  end: number,
  valueCount: number,
): { readonly lengths: Float64Array; readonly end: number } {
  const lane = readDeltas(memory, from, end, valueCount)
  const lengths = new Float64Array(lane.count)
  const words = new BigInt64Array(memory.buffer, lane.buffer.address, lane.count)
  let isNegative = false
  for (let i = 0; i < lane.count; i++) {
    const length = Number(words[i]!)
    if (!(length >= 0 && length <= BYTES_MAX)) isNegative = true
    lengths[i] = length
  }
  memory.free(lane.buffer)
  if (isNegative) throw new ParquetFormatError('a string has an impossible length')
  return { lengths, end: lane.end }
}

function deltaLengths(
  memory: KernelMemory,
  from: number,
  end: number,
  valueCount: number,
): PlainValues {
  const { lengths, end: dataStart } = readLengths(memory, from, end, valueCount)
  const byteLength = end - dataStart + lengths.length * 4
  const buffer = memory.allocate(byteLength)
  const all = new Uint8Array(memory.buffer)
  const view = memory.view()
  let at = dataStart
  let to = buffer.address
  for (const length of lengths) {
    if (length > end - at) {
      memory.free(buffer)
      throw cutOff()
    }
    view.setInt32(to, length, true)
    all.copyWithin(to + 4, at, at + length)
    at += length
    to += 4 + length
  }
  return { buffer, from: buffer.address, end: to }
}

function deltaBytes(
  memory: KernelMemory,
  leaf: LeafEncoding,
  from: number,
  end: number,
  valueCount: number,
): PlainValues {
  const prefixes = readLengths(memory, from, end, valueCount)
  const suffixes = readLengths(memory, prefixes.end, end, valueCount)
  if (prefixes.lengths.length !== suffixes.lengths.length) {
    throw new ParquetFormatError('a page has more prefixes than suffixes')
  }
  const isFixed = leaf.physical === 'FIXED_LEN_BYTE_ARRAY'
  const headBytes = isFixed ? 0 : 4
  let byteLength = 0
  let before = 0
  for (let i = 0; i < prefixes.lengths.length; i++) {
    const length = prefixes.lengths[i]! + suffixes.lengths[i]!
    if (prefixes.lengths[i]! > before || (isFixed && length !== leaf.byteLength)) throw cutOff()
    before = length
    byteLength += headBytes + length
    if (byteLength > BYTES_MAX) throw new ParquetFormatError('strings of a page take over 1 GB')
  }
  const buffer = memory.allocate(byteLength)
  const all = new Uint8Array(memory.buffer)
  const view = memory.view()
  let at = suffixes.end
  let to = buffer.address
  let previous = to
  for (let i = 0; i < prefixes.lengths.length; i++) {
    const prefix = prefixes.lengths[i]!
    const suffix = suffixes.lengths[i]!
    if (suffix > end - at) {
      memory.free(buffer)
      throw cutOff()
    }
    if (!isFixed) view.setInt32(to, prefix + suffix, true)
    const start = to + headBytes
    all.copyWithin(start, previous, previous + prefix)
    all.copyWithin(start + prefix, at, at + suffix)
    at += suffix
    previous = start
    to = start + prefix + suffix
  }
  return { buffer, from: buffer.address, end: to }
}

/** One stream a byte of the value. */
function byteStreams(
  memory: KernelMemory,
  byteLength: number,
  from: number,
  end: number,
  valueCount: number,
): PlainValues {
  const count = Math.min(valueCount, Math.floor((end - from) / byteLength))
  if (count * byteLength !== end - from) {
    throw new ParquetFormatError('streams of bytes have different lengths')
  }
  const buffer = memory.allocate(end - from)
  const source = memory.bytes(from, end - from)
  const target = memory.bytes(buffer.address, end - from)
  for (let stream = 0; stream < byteLength; stream++) {
    const start = stream * count
    for (let i = 0, to = stream; i < count; i++, to += byteLength) target[to] = source[start + i]!
  }
  return { buffer, from: buffer.address, end: buffer.address + count * byteLength }
}
