import type { GeneratedRows, GenerationContext, RowRange } from './column.js'
import { integerColumn, once, sequenceColumn } from './column.js'
import { commentColumn, commentStream } from './comments.js'
import { MARKET_SEGMENTS, NATION_NAMES } from './distributions.js'
import { choiceColumn, choiceStream, drawNumbers, numberColumn, numberStream } from './draws.js'
import { randomStream } from './random.js'
import {
  ADDRESS_DRAWS,
  addressColumn,
  numberedNameColumn,
  PHONE_DRAWS,
  phoneColumn,
} from './strings.js'

export type CustomerColumn =
  | 'custkey'
  | 'name'
  | 'address'
  | 'nationkey'
  | 'phone'
  | 'acctbal'
  | 'mktsegment'
  | 'comment'
  | 'row_number'

const ADDRESS = randomStream(881155353, ADDRESS_DRAWS)
const NATION_KEY = numberStream(1489529863, 0, NATION_NAMES.length - 1)
const PHONE = randomStream(1521138112, PHONE_DRAWS)
const ACCOUNT_BALANCE = numberStream(298370230, -99_999, 999_999)
const MARKET_SEGMENT = choiceStream(1140279430, 'mktsegment', MARKET_SEGMENTS)
const COMMENT = commentStream(1335826707, 73)

/** Rows of customer; `acctbal` in cents. */
export function customerRows(
  range: RowRange,
  context: GenerationContext,
): GeneratedRows<CustomerColumn> {
  const { startRow } = range
  const rowCount = range.endRow - startRow
  const nationKeys = once(() => drawNumbers(context, NATION_KEY, startRow, rowCount))
  return {
    rowCount,
    columns: {
      custkey: () => sequenceColumn(context, startRow + 1, rowCount),
      name: () => numberedNameColumn(context, 'Customer#', startRow + 1, rowCount),
      address: () => addressColumn(context, ADDRESS, startRow, rowCount),
      nationkey: () => integerColumn(context, nationKeys(), NATION_KEY.low, NATION_KEY.high),
      phone: () => phoneColumn(context, PHONE, startRow, nationKeys()),
      acctbal: () => numberColumn(context, ACCOUNT_BALANCE, startRow, rowCount),
      mktsegment: () => choiceColumn(context, MARKET_SEGMENT, startRow, rowCount),
      comment: () =>
        commentColumn(context, COMMENT, startRow, new Uint8Array(rowCount).fill(1), rowCount),
      row_number: () => sequenceColumn(context, startRow + 1, rowCount),
    },
  }
}
