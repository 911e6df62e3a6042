import type { RandomStream } from './random.js'
import { drawsFactor, multiplyStates, stateAtRow } from './random.js'

/** Scale factors from which dbgen draws part and customer keys from 64-bit streams. */
export const SCALE_FACTOR_64_BIT = 30_000

const TWO_32 = 4_294_967_296
const MULTIPLIER_HIGH = 0x5851f42d
const MULTIPLIER_LOW = 0x4c957f2d

/** A 64-bit state as two unsigned 32-bit halves. */
interface State64 {
  high: number
  low: number
}

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(left: number, right: number): number {
  const leftLow = left & 0xffff
  const leftHigh = left >>> 16
  const rightLow = right & 0xffff
  const rightHigh = right >>> 16
  const carry = leftHigh * rightLow + Math.floor((leftLow * rightLow) / 65_536)
  const middle = leftLow * rightHigh + (carry % 65_536)
  return (leftHigh * rightHigh + Math.floor(carry / 65_536) + Math.floor(middle / 65_536)) >>> 0
}

/** One step of Knuth's 64-bit linear congruential generator, increment 1. */
function advance64(state: State64): void {
  const { high, low } = state
  const product = Math.imul(low, MULTIPLIER_LOW) >>> 0
  const upper =
    multiplyHigh(low, MULTIPLIER_LOW) +
    (Math.imul(high, MULTIPLIER_LOW) >>> 0) +
    (Math.imul(low, MULTIPLIER_HIGH) >>> 0)
  const nextLow = (product + 1) >>> 0
  state.low = nextLow
  state.high = (upper + (nextLow === 0 ? 1 : 0)) % TWO_32
}

/** |state| as a signed 64-bit integer, modulo `range` (below 2^45, so that every step stays exact). */
function absoluteModulo(state: State64, range: number): number {
  let { high, low } = state
  if (high >= 0x80000000) {
    high = TWO_32 - high - (low === 0 ? 0 : 1)
    low = (TWO_32 - low) % TWO_32
  }
  let remainder = high % range
  for (let shift = 24; shift >= 0; shift -= 8) {
    remainder = (remainder * 256 + ((low >>> shift) & 0xff)) % range
  }
  return remainder
}

/**
 * The 64-bit counterpart of fillRagged. dbgen advances these streams between rows with the 31-bit generator's
 * factors, which do not agree with stepping through the rows: in dbgen and Trino a key depends on where the
 * row's split began. Here every row is drawn as the first of a split, so that a row's keys are always the same.
 */
export function fillRagged64(
  out: Float64Array,
  counts: Uint8Array,
  stream: RandomStream,
  firstRow: number,
  low: number,
  high: number,
): void {
  const range = high - low + 1
  const factor = drawsFactor(stream.drawsPerRow)
  const state: State64 = { high: 0, low: 0 }
  let rowState = stateAtRow(stream, firstRow)
  let position = 0
  for (let row = 0; row < counts.length; row++) {
    state.high = 0
    state.low = rowState
    const end = position + counts[row]!
    while (position < end) {
      advance64(state)
      out[position++] = low + absoluteModulo(state, range)
    }
    rowState = multiplyStates(rowState, factor)
  }
}
