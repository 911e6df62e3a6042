import {
  type Block,
  type BytesBlock,
  type FlatBlock,
  flatten,
  isValid,
  selectPositions,
  type Validity,
} from '../../spi/index.js'

/**
 * The given positions of a stored block as one that can be stored, in the encoding and width that it has; its bounds stay as wide as they were.
 * @param positions Int32Array, ascending
 */
export function gather(block: Block, positions: Int32Array): Block {
  switch (block.encoding) {
    case 'constant':
      return flatten({ ...block, rowCount: positions.length })
    case 'dictionary':
      return selectPositions(block, positions)
    case 'flat':
      return gatherFlat(block, positions)
  }
}

function gatherFlat(block: FlatBlock, positions: Int32Array): FlatBlock {
  const rowCount = positions.length
  const validity = gatherValidity(block.validity, positions)
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'f32':
    case 'f64':
    case 'bool': {
      const values = new (block.values.constructor as Float64ArrayConstructor)(rowCount)
      const from = block.values as Float64Array
      for (let i = 0; i < rowCount; i++) values[i] = from[positions[i]!]!
      return { ...block, rowCount, validity, values } as FlatBlock
    }
    case 'i64': {
      // As 32-bit words, so that no BigInt is made.
      const values = new BigInt64Array(rowCount)
      copyWords(block.values as BigInt64Array, values, positions, 1)
      return { ...block, rowCount, validity, values }
    }
    case 'fixed16': {
      const values = new Uint8Array(rowCount * 16)
      copyWords(block.values, values, positions, 2)
      return { ...block, rowCount, validity, values }
    }
    case 'bytes':
      return gatherBytes(block, positions, validity)
    case 'array':
    case 'map':
    case 'row':
      return flatten(selectPositions(block, positions))
    case 'null':
      return { ...block, rowCount }
  }
}

/** Copies elements of 8 bytes times `words` as pairs of 32-bit words. */
function copyWords(
  from: ArrayBufferView,
  to: ArrayBufferView,
  positions: Int32Array,
  words: number,
): void {
  const width = words * 2
  const source = new Int32Array(from.buffer, from.byteOffset, from.byteLength / 4)
  const target = new Int32Array(to.buffer, to.byteOffset, to.byteLength / 4)
  for (let i = 0, next = 0; i < positions.length; i++) {
    const start = positions[i]! * width
    for (let word = 0; word < width; word++) target[next++] = source[start + word]!
  }
}

function gatherBytes(block: BytesBlock, positions: Int32Array, validity: Validity): BytesBlock {
  const rowCount = positions.length
  const offsets = new Int32Array(rowCount + 1)
  let size = 0
  for (let i = 0; i < rowCount; i++) {
    const position = positions[i]!
    size += block.offsets[position + 1]! - block.offsets[position]!
    offsets[i + 1] = size
  }
  const bytes = new Uint8Array(size)
  // Neighbours are copied together.
  for (let first = 0; first < rowCount; ) {
    let end = first + 1
    while (end < rowCount && positions[end]! === positions[end - 1]! + 1) end++
    const start = block.offsets[positions[first]!]!
    bytes.set(block.bytes.subarray(start, start + offsets[end]! - offsets[first]!), offsets[first]!)
    first = end
  }
  return { ...block, rowCount, validity, offsets, bytes }
}

function gatherValidity(validity: Validity, positions: Int32Array): Validity {
  if (validity === null) return null
  const bits = new Uint8Array((positions.length + 7) >> 3)
  for (let i = 0; i < positions.length; i++) {
    if (isValid(validity, positions[i]!)) bits[i >> 3]! |= 1 << (i & 7)
  }
  return bits
}
