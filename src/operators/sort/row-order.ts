import {
  type Block,
  type BytesBlock,
  compareFloats,
  compareValues,
  type FlatBlock,
  type IntegerBlock,
  isValid,
  readInteger,
  readValue,
  type SqlType,
  storageClass,
} from '../../spi/index.js'
import type { ChannelOrder } from '../spec.js'

/** Orders two positions of blocks of one type: negative, 0 or positive. */
export type PositionOrder = (a: Block, aPosition: number, b: Block, bPosition: number) => number

/** Orders two rows, each given by the blocks of its page and a position. */
export type RowOrder = (
  a: readonly Block[],
  aPosition: number,
  b: readonly Block[],
  bPosition: number,
) => number

/**
 * The order that ORDER BY gives rows of any two pages, exact for every orderable type. NaN is the largest number,
 * the smallest with NULLS FIRST, and -0 is 0. One virtual call a column: for ties and merges, not for sorting whole columns.
 * @throws NOT_SUPPORTED where nulls inside of arrays or rows would have to be compared
 * @source Trino PagesIndexOrdering, COMPARISON_UNORDERED_LAST, COMPARISON_UNORDERED_FIRST
 */
export function rowOrder(orderBy: readonly ChannelOrder[], types: readonly SqlType[]): RowOrder {
  const orders = orderBy.map((order) => positionOrder(types[order.channel]!, order))
  const channels = orderBy.map(({ channel }) => channel)
  if (orders.length === 1) {
    const [order] = orders
    const [channel] = channels
    return (a, aPosition, b, bPosition) => order!(a[channel!]!, aPosition, b[channel!]!, bPosition)
  }
  return (a, aPosition, b, bPosition) => {
    for (let i = 0; i < orders.length; i++) {
      const channel = channels[i]!
      const sign = orders[i]!(a[channel]!, aPosition, b[channel]!, bPosition)
      if (sign !== 0) return sign
    }
    return 0
  }
}

/**
 * Tells whether the order does not tell two rows apart: peers of a window, ties of a limit.
 * @source Trino PagesHashStrategy.positionIdenticalToPosition
 */
export function rowPeers(
  orderBy: readonly ChannelOrder[],
  types: readonly SqlType[],
): (a: readonly Block[], aPosition: number, b: readonly Block[], bPosition: number) => boolean {
  const order = rowOrder(orderBy, types)
  return (a, aPosition, b, bPosition) => order(a, aPosition, b, bPosition) === 0
}

/** One column's order with its direction and place of nulls. */
export function positionOrder(
  type: SqlType,
  { ascending, nullsFirst }: Omit<ChannelOrder, 'channel'>,
): PositionOrder {
  const order = flatOrder(type, nullsFirst ? 'first' : 'last')
  const nullSign = nullsFirst ? -1 : 1
  return (a, aPosition, b, bPosition) => {
    const left = locate(a, aPosition)
    const leftAt = located
    const right = locate(b, bPosition)
    const rightAt = located
    const leftNull = left.storage === 'null' || !isValid(left.validity, leftAt)
    const rightNull = right.storage === 'null' || !isValid(right.validity, rightAt)
    if (leftAt < 0 || rightAt < 0 || leftNull || rightNull) {
      const aNull = leftAt < 0 || leftNull
      const bNull = rightAt < 0 || rightNull
      return aNull === bNull ? 0 : aNull ? nullSign : -nullSign
    }
    const sign = order(left, leftAt, right, rightAt)
    return ascending ? sign : -sign
  }
}

/** Second result of {@link locate}: the position in the flat block, -1 for a null. */
let located = 0
function locate(block: Block, position: number): FlatBlock {
  switch (block.encoding) {
    case 'flat':
      located = position
      return block
    case 'constant':
      located = 0
      return block.value
    case 'dictionary':
      located = isValid(block.validity, position) ? block.codes[position]! : -1
      return block.dictionary
  }
}

type FlatOrder = (a: FlatBlock, aPosition: number, b: FlatBlock, bPosition: number) => number

/** Orders values of flat blocks that are not null. */
function flatOrder(type: SqlType, nan: 'first' | 'last'): FlatOrder {
  const byCarrier: FlatOrder = (a, i, b, j) =>
    compareValues(type, readValue(a, i)!, readValue(b, j)!, nan)
  if (type.kind === 'time with time zone') return byCarrier
  const dropBits = type.kind === 'timestamp with time zone' ? 12n : 0n
  switch (storageClass(type)) {
    case 'integer':
    case 'fixed16':
      return (a, i, b, j) =>
        isInteger(a) && isInteger(b) ? compareIntegers(a, i, b, j, dropBits) : byCarrier(a, i, b, j)
    case 'f32':
    case 'f64':
      return (a, i, b, j) => compareFloats(floatAt(a, i), floatAt(b, j), nan)
    case 'bool':
      return (a, i, b, j) => boolAt(a, i) - boolAt(b, j)
    case 'bytes':
      if (type.kind === 'json') return byCarrier
      return type.kind === 'char'
        ? (a, i, b, j) => comparePadded(a as BytesBlock, i, b as BytesBlock, j)
        : (a, i, b, j) => compareBytesAt(a as BytesBlock, i, b as BytesBlock, j)
    default:
      return byCarrier
  }
}

const isInteger = (block: FlatBlock): block is IntegerBlock =>
  block.storage === 'i8' ||
  block.storage === 'i16' ||
  block.storage === 'i32' ||
  block.storage === 'i64'

const floatAt = (block: FlatBlock, position: number): number =>
  block.storage === 'f64' || block.storage === 'f32' ? block.values[position]! : Number.NaN
const boolAt = (block: FlatBlock, position: number): number =>
  block.storage === 'bool' ? block.values[position]! : 0

function compareIntegers(
  a: IntegerBlock,
  aPosition: number,
  b: IntegerBlock,
  bPosition: number,
  dropBits: bigint,
): number {
  const left = a.values[aPosition]!
  const right = b.values[bPosition]!
  if (typeof left === 'number' && typeof right === 'number' && dropBits === 0n) {
    const x = a.base + a.factor * left
    const y = b.base + b.factor * right
    if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return x - y
  }
  const x = readInteger(a, aPosition) >> dropBits
  const y = readInteger(b, bPosition) >> dropBits
  return x < y ? -1 : x > y ? 1 : 0
}

function compareBytesAt(a: BytesBlock, aPosition: number, b: BytesBlock, bPosition: number) {
  let i = a.offsets[aPosition]!
  let j = b.offsets[bPosition]!
  const aLength = a.offsets[aPosition + 1]! - i
  const bLength = b.offsets[bPosition + 1]! - j
  const end = i + Math.min(aLength, bLength)
  const left = a.bytes
  const right = b.bytes
  while (i < end) {
    const difference = left[i++]! - right[j++]!
    if (difference !== 0) return difference
  }
  return aLength - bLength
}

const BLANK = 32

/** CHAR: the shorter one as if padded with blanks. */
function comparePadded(a: BytesBlock, aPosition: number, b: BytesBlock, bPosition: number) {
  const aStart = a.offsets[aPosition]!
  const bStart = b.offsets[bPosition]!
  const aLength = a.offsets[aPosition + 1]! - aStart
  const bLength = b.offsets[bPosition + 1]! - bStart
  for (let i = 0; i < Math.max(aLength, bLength); i++) {
    const left = i < aLength ? a.bytes[aStart + i]! : BLANK
    const right = i < bLength ? b.bytes[bStart + i]! : BLANK
    if (left !== right) return left - right
  }
  return 0
}
