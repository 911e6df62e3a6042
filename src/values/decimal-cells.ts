import type { IntegerBlock } from '../spi/index.js'
import type { CellsReader } from './cells-reader.js'
import { numberReader } from './integer-reader.js'
import { decimalText } from './number-text.js'
import { textParts } from './text-parts.js'
import { textDecoder } from './text-reader.js'

/**
 * The texts of a DECIMAL's positions, by runs.
 * @param block of integers that are safe whatever is stored
 */
export const decimalCells = (block: IntegerBlock, scale: number): CellsReader =>
  block.storage === 'i8' ? knownCells(block, scale) : writtenCells(block, scale)

/** Stored bytes are so few that each one's text is made once. */
function knownCells({ values, base, factor }: IntegerBlock, scale: number): CellsReader {
  const texts: (string | undefined)[] = new Array(256).fill(undefined)
  return (start, end) => {
    const cells: string[] = new Array(end - start)
    for (let i = 0; i < cells.length; i++) {
      const stored = Number(values[start + i]!)
      cells[i] = texts[stored + 128] ??= decimalText(base + factor * stored, scale)
    }
    return cells
  }
}

/** A sign, the point, and 16 digits of a safe integer; or a 0 before the point and as many digits as the scale has. */
const textBytes = (scale: number): number => 2 + Math.max(16, scale + 1)

/** One string a run, of which each value is a part: written from its end, as digits come from the last. */
function writtenCells(block: IntegerBlock, scale: number): CellsReader {
  const read = numberReader(block)
  let bytes = new Uint8Array(0)
  let ends = new Int32Array(0)
  let decode = textDecoder(bytes, true)
  return (start, end) => {
    const count = end - start
    if (ends.length < count) {
      bytes = new Uint8Array(count * textBytes(scale))
      ends = new Int32Array(count)
      decode = textDecoder(bytes, true)
    }
    let at = bytes.length
    for (let i = count - 1; i >= 0; i--) {
      ends[i] = at
      at = writeBefore(bytes, at, read(start + i), scale)
    }
    return textParts(decode(at, bytes.length), at, ends, 0, count)
  }
}

const MAX_INT32 = 2 ** 31 - 1
const ZERO = 48
const MINUS = 45
const POINT = 46

/** Writes the text of a safe integer with `scale` fraction digits before byte `end`. @returns where it starts */
function writeBefore(bytes: Uint8Array, end: number, unscaled: number, scale: number): number {
  let at = end
  let digits = 0
  let rest = Math.abs(unscaled)
  while (rest > MAX_INT32) {
    const next = Math.floor(rest / 10)
    bytes[--at] = ZERO + (rest - next * 10)
    if (++digits === scale) bytes[--at] = POINT
    rest = next
  }
  // Division of 32-bit integers is a multiplication.
  let low = rest | 0
  do {
    const next = (low / 10) | 0
    bytes[--at] = ZERO + (low - next * 10)
    if (++digits === scale) bytes[--at] = POINT
    low = next
  } while (low !== 0 || digits <= scale)
  if (unscaled < 0) bytes[--at] = MINUS
  return at
}
