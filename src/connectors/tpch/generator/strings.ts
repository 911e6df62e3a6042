import type { BytesColumn, GenerationContext } from './column.js'
import { allocateInt32 } from './column.js'
import { PART_COLORS } from './distributions.js'
import type { RandomStream } from './random.js'
import {
  drawsFactor,
  MODULUS,
  multiplyStates,
  nextState,
  stateAtRow,
  stateValue,
} from './random.js'

const encoder = new TextEncoder()
const ALPHANUMERICS = encoder.encode(
  '0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,',
)
const ZERO = 48
const DASH = 45
const BLANK = 32

/** Addresses: 10 to 40 random characters; one draw for the length and one for every five characters. */
export const ADDRESS_DRAWS = 9
const ADDRESS_LENGTH_MIN = 10
const ADDRESS_LENGTH_RANGE = 31
/** A range of 2^31 has overflowed to this in dbgen, so that the 32 random bits are negative. */
const OVERFLOWN_RANGE = -2_147_483_648

export function addressColumn(
  context: GenerationContext,
  stream: RandomStream,
  firstRow: number,
  rowCount: number,
): BytesColumn {
  const factor = drawsFactor(stream.drawsPerRow)
  const states = context.scratch.take(rowCount)
  const offsets = allocateInt32(context, rowCount + 1)
  let rowState = stateAtRow(stream, firstRow)
  let byteCount = 0
  for (let row = 0; row < rowCount; row++) {
    const state = nextState(rowState)
    states[row] = state
    offsets[row] = byteCount
    byteCount += stateValue(state, ADDRESS_LENGTH_MIN, ADDRESS_LENGTH_RANGE)
    rowState = multiplyStates(rowState, factor)
  }
  offsets[rowCount] = byteCount
  const bytes = context.allocate(byteCount)
  for (let row = 0; row < rowCount; row++) {
    let state = states[row]!
    const end = offsets[row + 1]!
    for (let group = offsets[row]!; group < end; group += 5) {
      state = nextState(state)
      let bits = stateValue(state, 0, OVERFLOWN_RANGE)
      const groupEnd = Math.min(group + 5, end)
      for (let position = group; position < groupEnd; position++) {
        bytes[position] = ALPHANUMERICS[bits & 63]!
        bits >>= 6
      }
    }
  }
  return { kind: 'bytes', offsets, bytes }
}

/** Phone numbers take three draws. */
export const PHONE_DRAWS = 3
const PHONE_LENGTH = 15
const COUNTRY_CODE_MIN = 10

/** Phone numbers "cc-ddd-ddd-dddd", whose country code follows from the nation. */
export function phoneColumn(
  context: GenerationContext,
  stream: RandomStream,
  firstRow: number,
  nationKeys: Int32Array,
): BytesColumn {
  const rowCount = nationKeys.length
  const offsets = allocateInt32(context, rowCount + 1)
  const bytes = context.allocate(rowCount * PHONE_LENGTH)
  let state = stateAtRow(stream, firstRow)
  for (let row = 0; row < rowCount; row++) {
    const start = row * PHONE_LENGTH
    offsets[row] = start
    writeDigits(bytes, start, 2, COUNTRY_CODE_MIN + nationKeys[row]!)
    bytes[start + 2] = DASH
    state = nextState(state)
    writeDigits(bytes, start + 3, 3, 100 + (((state / MODULUS) * 900) | 0))
    bytes[start + 6] = DASH
    state = nextState(state)
    writeDigits(bytes, start + 7, 3, 100 + (((state / MODULUS) * 900) | 0))
    bytes[start + 10] = DASH
    state = nextState(state)
    writeDigits(bytes, start + 11, 4, 1000 + (((state / MODULUS) * 9000) | 0))
  }
  offsets[rowCount] = rowCount * PHONE_LENGTH
  return { kind: 'bytes', offsets, bytes }
}

function writeDigits(out: Uint8Array, start: number, count: number, value: number): void {
  for (let position = start + count - 1; position >= start; position--) {
    const rest = Math.trunc(value / 10)
    out[position] = ZERO + (value - rest * 10)
    value = rest
  }
}

const NUMBER_DIGITS_MIN = 9

/** A prefix and nine digits (more where the number has more), as "Customer#000000001". */
export const numberedName = (prefix: string, number: number): string =>
  prefix + String(number).padStart(NUMBER_DIGITS_MIN, '0')

/** The names `prefix` with the numbers from `firstNumber` on. */
export function numberedNameColumn(
  context: GenerationContext,
  prefix: string,
  firstNumber: number,
  rowCount: number,
): BytesColumn {
  const numbers = new Float64Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    numbers[row] = firstNumber + row
  }
  return numberedNamesOf(context, prefix, numbers)
}

/** The names `prefix` with each of the numbers. */
export function numberedNamesOf(
  context: GenerationContext,
  prefix: string,
  numbers: Int32Array | Float64Array,
): BytesColumn {
  const rowCount = numbers.length
  const prefixBytes = encoder.encode(prefix)
  const offsets = allocateInt32(context, rowCount + 1)
  let byteCount = 0
  for (let row = 0; row < rowCount; row++) {
    offsets[row] = byteCount
    byteCount += prefixBytes.length + digitCount(numbers[row]!)
  }
  offsets[rowCount] = byteCount
  const bytes = context.allocate(byteCount)
  for (let row = 0; row < rowCount; row++) {
    const start = offsets[row]!
    for (let i = 0; i < prefixBytes.length; i++) {
      bytes[start + i] = prefixBytes[i]!
    }
    const digits = start + prefixBytes.length
    writeDigits(bytes, digits, offsets[row + 1]! - digits, numbers[row]!)
  }
  return { kind: 'bytes', offsets, bytes }
}

function digitCount(number: number): number {
  let count = NUMBER_DIGITS_MIN
  for (let limit = 1e9; number >= limit; limit *= 10) {
    count++
  }
  return count
}

const NAME_WORDS = 5

/** Part names take a draw for each of their words, but as many are set aside as there are colors. */
export const PART_NAME_DRAWS = PART_COLORS.length

/** Five different colors a name: the beginning of a shuffle of all of them. */
export function partNameColumn(
  context: GenerationContext,
  stream: RandomStream,
  firstRow: number,
  rowCount: number,
): BytesColumn {
  const factor = drawsFactor(stream.drawsPerRow)
  const colorCount = PART_COLORS.length
  const colors = PART_COLORS.map((color) => encoder.encode(color))
  const picked = context.scratch.take(rowCount * NAME_WORDS)
  const order = Uint8Array.from(PART_COLORS, (_, index) => index)
  const swapped = new Uint8Array(NAME_WORDS)
  const offsets = allocateInt32(context, rowCount + 1)
  let rowState = stateAtRow(stream, firstRow)
  let byteCount = 0
  for (let row = 0; row < rowCount; row++) {
    let state = rowState
    offsets[row] = byteCount
    for (let word = 0; word < NAME_WORDS; word++) {
      state = nextState(state)
      const other = stateValue(state, word, colorCount - word)
      const color = order[other]!
      order[other] = order[word]!
      order[word] = color
      swapped[word] = other
      picked[row * NAME_WORDS + word] = color
      byteCount += colors[color]!.length + 1
    }
    byteCount--
    for (let word = 0; word < NAME_WORDS; word++) {
      order[swapped[word]!] = swapped[word]!
      order[word] = word
    }
    rowState = multiplyStates(rowState, factor)
  }
  offsets[rowCount] = byteCount
  const bytes = context.allocate(byteCount)
  for (let row = 0, position = 0; row < rowCount; row++) {
    for (let word = 0; word < NAME_WORDS; word++) {
      const color = colors[picked[row * NAME_WORDS + word]!]!
      if (word > 0) {
        bytes[position++] = BLANK
      }
      for (let i = 0; i < color.length; i++) {
        bytes[position++] = color[i]!
      }
    }
  }
  return { kind: 'bytes', offsets, bytes }
}
