import { assert } from '../../../../spi/index.js'

/** Seven bits before a number and the number are a word. */
const PACKED_WIDTH_MAX = 25

/**
 * Writes numbers as runs and bit-packed groups of eight: a run where at least eight equal ones follow each other.
 * @param values Int32Array of numbers below 2^width
 * @param width at most 25: codes of dictionaries and levels have fewer bits
 * @returns the bytes in a new array
 */
export function writeHybrid(values: Int32Array, width: number): Uint8Array {
  assert(width <= PACKED_WIDTH_MAX, 'numbers that fit a word beside the bits before them')
  const out = new Uint8Array(hybridBytesMax(values.length, width))
  let length = 0
  const varint = (value: number): void => {
    while (value >= 0x80) {
      out[length++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    out[length++] = value
  }
  const pack = (from: number, to: number): void => {
    if (to === from) return
    const groups = Math.ceil((to - from) / 8)
    varint(groups * 2 + 1)
    length = packBits(values, from, to, width, out, length)
    const end = from + groups * 8
    // The last group is filled with zeroes.
    length += (((end - from) * width) >> 3) - Math.ceil(((to - from) * width) / 8)
  }
  const count = values.length
  let packedFrom = 0
  let i = 0
  while (i < count) {
    const value = values[i]!
    let end = i + 1
    while (end < count && values[end] === value) end++
    // Packed groups are whole: the first values of a run fill the group before it.
    const runFrom = packedFrom === i ? i : packedFrom + Math.ceil((i - packedFrom) / 8) * 8
    if (end - runFrom >= 8) {
      pack(packedFrom, runFrom)
      varint((end - runFrom) * 2)
      for (let shift = 0; shift < width; shift += 8) out[length++] = (value >>> shift) & 255
      packedFrom = end
    }
    i = end
  }
  pack(packedFrom, count)
  return out.subarray(0, length)
}

const hybridBytesMax = (count: number, width: number): number =>
  Math.ceil(((count + 8) * width) / 8) + 16 + count

/** @param width at most {@link PACKED_WIDTH_MAX} */
function packBits(
  values: Int32Array,
  from: number,
  to: number,
  width: number,
  out: Uint8Array,
  length: number,
): number {
  let bits = 0
  let held = 0
  for (let i = from; i < to; i++) {
    bits |= values[i]! << held
    for (held += width; held >= 8; held -= 8) {
      out[length++] = bits
      bits >>>= 8
    }
  }
  if (held > 0) out[length++] = bits
  return length
}
