import type {
  CodedColumn,
  GeneratedRows,
  GenerationContext,
  IntegerColumn,
  RowRange,
} from './column.js'
import { allocateInt32, integerColumn, keyColumn, once } from './column.js'
import { commentColumn, commentStream } from './comments.js'
import { RETURNED_FLAGS, SHIP_INSTRUCTIONS, SHIP_MODES } from './distributions.js'
import { choiceStream, drawNumbers, lineChoiceColumn, numberStream } from './draws.js'
import type { OrderLines } from './order-lines.js'
import {
  CURRENT_DATE,
  DISCOUNT_PERCENT,
  drawLines,
  drawPartKeys,
  extendedPrices,
  LINES_PER_ORDER_MAX,
  ORDER_DATE,
  ORDER_DATE_MAX,
  ORDER_DATE_MIN,
  orderKey,
  orderLines,
  QUANTITY,
  SHIP_DAYS,
  TAX_PERCENT,
} from './order-lines.js'
import { PART_PRICE_MAX, PART_PRICE_MIN, SUPPLIERS_PER_PART, supplierKeys } from './part-facts.js'
import {
  drawsFactor,
  multiplyStates,
  nextState,
  randomStream,
  stateAtRow,
  stateValue,
} from './random.js'
import { scaledRowCount } from './scale.js'

export type LineItemColumn =
  | 'orderkey'
  | 'partkey'
  | 'suppkey'
  | 'linenumber'
  | 'quantity'
  | 'extendedprice'
  | 'discount'
  | 'tax'
  | 'returnflag'
  | 'linestatus'
  | 'shipdate'
  | 'commitdate'
  | 'receiptdate'
  | 'shipinstruct'
  | 'shipmode'
  | 'comment'
  | 'row_number'

const PER_ORDER = LINES_PER_ORDER_MAX
const SUPPLIER_NUMBER = numberStream(2095021727, 0, SUPPLIERS_PER_PART - 1, PER_ORDER)
const COMMIT_DAYS = numberStream(904914315, 30, 90, PER_ORDER)
const RECEIPT_DAYS = numberStream(373135028, 1, 30, PER_ORDER)
const RETURNED_FLAG = randomStream(717419739, PER_ORDER)
const SHIP_INSTRUCTION = choiceStream(1371272478, 'shipinstruct', SHIP_INSTRUCTIONS, PER_ORDER)
const SHIP_MODE = choiceStream(675466456, 'shipmode', SHIP_MODES, PER_ORDER)
const COMMENT = commentStream(1095462486, 27, PER_ORDER)

const RETURN_FLAGS = { id: 'returnflag', values: [...RETURNED_FLAGS, 'N'] }
const LINE_STATUSES = { id: 'linestatus', values: ['F', 'O'] }

/** Lines of a range of orders. `quantity` is in units, prices in cents, discount and tax in hundredths. */
export function lineItemRows(
  range: RowRange,
  context: GenerationContext,
): GeneratedRows<LineItemColumn> {
  const { scaleFactor, startRow } = range
  const lines = orderLines(range)
  const { counts, lineCount } = lines
  const draw = (numbers: typeof QUANTITY) => drawLines(context, lines, numbers)
  const numbers = (stream: typeof QUANTITY) =>
    integerColumn(context, draw(stream), stream.low, stream.high)
  const dates = (days: Int32Array, daysMin: number, daysMax: number) =>
    integerColumn(context, days, ORDER_DATE_MIN + daysMin, ORDER_DATE_MAX + daysMax)
  const quantities = once(() => draw(QUANTITY))
  const partKeys = once(() => drawPartKeys(context, lines, scaleFactor))
  const orderDates = once(() => drawNumbers(context, ORDER_DATE, startRow, counts.length))
  const shipDates = once(() => addOrderDates(draw(SHIP_DAYS), orderDates(), counts))
  const receiptDates = once(() => addDays(draw(RECEIPT_DAYS), shipDates()))
  return {
    rowCount: lineCount,
    columns: {
      orderkey: () => orderKeyColumn(context, lines),
      partkey: () => keyColumn(context, partKeys(), scaledRowCount('part', scaleFactor)),
      suppkey: () =>
        keyColumn(
          context,
          supplierKeys(context.scratch, partKeys(), draw(SUPPLIER_NUMBER), scaleFactor),
          scaledRowCount('supplier', scaleFactor),
        ),
      linenumber: () => lineNumberColumn(context, lines),
      quantity: () => integerColumn(context, quantities(), QUANTITY.low, QUANTITY.high),
      extendedprice: () =>
        integerColumn(
          context,
          extendedPrices(context.scratch, partKeys(), quantities()),
          PART_PRICE_MIN * QUANTITY.low,
          PART_PRICE_MAX * QUANTITY.high,
        ),
      discount: () => numbers(DISCOUNT_PERCENT),
      tax: () => numbers(TAX_PERCENT),
      returnflag: () => returnFlagColumn(context, lines, receiptDates()),
      linestatus: () => lineStatusColumn(context, shipDates()),
      shipdate: () => dates(shipDates(), SHIP_DAYS.low, SHIP_DAYS.high),
      commitdate: () =>
        dates(
          addOrderDates(draw(COMMIT_DAYS), orderDates(), counts),
          COMMIT_DAYS.low,
          COMMIT_DAYS.high,
        ),
      receiptdate: () =>
        dates(receiptDates(), SHIP_DAYS.low + RECEIPT_DAYS.low, SHIP_DAYS.high + RECEIPT_DAYS.high),
      shipinstruct: () => lineChoiceColumn(context, SHIP_INSTRUCTION, startRow, counts, lineCount),
      shipmode: () => lineChoiceColumn(context, SHIP_MODE, startRow, counts, lineCount),
      comment: () => commentColumn(context, COMMENT, startRow, counts, lineCount),
      row_number: () => orderNumberColumn(context, lines),
    },
  }
}

/** Adds to each line's days those of its order; in place. */
function addOrderDates(days: Int32Array, orderDates: Int32Array, counts: Uint8Array): Int32Array {
  for (let order = 0, line = 0; order < counts.length; order++) {
    const end = line + counts[order]!
    for (; line < end; line++) {
      days[line]! += orderDates[order]!
    }
  }
  return days
}

/** Adds day by day; in place of the first. */
function addDays(days: Int32Array, dates: Int32Array): Int32Array {
  for (let line = 0; line < days.length; line++) {
    days[line]! += dates[line]!
  }
  return days
}

function orderKeyColumn(context: GenerationContext, lines: OrderLines): IntegerColumn {
  const { firstOrder, counts, lineCount } = lines
  const base = orderKey(firstOrder)
  const values = allocateInt32(context, lineCount)
  for (let order = 0, line = 0; order < counts.length; order++) {
    const key = orderKey(firstOrder + order) - base
    const end = line + counts[order]!
    values.fill(key, line, end)
    line = end
  }
  const max = base + (values[lineCount - 1] ?? 0)
  return { kind: 'integers', values, base, min: base, max, ascending: true }
}

/** Lines are numbered by their order in the generator, as in Trino. */
function orderNumberColumn(context: GenerationContext, lines: OrderLines): IntegerColumn {
  const { firstOrder, counts, lineCount } = lines
  const base = firstOrder + 1
  const values = allocateInt32(context, lineCount)
  for (let order = 0, line = 0; order < counts.length; order++) {
    const end = line + counts[order]!
    values.fill(order, line, end)
    line = end
  }
  const max = base + Math.max(counts.length - 1, 0)
  return { kind: 'integers', values, base, min: base, max, ascending: true }
}

function lineNumberColumn(context: GenerationContext, lines: OrderLines): IntegerColumn {
  const { counts, lineCount } = lines
  const bytes = context.allocate(lineCount)
  const values = new Int8Array(bytes.buffer, bytes.byteOffset, lineCount)
  for (let order = 0, line = 0; order < counts.length; order++) {
    for (let number = 1; number <= counts[order]!; number++) {
      values[line++] = number
    }
  }
  return { kind: 'integers', values, base: 0, min: 1, max: PER_ORDER, ascending: false }
}

function lineStatusColumn(context: GenerationContext, shipDates: Int32Array): CodedColumn {
  const codes = context.allocate(shipDates.length)
  for (let line = 0; line < codes.length; line++) {
    codes[line] = shipDates[line]! > CURRENT_DATE ? 1 : 0
  }
  return { kind: 'coded', codes, dictionary: LINE_STATUSES }
}

/** Only lines that have been received draw a flag, the others are N. */
function returnFlagColumn(
  context: GenerationContext,
  lines: OrderLines,
  receiptDates: Int32Array,
): CodedColumn {
  const { firstOrder, counts, lineCount } = lines
  const codes = context.allocate(lineCount)
  const factor = drawsFactor(RETURNED_FLAG.drawsPerRow)
  let rowState = stateAtRow(RETURNED_FLAG, firstOrder)
  for (let order = 0, line = 0; order < counts.length; order++) {
    let state = rowState
    const end = line + counts[order]!
    for (; line < end; line++) {
      if (receiptDates[line]! > CURRENT_DATE) {
        codes[line] = RETURNED_FLAGS.length
      } else {
        state = nextState(state)
        codes[line] = stateValue(state, 0, RETURNED_FLAGS.length)
      }
    }
    rowState = multiplyStates(rowState, factor)
  }
  return { kind: 'coded', codes, dictionary: RETURN_FLAGS }
}
