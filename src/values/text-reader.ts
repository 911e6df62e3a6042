import {
  assert,
  type CharType,
  type DecimalType,
  type FlatBlock,
  type SqlType,
  type TemporalType,
  timeZoneId,
} from '../spi/index.js'
import { ipAddressText, uuidText } from './bytes-text.js'
import { padChar } from './code-points.js'
import { readWkb } from './geometry/wkb.js'
import { writeWkt } from './geometry/wkt.js'
import {
  bigintReader,
  digitsReader,
  isIntegerBlock,
  isSafeIntegerBlock,
  numberReader,
  viewOf,
} from './integer-reader.js'
import { decimalText } from './number-text.js'
import { shortAscii } from './short-ascii.js'
import {
  dateText,
  dayTimeIntervalText,
  offsetText,
  secondText,
  splitMicros,
  timestampText,
  timestampWithZoneText,
  timeText,
  yearMonthIntervalText,
} from './temporal-text.js'

/** Text of a position that is not null. */
export type TextReader = (position: number) => string

/** Reads UTF-8 as strings. */
export function utf8Reader(block: FlatBlock): TextReader {
  assert(block.storage === 'bytes', `text stored as ${block.storage}`)
  const { offsets, bytes } = block
  const decode = textDecoder(bytes, block.ascii === true)
  return (position) => {
    const start = offsets[position]!
    const end = offsets[position + 1]!
    return shortAscii(bytes, start, end) ?? decode(start, end)
  }
}

/**
 * Makes strings of ranges of bytes. A Buffer does it, since TextDecoder refuses shared memory; in a browser there is none,
 * and no memory is shared with threads.
 */
export function textDecoder(
  bytes: Uint8Array,
  isAscii: boolean,
): (start: number, end: number) => string {
  if (typeof Buffer === 'undefined') {
    const decoder = new TextDecoder()
    return (start, end) => decoder.decode(bytes.subarray(start, end))
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const encoding = isAscii ? 'latin1' : 'utf8'
  return (start, end) => buffer.toString(encoding, start, end)
}

/**
 * Reads the text form of a type whose values reach JavaScript and JSON as text: DECIMAL, DATE, times, intervals,
 * UUID, IPADDRESS, VARCHAR, CHAR (padded), JSON, geometries (well-known text). Undefined for other types.
 * @param roundToMillis rounds times and timestamps to three fraction digits, as for clients without PARAMETRIC_DATETIME.
 */
export function textReader(
  block: FlatBlock,
  type: SqlType,
  roundToMillis: boolean,
): TextReader | undefined {
  switch (type.kind) {
    case 'decimal':
      return decimalReader(block, type)
    case 'date': {
      const read = numberReader(block)
      return (position) => dateText(read(position))
    }
    case 'time':
      return timeReader(block, type, roundToMillis)
    case 'time with time zone':
      return zonedTimeReader(block, type, roundToMillis)
    case 'timestamp':
      return timestampReader(block, type, roundToMillis)
    case 'timestamp with time zone':
      return zonedTimestampReader(block, type, roundToMillis)
    case 'interval day to second': {
      const read = bigintReader(block)
      return (position) => dayTimeIntervalText(read(position))
    }
    case 'interval year to month': {
      const read = numberReader(block)
      return (position) => yearMonthIntervalText(read(position))
    }
    case 'uuid':
      return fixed16Reader(block, uuidText)
    case 'ipaddress':
      return fixed16Reader(block, ipAddressText)
    case 'char':
      return charReader(block, type)
    case 'varchar':
    case 'json':
      return utf8Reader(block)
    case 'geometry':
    case 'sphericalgeography':
      return geometryReader(block)
    default:
      return undefined
  }
}

function decimalReader(block: FlatBlock, { scale }: DecimalType): TextReader {
  if (scale === 0) return digitsReader(block)
  if (isIntegerBlock(block) && isSafeIntegerBlock(block)) {
    const read = numberReader(block)
    return (position) => decimalText(read(position), scale)
  }
  const read = bigintReader(block)
  return (position) => decimalText(read(position), scale)
}

function geometryReader(block: FlatBlock): TextReader {
  assert(block.storage === 'bytes', `geometry stored as ${block.storage}`)
  const { offsets, bytes } = block
  return (position) => writeWkt(readWkb(bytes.subarray(offsets[position]!, offsets[position + 1]!)))
}

function charReader(block: FlatBlock, { length }: CharType): TextReader {
  const read = utf8Reader(block)
  return (position) => padChar(read(position), length)
}

function fixed16Reader(
  block: FlatBlock,
  format: (bytes: Uint8Array, offset: number) => string,
): TextReader {
  assert(block.storage === 'fixed16', `16-byte values stored as ${block.storage}`)
  const { values } = block
  return (position) => format(values, position * 16)
}

/** 10^(12 - digits): what one unit of the last kept digit is in picoseconds. */
const unitPicos = (digits: number): bigint => 10n ** BigInt(12 - digits)

/** Rounds picoseconds half up to three digits where a client asks for it and the type has more. */
function rounding(precision: number, roundToMillis: boolean) {
  if (!roundToMillis) return { precision, round: (picos: bigint) => picos }
  if (precision <= 3) return { precision: 3, round: (picos: bigint) => picos }
  const unit = unitPicos(3)
  const half = unit / 2n
  return {
    precision: 3,
    round: (picos: bigint) => {
      const shifted = picos + half
      const rest = ((shifted % unit) + unit) % unit
      return shifted - rest
    },
  }
}

function timeReader(block: FlatBlock, type: TemporalType, roundToMillis: boolean): TextReader {
  const read = bigintReader(block)
  const { precision, round } = rounding(type.precision, roundToMillis)
  return (position) => timeText(round(read(position)), precision)
}

function zonedTimeReader(block: FlatBlock, type: TemporalType, roundToMillis: boolean): TextReader {
  const { precision, round } = rounding(type.precision, roundToMillis)
  if (block.storage === 'fixed16') {
    const view = viewOf(block.values)
    return (position) =>
      timeText(round(view.getBigInt64(position * 16, true)), precision) +
      offsetText(view.getInt32(position * 16 + 8, true))
  }
  const read = bigintReader(block)
  return (position) => {
    const packed = read(position)
    return (
      timeText(round((packed >> 11n) * 1000n), precision) +
      offsetText(Number(packed & 0x7ffn) - 840)
    )
  }
}

/** Reads picoseconds since the epoch of TIMESTAMP blocks. */
function timestampPicosReader(block: FlatBlock): (position: number) => bigint {
  if (block.storage === 'fixed16') {
    const view = viewOf(block.values)
    return (position) =>
      view.getBigInt64(position * 16, true) * 1_000_000n +
      BigInt(view.getInt32(position * 16 + 8, true))
  }
  const read = bigintReader(block)
  return (position) => read(position) * 1_000_000n
}

function timestampReader(block: FlatBlock, type: TemporalType, roundToMillis: boolean): TextReader {
  const { precision, round } = rounding(type.precision, roundToMillis)
  if (block.storage !== 'fixed16' && type.precision <= 3) {
    const read = bigintReader(block)
    return (position) => {
      const { second, rest } = splitMicros(read(position))
      return secondText(second, rest, precision)
    }
  }
  const read = timestampPicosReader(block)
  return (position) => {
    return timestampText(round(read(position)), precision)
  }
}

/** Reads the instant (picoseconds since the epoch) and the zone of TIMESTAMP WITH TIME ZONE blocks. */
export function zonedInstantReader(
  block: FlatBlock,
): (position: number) => { readonly picos: bigint; readonly zone: string } {
  if (block.storage === 'fixed16') {
    const view = viewOf(block.values)
    return (position) => {
      const packed = view.getBigInt64(position * 16, true)
      const picosOfMilli = BigInt(view.getInt32(position * 16 + 8, true))
      return {
        picos: (packed >> 12n) * 1_000_000_000n + picosOfMilli,
        zone: timeZoneId(Number(packed & 0xfffn)),
      }
    }
  }
  const read = bigintReader(block)
  return (position) => {
    const packed = read(position)
    return {
      picos: (packed >> 12n) * 1_000_000_000n,
      zone: timeZoneId(Number(packed & 0xfffn)),
    }
  }
}

function zonedTimestampReader(
  block: FlatBlock,
  type: TemporalType,
  roundToMillis: boolean,
): TextReader {
  const { precision, round } = rounding(type.precision, roundToMillis)
  const read = zonedInstantReader(block)
  return (position) => {
    const { picos, zone } = read(position)
    return timestampWithZoneText({ picos: round(picos), zone }, precision)
  }
}
