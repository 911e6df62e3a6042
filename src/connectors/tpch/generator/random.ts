/**
 * The random streams of TPC-H's dbgen: every generated field draws from a Lehmer generator of its own
 * (seed * 16807 mod 2^31 - 1), and every row of a table uses a fixed number of draws of it, so that any row's
 * state is reached in O(log n) (dbgen rnd.c; io.trino.tpch AbstractRandomInt).
 */
export interface RandomStream {
  readonly seed: number
  /** Draws that belong to one row, whether the row takes them all or not. */
  readonly drawsPerRow: number
}

const MULTIPLIER = 16807
export const MODULUS = 2_147_483_647

/** A stream as dbgen declares it. */
export const randomStream = (seed: number, drawsPerRow = 1): RandomStream => ({ seed, drawsPerRow })

/**
 * The state after one draw from `state`, both in [1, 2^31 - 2]. The product is folded at bit 31, as 2^31 is 1 in
 * this modulus; all in 32-bit integers.
 */
export function nextState(state: number): number {
  const high = Math.imul(state >>> 16, MULTIPLIER)
  const folded = Math.imul(state & 0xffff, MULTIPLIER) + ((high & 0x7fff) << 16) + (high >>> 15)
  return (folded & MODULUS) + (folded >>> 31)
}

/**
 * `left * right` modulo 2^31 - 1. The quotient is estimated in a double from below (its error stays under 2^-20),
 * the remainder is exact in the low 32 bits.
 */
export function multiplyStates(left: number, right: number): number {
  const quotient = (left * (right / MODULUS) - 1e-6) | 0
  const remainder = (Math.imul(left, right) - Math.imul(quotient, MODULUS)) >>> 0
  return remainder >= MODULUS ? remainder - MODULUS : remainder
}

/** The factor that advances a state by `draws` draws (a safe integer). */
export function drawsFactor(draws: number): number {
  let factor = 1
  let power = MULTIPLIER
  for (let left = draws; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      factor = multiplyStates(factor, power)
    }
    power = multiplyStates(power, power)
  }
  return factor
}

/** The state from which the first draw of row `row` (from 0) is made. */
export const stateAtRow = (stream: RandomStream, row: number): number =>
  multiplyStates(stream.seed, drawsFactor(row * stream.drawsPerRow))

/**
 * The value that a state stands for in [low, low + range). The order of the double operations is dbgen's, and
 * so is that it overflows for a range of -2^31 (alphanumeric strings depend on that).
 */
export const stateValue = (state: number, low: number, range: number): number =>
  low + (((state / MODULUS) * range) | 0)

/** Draws once a position: position i of `out` is draw i + 1 after `state`. */
export function fillSequence(out: Int32Array, state: number, low: number, high: number): void {
  const range = high - low + 1
  for (let i = 0; i < out.length; i++) {
    state = nextState(state)
    out[i] = low + (((state / MODULUS) * range) | 0)
  }
}

/** As {@link fillSequence}, for values that fit a byte. */
export function fillBytes(out: Uint8Array, state: number, low: number, high: number): void {
  const range = high - low + 1
  for (let i = 0; i < out.length; i++) {
    state = nextState(state)
    out[i] = low + (((state / MODULUS) * range) | 0)
  }
}

/**
 * Draws for rows of differing length: row r takes `counts[r]` draws of its `drawsPerRow`, written one after
 * another to `out`.
 */
export function fillRagged(
  out: Int32Array,
  counts: Uint8Array,
  stream: RandomStream,
  firstRow: number,
  low: number,
  high: number,
): void {
  const range = high - low + 1
  const factor = drawsFactor(stream.drawsPerRow)
  let rowState = stateAtRow(stream, firstRow)
  let position = 0
  for (let row = 0; row < counts.length; row++) {
    let state = rowState
    const end = position + counts[row]!
    while (position < end) {
      state = nextState(state)
      out[position++] = low + (((state / MODULUS) * range) | 0)
    }
    rowState = multiplyStates(rowState, factor)
  }
}
