import type { Block, FlatBlock, IntegerBlock, SqlType, Validity } from '../spi/index.js'
import { isNull, isValid } from '../spi/index.js'

/** Positions of a block, some of them null whatever the block says. */
interface Positions {
  readonly indexes: Int32Array
  /** Null where the bit is 0; null: none. */
  readonly validity: Validity
}

/** The positions of a selection or dictionary as a flat block of its own, in garbage-collected memory. O(bytes). */
export const gather = (
  block: FlatBlock,
  indexes: Int32Array,
  validity: Validity = null,
): FlatBlock => gatherFlat(block, { indexes, validity })

/** A constant or dictionary block, or a part of it, as a flat block. */
export function flattenRange(block: Block, start: number, rowCount: number): FlatBlock {
  const indexes = new Int32Array(rowCount)
  if (block.encoding === 'constant') return gather(block.value, indexes)
  if (block.encoding === 'flat') {
    for (let i = 0; i < rowCount; i++) indexes[i] = start + i
    return gather(block, indexes)
  }
  const { codes, validity } = block
  for (let i = 0; i < rowCount; i++) indexes[i] = codes[start + i]!
  return gather(block.dictionary, indexes, sliceValidity(validity, start, rowCount).validity)
}

/** A range of a bitmap as one of its own, with the count of its zeros; null where it has none. */
export function sliceValidity(
  validity: Validity,
  start: number,
  rowCount: number,
): { readonly validity: Validity; readonly nullCount: number } {
  if (validity === null || rowCount === 0) return { validity: null, nullCount: 0 }
  const byteLength = (rowCount + 7) >> 3
  const shift = start & 7
  const first = start >> 3
  let bits: Uint8Array
  if (shift === 0 && (rowCount & 7) === 0) bits = validity.subarray(first, first + byteLength)
  else {
    bits = new Uint8Array(byteLength)
    for (let i = 0; i < byteLength; i++) {
      bits[i] = (validity[first + i]! >> shift) | ((validity[first + i + 1] ?? 0) << (8 - shift))
    }
    if ((rowCount & 7) !== 0) bits[byteLength - 1]! &= (1 << (rowCount & 7)) - 1
  }
  let ones = 0
  for (let i = 0; i < byteLength; i++) ones += BIT_COUNTS[bits[i]!]!
  return ones === rowCount
    ? { validity: null, nullCount: 0 }
    : { validity: bits, nullCount: rowCount - ones }
}

const BIT_COUNTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0
  for (let bits = byte; bits !== 0; bits >>= 1) count += bits & 1
  return count
})

function gatherValidity(block: FlatBlock, { indexes, validity }: Positions): Validity {
  if (block.validity === null) return validity
  const bits = new Uint8Array((indexes.length + 7) >> 3)
  for (let i = 0; i < indexes.length; i++) {
    if (isValid(validity, i) && isValid(block.validity, indexes[i]!)) bits[i >> 3]! |= 1 << (i & 7)
  }
  return bits
}

function gatherFlat(block: FlatBlock, positions: Positions): FlatBlock {
  const { indexes } = positions
  const rowCount = indexes.length
  const type: SqlType = block.type
  const validity = gatherValidity(block, positions)
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return gatherIntegers(block, indexes, validity)
    case 'f32': {
      const values = copyNumbers(block.values, new Float32Array(rowCount), indexes)
      return { ...block, rowCount, validity, values }
    }
    case 'f64': {
      const values = copyNumbers(block.values, new Float64Array(rowCount), indexes)
      return { ...block, rowCount, validity, values }
    }
    case 'bool': {
      const values = copyNumbers(block.values, new Uint8Array(rowCount), indexes)
      return { ...block, rowCount, validity, values }
    }
    case 'fixed16': {
      const values = new Uint8Array(rowCount * 16)
      for (let i = 0; i < rowCount; i++) {
        const from = indexes[i]! * 16
        for (let byte = 0; byte < 16; byte++) values[i * 16 + byte] = block.values[from + byte]!
      }
      return { ...block, rowCount, validity, values }
    }
    case 'bytes': {
      const { offsets, bytes } = gatherBytes(block, positions)
      return { ...block, rowCount, validity, offsets, bytes }
    }
    case 'array': {
      const { offsets, children } = childPositions(block, positions)
      return {
        ...block,
        rowCount,
        validity,
        offsets,
        elements: gatherBlock(block.elements, children),
      }
    }
    case 'map': {
      const { offsets, children } = childPositions(block, positions)
      const keys = gatherBlock(block.keys, children)
      return {
        ...block,
        rowCount,
        validity,
        offsets,
        keys,
        mapValues: gatherBlock(block.mapValues, children),
      }
    }
    case 'row': {
      const fields = block.fields.map((field) => gatherBlock(field, indexes))
      return { ...block, rowCount, validity, fields }
    }
    case 'null':
      return { type, encoding: 'flat', storage: 'null', rowCount, validity: null }
  }
}

function gatherBlock(block: Block, indexes: Int32Array): FlatBlock {
  if (block.encoding === 'flat') return gather(block, indexes)
  if (block.encoding === 'constant') return gather(block.value, new Int32Array(indexes.length))
  const composed = indexes.map((index) => block.codes[index]!)
  if (block.validity === null) return gather(block.dictionary, composed)
  const bits = new Uint8Array((indexes.length + 7) >> 3)
  for (let i = 0; i < indexes.length; i++) {
    if (isValid(block.validity, indexes[i]!)) bits[i >> 3]! |= 1 << (i & 7)
  }
  return gather(block.dictionary, composed, bits)
}

function copyNumbers<T extends { [position: number]: number }>(
  from: T,
  to: T,
  indexes: Int32Array,
): T {
  for (let i = 0; i < indexes.length; i++) to[i] = from[indexes[i]!]!
  return to
}

function gatherIntegers(
  block: IntegerBlock,
  indexes: Int32Array,
  validity: Validity,
): IntegerBlock {
  const rowCount = indexes.length
  const { values } = block
  const fields = {
    type: block.type,
    encoding: 'flat',
    storage: block.storage,
    rowCount,
    validity,
    base: block.base,
    factor: block.factor,
    ...(block.bounds === undefined ? {} : { bounds: block.bounds }),
  } as const
  if (values instanceof BigInt64Array) {
    const gathered = new BigInt64Array(rowCount)
    for (let i = 0; i < rowCount; i++) gathered[i] = values[indexes[i]!]!
    return { values: gathered, ...fields }
  }
  if (values instanceof Int32Array) {
    return { values: copyNumbers(values, new Int32Array(rowCount), indexes), ...fields }
  }
  if (values instanceof Int16Array) {
    return { values: copyNumbers(values, new Int16Array(rowCount), indexes), ...fields }
  }
  return { values: copyNumbers(values, new Int8Array(rowCount), indexes), ...fields }
}

/** Texts shorter than this are copied byte by byte, which is faster than a call each. */
const SHORT_BYTES = 24

function gatherBytes(
  { offsets: from, bytes: source, validity }: Extract<FlatBlock, { storage: 'bytes' }>,
  positions: Positions,
): { readonly offsets: Int32Array; readonly bytes: Uint8Array } {
  const { indexes } = positions
  const rowCount = indexes.length
  const offsets = new Int32Array(rowCount + 1)
  let end = 0
  for (let i = 0; i < rowCount; i++) {
    const index = indexes[i]!
    if (isValid(positions.validity, i) && isValid(validity, index)) {
      end += from[index + 1]! - from[index]!
    }
    offsets[i + 1] = end
  }
  const bytes = new Uint8Array(end)
  for (let i = 0; i < rowCount; i++) {
    const at = offsets[i]!
    const length = offsets[i + 1]! - at
    const start = from[indexes[i]!]!
    if (length >= SHORT_BYTES) bytes.set(source.subarray(start, start + length), at)
    else for (let byte = 0; byte < length; byte++) bytes[at + byte] = source[start + byte]!
  }
  return { offsets, bytes }
}

/** Where the children of gathered arrays or maps lie. */
function childPositions(
  block: Extract<FlatBlock, { storage: 'array' | 'map' }>,
  { indexes, validity }: Positions,
): { readonly offsets: Int32Array; readonly children: Int32Array } {
  const offsets = new Int32Array(indexes.length + 1)
  let end = 0
  for (let i = 0; i < indexes.length; i++) {
    const index = indexes[i]!
    if (isValid(validity, i) && !isNull(block, index)) {
      end += block.offsets[index + 1]! - block.offsets[index]!
    }
    offsets[i + 1] = end
  }
  const children = new Int32Array(end)
  for (let i = 0; i < indexes.length; i++) {
    const start = block.offsets[indexes[i]!]!
    const at = offsets[i]!
    const length = offsets[i + 1]! - at
    for (let k = 0; k < length; k++) children[at + k] = start + k
  }
  return { offsets, children }
}
