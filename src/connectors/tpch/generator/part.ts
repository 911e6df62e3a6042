import type { CodedColumn, GeneratedRows, GenerationContext, RowRange } from './column.js'
import { integerColumn, once, sequenceColumn } from './column.js'
import { commentColumn, commentStream } from './comments.js'
import { PART_CONTAINERS, PART_TYPES } from './distributions.js'
import { choiceColumn, choiceStream, drawNumbers, numberColumn, numberStream } from './draws.js'
import { PART_PRICE_MAX, PART_PRICE_MIN, partPrice } from './part-facts.js'
import { randomStream } from './random.js'
import { PART_NAME_DRAWS, partNameColumn } from './strings.js'

export type PartColumn =
  | 'partkey'
  | 'name'
  | 'mfgr'
  | 'brand'
  | 'type'
  | 'size'
  | 'container'
  | 'retailprice'
  | 'comment'
  | 'row_number'

const NAME = randomStream(709314158, PART_NAME_DRAWS)
const MANUFACTURER = numberStream(1, 1, 5)
const BRAND = numberStream(46831694, 1, 5)
const TYPE = choiceStream(1841581359, 'part-type', PART_TYPES)
const SIZE = numberStream(1193163244, 1, 50)
const CONTAINER = choiceStream(727633698, 'container', PART_CONTAINERS)
const COMMENT = commentStream(804159733, 14)

const FIVE = [1, 2, 3, 4, 5]
const MANUFACTURERS = { id: 'mfgr', values: FIVE.map((maker) => `Manufacturer#${maker}`) }
const BRANDS = {
  id: 'brand',
  values: FIVE.flatMap((maker) => FIVE.map((brand) => `Brand#${maker}${brand}`)),
}

/** Rows of part; `retailprice` in cents. */
export function partRows(range: RowRange, context: GenerationContext): GeneratedRows<PartColumn> {
  const { startRow } = range
  const rowCount = range.endRow - startRow
  const manufacturers = once(() => drawNumbers(context, MANUFACTURER, startRow, rowCount))
  return {
    rowCount,
    columns: {
      partkey: () => sequenceColumn(context, startRow + 1, rowCount),
      name: () => partNameColumn(context, NAME, startRow, rowCount),
      mfgr: () => manufacturerColumn(context, manufacturers()),
      brand: () =>
        brandColumn(context, manufacturers(), drawNumbers(context, BRAND, startRow, rowCount)),
      type: () => choiceColumn(context, TYPE, startRow, rowCount),
      size: () => numberColumn(context, SIZE, startRow, rowCount),
      container: () => choiceColumn(context, CONTAINER, startRow, rowCount),
      retailprice: () =>
        integerColumn(
          context,
          retailPrices(context, startRow, rowCount),
          PART_PRICE_MIN,
          PART_PRICE_MAX,
        ),
      comment: () =>
        commentColumn(context, COMMENT, startRow, new Uint8Array(rowCount).fill(1), rowCount),
      row_number: () => sequenceColumn(context, startRow + 1, rowCount),
    },
  }
}

function retailPrices(context: GenerationContext, startRow: number, rowCount: number): Int32Array {
  const prices = context.scratch.take(rowCount)
  for (let i = 0; i < rowCount; i++) {
    prices[i] = partPrice(startRow + i + 1)
  }
  return prices
}

function manufacturerColumn(context: GenerationContext, manufacturers: Int32Array): CodedColumn {
  const codes = context.allocate(manufacturers.length)
  for (let i = 0; i < codes.length; i++) {
    codes[i] = manufacturers[i]! - 1
  }
  return { kind: 'coded', codes, dictionary: MANUFACTURERS }
}

function brandColumn(
  context: GenerationContext,
  manufacturers: Int32Array,
  brands: Int32Array,
): CodedColumn {
  const codes = context.allocate(brands.length)
  for (let i = 0; i < codes.length; i++) {
    codes[i] = (manufacturers[i]! - 1) * FIVE.length + brands[i]! - 1
  }
  return { kind: 'coded', codes, dictionary: BRANDS }
}
