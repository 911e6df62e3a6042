import {
  assert,
  type CharType,
  type DecimalType,
  type FlatBlock,
  type SqlType,
  type TemporalType,
  timeZoneId,
  timeZoneOffsetSeconds,
} from '../../spi/index.js'

import { ipAddressText, uuidText } from './bytes-text.js'
import {
  bigintReader,
  digitsReader,
  isIntegerBlock,
  isSafeIntegerBlock,
  numberReader,
  viewOf,
} from './integer-reader.js'
import { decimalText } from './number-text.js'
import {
  clockText,
  dateText,
  dayTimeIntervalText,
  fractionText,
  offsetText,
  splitMicros,
  timestampText,
  yearMonthIntervalText,
} from './temporal-text.js'

/** Text of a position that is not null. */
export type TextReader = (position: number) => string

const PICOS_PER_SECOND = 1_000_000_000_000n
const SECONDS_PER_DAY = 86_400

/** Texts up to this long are made of their bytes in a loop: cheaper than a call into the runtime. */
const LOOP_BYTES = 24

/** Reads UTF-8 as strings. */
export function utf8Reader(block: FlatBlock): TextReader {
  assert(block.storage === 'bytes', `text stored as ${block.storage}`)
  const { offsets, bytes } = block
  const decode = textDecoder(bytes, block.ascii === true)
  return (position) => {
    const start = offsets[position]!
    const end = offsets[position + 1]!
    if (end - start <= LOOP_BYTES) {
      let text = ''
      let i = start
      for (; i < end && bytes[i]! < 128; i++) text += String.fromCharCode(bytes[i]!)
      if (i === end) return text
    }
    return decode(start, end)
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
 * UUID, IPADDRESS, VARCHAR, CHAR (padded), JSON. Undefined for other types.
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

function charReader(block: FlatBlock, { length }: CharType): TextReader {
  const read = utf8Reader(block)
  return (position) => padCodePoints(read(position), length)
}

/** Pads with blanks to `length` code points. */
export function padCodePoints(text: string, length: number): string {
  let pairs = 0
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) pairs++
  return text.padEnd(length + pairs)
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

function timeText(picosOfDay: bigint, precision: number): string {
  const second = picosOfDay / PICOS_PER_SECOND
  const fraction = fractionText(picosOfDay - second * PICOS_PER_SECOND, precision)
  return clockText(Number(second) % SECONDS_PER_DAY) + fraction
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

/** Splits picoseconds since the epoch into whole seconds, rounded down, and the picosecond of the second. */
function splitPicos(picos: bigint): { second: number; rest: bigint } {
  let second = picos / PICOS_PER_SECOND
  let rest = picos - second * PICOS_PER_SECOND
  if (rest < 0n) {
    rest += PICOS_PER_SECOND
    second -= 1n
  }
  return { second: Number(second), rest }
}

function timestampReader(block: FlatBlock, type: TemporalType, roundToMillis: boolean): TextReader {
  const { precision, round } = rounding(type.precision, roundToMillis)
  if (block.storage !== 'fixed16' && type.precision <= 3) {
    const read = bigintReader(block)
    return (position) => {
      const { second, picos } = splitMicros(read(position))
      return timestampText(second, picos, precision)
    }
  }
  const read = timestampPicosReader(block)
  return (position) => {
    const { second, rest } = splitPicos(round(read(position)))
    return timestampText(second, rest, precision)
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
    const { second, rest } = splitPicos(round(picos))
    const local = second + timeZoneOffsetSeconds(zone, second)
    return `${timestampText(local, rest, precision)} ${zone}`
  }
}
