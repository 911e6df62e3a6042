import type {
  CodedColumn,
  GeneratedColumn,
  GeneratedRows,
  GenerationContext,
  IntegerColumn,
  RowRange,
  StringDictionary,
} from './column.js'
import { allocateInt32, integerColumn, keyColumn, once, sequenceColumn } from './column.js'
import { commentColumn, commentStream } from './comments.js'
import { ORDER_PRIORITIES, ORDER_STATUSES } from './distributions.js'
import { choiceColumn, choiceStream, drawNumbers, numberStream } from './draws.js'
import type { OrderLines } from './order-lines.js'
import {
  CURRENT_DATE,
  DISCOUNT_PERCENT,
  drawLines,
  drawPartKeys,
  extendedPrices,
  LINES_PER_ORDER_MAX,
  ORDER_DATE,
  orderKey,
  orderLines,
  QUANTITY,
  SHIP_DAYS,
  TAX_PERCENT,
} from './order-lines.js'
import { PART_PRICE_MAX, PART_PRICE_MIN } from './part-facts.js'
import { fillRagged64, SCALE_FACTOR_64_BIT } from './random64.js'
import { scaledRowCount } from './scale.js'
import { numberedName, numberedNamesOf } from './strings.js'

export type OrdersColumn =
  | 'orderkey'
  | 'custkey'
  | 'orderstatus'
  | 'totalprice'
  | 'orderdate'
  | 'orderpriority'
  | 'clerk'
  | 'shippriority'
  | 'comment'
  | 'row_number'

const CUSTOMER_KEY_SEED = 851767375
/** Every third customer has no orders. */
const CUSTOMER_MORTALITY = 3
const PRIORITY = choiceStream(591449447, 'orderpriority', ORDER_PRIORITIES)
const CLERK_SEED = 1171034773
const CLERKS_AT_SCALE_FACTOR_1 = 1000
const CLERK_DICTIONARY_SIZE_MAX = 10_000
const COMMENT = commentStream(276090261, 49)
const STATUSES = { id: 'orderstatus', values: ORDER_STATUSES }

/** Bounds of an order's total in cents: one line of the cheapest part, or seven of the dearest. */
const TOTAL_PRICE_MIN = Math.trunc((PART_PRICE_MIN * (100 - DISCOUNT_PERCENT.high)) / 100)
const TOTAL_PRICE_MAX =
  LINES_PER_ORDER_MAX *
  Math.trunc((PART_PRICE_MAX * QUANTITY.high * (100 + TAX_PERCENT.high)) / 100)

/** Rows of orders; `totalprice` in cents, `orderdate` in days since 1970. */
export function ordersRows(
  range: RowRange,
  context: GenerationContext,
): GeneratedRows<OrdersColumn> {
  const { scaleFactor, startRow } = range
  const rowCount = range.endRow - startRow
  const lines = once(() => orderLines(range))
  const dates = once(() => drawNumbers(context, ORDER_DATE, startRow, rowCount))
  return {
    rowCount,
    columns: {
      orderkey: () => orderKeyColumn(context, startRow, rowCount),
      custkey: () =>
        keyColumn(
          context,
          customerKeys(context, scaleFactor, startRow, rowCount),
          scaledRowCount('customer', scaleFactor),
        ),
      orderstatus: () => statusColumn(context, lines(), dates()),
      totalprice: () => totalPriceColumn(context, lines(), scaleFactor),
      orderdate: () => integerColumn(context, dates(), ORDER_DATE.low, ORDER_DATE.high),
      orderpriority: () => choiceColumn(context, PRIORITY, startRow, rowCount),
      clerk: () => clerkColumn(context, scaleFactor, startRow, rowCount),
      shippriority: () => integerColumn(context, context.scratch.take(rowCount).fill(0), 0, 0),
      comment: () =>
        commentColumn(context, COMMENT, startRow, new Uint8Array(rowCount).fill(1), rowCount),
      row_number: () => sequenceColumn(context, startRow + 1, rowCount),
    },
  }
}

function orderKeyColumn(
  context: GenerationContext,
  firstOrder: number,
  rowCount: number,
): IntegerColumn {
  const base = orderKey(firstOrder)
  const values = allocateInt32(context, rowCount)
  for (let i = 0; i < rowCount; i++) {
    values[i] = orderKey(firstOrder + i) - base
  }
  const max = base + (values[rowCount - 1] ?? 0)
  return { kind: 'integers', values, base, min: base, max, ascending: true }
}

function customerKeys(
  context: GenerationContext,
  scaleFactor: number,
  firstRow: number,
  rowCount: number,
): Int32Array | Float64Array {
  const max = scaledRowCount('customer', scaleFactor)
  const keys = drawCustomerKeys(context, scaleFactor, max, firstRow, rowCount)
  for (let i = 0; i < rowCount; i++) {
    let key = keys[i]!
    for (let step = 1; key % CUSTOMER_MORTALITY === 0; step = -step) {
      key = Math.min(key + step, max)
    }
    keys[i] = key
  }
  return keys
}

function drawCustomerKeys(
  context: GenerationContext,
  scaleFactor: number,
  max: number,
  firstRow: number,
  rowCount: number,
): Int32Array | Float64Array {
  if (scaleFactor < SCALE_FACTOR_64_BIT) {
    const numbers = numberStream(CUSTOMER_KEY_SEED, 1, max | 0)
    return drawNumbers(context, numbers, firstRow, rowCount)
  }
  const keys = new Float64Array(rowCount)
  const stream = { seed: CUSTOMER_KEY_SEED, drawsPerRow: 1 }
  fillRagged64(keys, new Uint8Array(rowCount).fill(1), stream, firstRow, 1, max)
  return keys
}

/** F: all lines were shipped when the data was taken, O: none, P: some. */
function statusColumn(
  context: GenerationContext,
  lines: OrderLines,
  dates: Int32Array,
): CodedColumn {
  const { counts } = lines
  const shipDays = drawLines(context, lines, SHIP_DAYS)
  const codes = context.allocate(counts.length)
  for (let order = 0, line = 0; order < counts.length; order++) {
    const count = counts[order]!
    const end = line + count
    let shippedCount = 0
    for (; line < end; line++) {
      shippedCount += shipDays[line]! + dates[order]! <= CURRENT_DATE ? 1 : 0
    }
    codes[order] = shippedCount === count ? 0 : shippedCount === 0 ? 1 : 2
  }
  return { kind: 'coded', codes, dictionary: STATUSES }
}

/** The sum of the lines' prices, each discounted, taxed and cut to cents on its own. */
function totalPriceColumn(
  context: GenerationContext,
  lines: OrderLines,
  scaleFactor: number,
): IntegerColumn {
  const { counts } = lines
  const quantities = drawLines(context, lines, QUANTITY)
  const discounts = drawLines(context, lines, DISCOUNT_PERCENT)
  const taxes = drawLines(context, lines, TAX_PERCENT)
  const partKeys = drawPartKeys(context, lines, scaleFactor)
  const prices = extendedPrices(context.scratch, partKeys, quantities)
  const totals = context.scratch.take(counts.length)
  for (let order = 0, line = 0; order < counts.length; order++) {
    const end = line + counts[order]!
    let total = 0
    for (; line < end; line++) {
      const discounted = ((prices[line]! * (100 - discounts[line]!)) / 100) | 0
      total += ((discounted * (100 + taxes[line]!)) / 100) | 0
    }
    totals[order] = total
  }
  return integerColumn(context, totals, TOTAL_PRICE_MIN, TOTAL_PRICE_MAX)
}

function clerkColumn(
  context: GenerationContext,
  scaleFactor: number,
  firstRow: number,
  rowCount: number,
): GeneratedColumn {
  const clerkCount = Math.max(
    Math.trunc(scaleFactor * CLERKS_AT_SCALE_FACTOR_1),
    CLERKS_AT_SCALE_FACTOR_1,
  )
  const numbers = drawNumbers(context, numberStream(CLERK_SEED, 1, clerkCount), firstRow, rowCount)
  if (clerkCount > CLERK_DICTIONARY_SIZE_MAX) {
    return numberedNamesOf(context, 'Clerk#', numbers)
  }
  const bytes = context.allocate(2 * rowCount)
  const codes = new Uint16Array(bytes.buffer, bytes.byteOffset, rowCount)
  for (let i = 0; i < rowCount; i++) {
    codes[i] = numbers[i]! - 1
  }
  return { kind: 'coded', codes, dictionary: clerkDictionary(clerkCount) }
}

const clerkDictionaries = new Map<number, StringDictionary>()

function clerkDictionary(clerkCount: number): StringDictionary {
  let dictionary = clerkDictionaries.get(clerkCount)
  if (dictionary === undefined) {
    const values = Array.from({ length: clerkCount }, (_, i) => numberedName('Clerk#', i + 1))
    dictionary = { id: `clerk-${clerkCount}`, values }
    clerkDictionaries.set(clerkCount, dictionary)
  }
  return dictionary
}
