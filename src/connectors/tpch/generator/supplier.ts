import type { BytesColumn, GeneratedRows, GenerationContext, RowRange } from './column.js'
import { integerColumn, once, sequenceColumn } from './column.js'
import { commentColumn, commentStream } from './comments.js'
import { NATION_NAMES } from './distributions.js'
import { drawNumbers, numberColumn, numberStream } from './draws.js'
import type { RandomStream } from './random.js'
import { nextState, randomStream, stateAtRow, stateValue } from './random.js'
import {
  ADDRESS_DRAWS,
  addressColumn,
  numberedNameColumn,
  PHONE_DRAWS,
  phoneColumn,
} from './strings.js'

export type SupplierColumn =
  | 'suppkey'
  | 'name'
  | 'address'
  | 'nationkey'
  | 'phone'
  | 'acctbal'
  | 'comment'
  | 'row_number'

const ADDRESS = randomStream(706178559, ADDRESS_DRAWS)
const NATION_KEY = numberStream(110356601, 0, NATION_NAMES.length - 1)
const PHONE = randomStream(884434366, PHONE_DRAWS)
const ACCOUNT_BALANCE = numberStream(962338209, -99_999, 999_999)
const COMMENT = commentStream(1341315363, 63)

/** Of 10,000 suppliers 10 are complained of or recommended (TPC-H 4.2.3, S_COMMENT). */
const OPINION = numberStream(202794285, 1, 10_000)
const OPINIONS_IN_RANGE = 10
const OPINION_GAP = randomStream(263032577)
const OPINION_PLACE = randomStream(715851524)
const OPINION_KIND = numberStream(753643799, 0, 100)
const COMPLAINT_PERCENT = 50
const OPINION_SUBJECT = 'Customer '
const COMPLAINT = 'Complaints'
const RECOMMENDATION = 'Recommends'

/** Rows of supplier; `acctbal` in cents. */
export function supplierRows(
  range: RowRange,
  context: GenerationContext,
): GeneratedRows<SupplierColumn> {
  const { startRow } = range
  const rowCount = range.endRow - startRow
  const nationKeys = once(() => drawNumbers(context, NATION_KEY, startRow, rowCount))
  return {
    rowCount,
    columns: {
      suppkey: () => sequenceColumn(context, startRow + 1, rowCount),
      name: () => numberedNameColumn(context, 'Supplier#', startRow + 1, rowCount),
      address: () => addressColumn(context, ADDRESS, startRow, rowCount),
      nationkey: () => integerColumn(context, nationKeys(), NATION_KEY.low, NATION_KEY.high),
      phone: () => phoneColumn(context, PHONE, startRow, nationKeys()),
      acctbal: () => numberColumn(context, ACCOUNT_BALANCE, startRow, rowCount),
      comment: () => commentsWithOpinions(context, startRow, rowCount),
      row_number: () => sequenceColumn(context, startRow + 1, rowCount),
    },
  }
}

function commentsWithOpinions(
  context: GenerationContext,
  startRow: number,
  rowCount: number,
): BytesColumn {
  const counts = new Uint8Array(rowCount).fill(1)
  const column = commentColumn(context, COMMENT, startRow, counts, rowCount)
  const opinions = drawNumbers(context, OPINION, startRow, rowCount)
  for (let i = 0; i < rowCount; i++) {
    if (opinions[i]! <= OPINIONS_IN_RANGE) {
      const comment = column.bytes.subarray(column.offsets[i]!, column.offsets[i + 1]!)
      writeOpinion(comment, startRow + i)
    }
  }
  return column
}

/** Writes over a comment: the subject at a random place, the verdict at a random distance from it. */
function writeOpinion(comment: Uint8Array, row: number): void {
  const free = comment.length - OPINION_SUBJECT.length - COMPLAINT.length
  const gap = drawAtRow(OPINION_GAP, row, 0, free)
  const place = drawAtRow(OPINION_PLACE, row, 0, free - gap)
  const kind = drawAtRow(OPINION_KIND.stream, row, OPINION_KIND.low, OPINION_KIND.high)
  const encoder = new TextEncoder()
  comment.set(encoder.encode(OPINION_SUBJECT), place)
  comment.set(
    encoder.encode(kind < COMPLAINT_PERCENT ? COMPLAINT : RECOMMENDATION),
    place + OPINION_SUBJECT.length + gap,
  )
}

const drawAtRow = (stream: RandomStream, row: number, low: number, high: number): number =>
  stateValue(nextState(stateAtRow(stream, row)), low, high - low + 1)
