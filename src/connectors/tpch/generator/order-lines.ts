import type { GenerationContext, RowRange, Scratch } from './column.js'
import type { NumberStream } from './draws.js'
import { drawLineNumbers, numberStream } from './draws.js'
import { partPrice } from './part-facts.js'
import { MODULUS, nextState, stateAtRow } from './random.js'
import { fillRagged64, SCALE_FACTOR_64_BIT } from './random64.js'
import { scaledRowCount } from './scale.js'

/** What orders and lineitem both draw: an order's total and state follow from its lines. */

export const LINES_PER_ORDER_MAX = 7

/** 1992-01-01 and 1998-08-02, in days since 1970, and the day on which the data was taken: 1995-06-17. */
export const ORDER_DATE_MIN = 8035
export const ORDER_DATE_MAX = 10_440
export const CURRENT_DATE = 9298

export const ORDER_DATE = numberStream(1066728069, ORDER_DATE_MIN, ORDER_DATE_MAX)
const LINE_COUNT = numberStream(1434868289, 1, LINES_PER_ORDER_MAX)
export const QUANTITY = numberStream(209208115, 1, 50, LINES_PER_ORDER_MAX)
export const DISCOUNT_PERCENT = numberStream(554590007, 0, 10, LINES_PER_ORDER_MAX)
export const TAX_PERCENT = numberStream(721958466, 0, 8, LINES_PER_ORDER_MAX)
export const SHIP_DAYS = numberStream(1769349045, 1, 121, LINES_PER_ORDER_MAX)
const PART_KEY_SEED = 1808217256

/** The lines of a range of orders. */
export interface OrderLines {
  readonly firstOrder: number
  /** Lines of each order. */
  readonly counts: Uint8Array
  readonly lineCount: number
}

export function orderLines(range: RowRange): OrderLines {
  const counts = new Uint8Array(range.endRow - range.startRow)
  const { stream, low, high } = LINE_COUNT
  const lineRange = high - low + 1
  let state = stateAtRow(stream, range.startRow)
  let lineCount = 0
  for (let i = 0; i < counts.length; i++) {
    state = nextState(state)
    const count = low + (((state / MODULUS) * lineRange) | 0)
    counts[i] = count
    lineCount += count
  }
  return { firstOrder: range.startRow, counts, lineCount }
}

/**
 * The end of the longest range of orders from `startOrder` on that has at most `lineCountMax` lines (but holds
 * one order at least) and ends at `endOrder` at the latest.
 */
export function orderRangeEnd(startOrder: number, endOrder: number, lineCountMax: number): number {
  const { stream, low, high } = LINE_COUNT
  const lineRange = high - low + 1
  let state = stateAtRow(stream, startOrder)
  let lineCount = 0
  for (let order = startOrder; order < endOrder; order++) {
    state = nextState(state)
    lineCount += low + (((state / MODULUS) * lineRange) | 0)
    if (lineCount > lineCountMax && order > startOrder) {
      return order
    }
  }
  return endOrder
}

/** The draws of a stream for all lines. */
export const drawLines = (
  context: GenerationContext,
  lines: OrderLines,
  numbers: NumberStream,
): Int32Array => drawLineNumbers(context, numbers, lines.firstOrder, lines.counts, lines.lineCount)

/** The part of each line; doubles from the scale factor on at which keys outgrow 32 bits. */
export function drawPartKeys(
  context: GenerationContext,
  lines: OrderLines,
  scaleFactor: number,
): Int32Array | Float64Array {
  const max = scaledRowCount('part', scaleFactor)
  if (scaleFactor < SCALE_FACTOR_64_BIT) {
    // Between scale factors 10,738 and 30,000 the bound overflows, there as in dbgen.
    return drawLines(context, lines, numberStream(PART_KEY_SEED, 1, max | 0, LINES_PER_ORDER_MAX))
  }
  const keys = new Float64Array(lines.lineCount)
  const stream = { seed: PART_KEY_SEED, drawsPerRow: LINES_PER_ORDER_MAX }
  fillRagged64(keys, lines.counts, stream, lines.firstOrder, 1, max)
  return keys
}

/** The price of each line in cents: its part's price times its quantity. */
export function extendedPrices(
  scratch: Scratch,
  partKeys: Int32Array | Float64Array,
  quantities: Int32Array,
): Int32Array {
  const prices = scratch.take(quantities.length)
  for (let i = 0; i < prices.length; i++) {
    prices[i] = partPrice(partKeys[i]!) * quantities[i]!
  }
  return prices
}

/** The key of order `index` (from 0): of every 32 keys, the first 8 are used. */
export function orderKey(index: number): number {
  const number = index + 1
  return Math.floor(number / 8) * 32 + (number % 8)
}
