import { PICOS_PER_MICRO } from '../../../arrow/arrow-form.js'
import {
  createBlockBuilder,
  type FlatBlock,
  isValid,
  type SqlType,
  timeZoneId,
  timeZoneKey,
  type Value,
  valueConverter,
} from '../../../spi/index.js'
import type { ColumnData } from './batch-columns.js'
import { ArrowFormatError } from './format-error.js'
import type { IntervalUnit } from './schema.js'
import { alignedBytes, offsetsIn, typedView } from './typed-view.js'

type ValueReader = (position: number) => Value

const MILLIS_PER_DAY = 86_400_000n
const PICOS_PER_MILLI = 1_000_000_000n
const PICOS_PER_DAY = 86_400_000_000_000_000n

/** A block of what lies otherwise than in blocks: value by value. */
export function blockOfValues(
  data: ColumnData,
  type: SqlType,
  start: number,
  rowCount: number,
): FlatBlock {
  const read = valueReader(data, type)
  const builder = createBlockBuilder(type)
  for (let i = start; i < start + rowCount; i++) {
    builder.append(isValid(data.validity, i) ? read(i) : null)
  }
  return builder.build()
}

function valueReader(data: ColumnData, type: SqlType): ValueReader {
  const { layout } = data.field
  const bytes = data.buffers[0] ?? new Uint8Array(0)
  const integers = (bits: 32 | 64): ((position: number) => bigint) => {
    const values = typedView(bytes, bits, 0, data.length)
    return (i) => BigInt(values[i]!)
  }
  switch (layout.kind) {
    case 'int': {
      // Those that fit no signed type of their width.
      const { bits } = layout
      const read = integers(bits === 64 ? 64 : 32)
      return (i) => BigInt.asUintN(bits, read(i))
    }
    case 'float': {
      const words = typedView(bytes, 16, 0, data.length)
      return (i) => halfFloat(words[i]!)
    }
    case 'decimal':
      return decimalReader(data, layout, type)
    case 'date': {
      const read = integers(64)
      return (i) => Number(floorDivide(read(i), MILLIS_PER_DAY))
    }
    case 'time': {
      const read = integers(layout.bits)
      const unit = unitPicos(layout.digits)
      return (i) => {
        const picos = read(i) * unit
        if (picos < 0n || picos >= PICOS_PER_DAY) {
          throw new ArrowFormatError(`a time of day that is none, ${read(i)}`)
        }
        return picos
      }
    }
    case 'timestamp': {
      const read = integers(64)
      const unit = unitPicos(layout.digits)
      if (layout.zone === undefined) return (i) => inRange(read(i) * unit, MICROS_PICOS_MAX)
      // An instant is the same whatever the zone is called.
      const zone = timeZoneId(timeZoneKey(layout.zone) ?? 0)
      return (i) => ({ picos: inRange(read(i) * unit, ZONED_PICOS_MAX), zone })
    }
    case 'duration': {
      const read = integers(64)
      return (i) => wholeMillis(read(i) * unitPicos(layout.digits))
    }
    case 'interval':
      return intervalReader(bytes, layout.unit, data.length)
    case 'bytes': {
      const read = textReader(data)
      if (type.kind === 'char') return (i) => read(i).replace(/ +$/, '')
      const convert = valueConverter(type)
      return (i) => {
        try {
          return convert(read(i))
        } catch (error) {
          throw new ArrowFormatError(error instanceof Error ? error.message : String(error))
        }
      }
    }
    case 'struct':
      return instantReader(data)
    case 'fixed bytes': {
      const { width } = layout
      return (i) => bytes.slice(i * width, (i + 1) * width)
    }
    default:
      throw new Error(`values of ${layout.kind} are not read one by one`)
  }
}

function textReader(data: ColumnData): (position: number) => string {
  const offsetBits = data.field.layout.kind === 'bytes' ? data.field.layout.offsetBits : 32
  const offsets = offsetsIn(data.buffers[0] ?? new Uint8Array(0), offsetBits, 0, data.length)
  const content = data.buffers[1] ?? new Uint8Array(0)
  if (offsets.end > content.length) throw new ArrowFormatError('a value beyond its buffer')
  const { buffer, byteOffset, byteLength } = content.subarray(offsets.first, offsets.end)
  const text = Buffer.from(buffer, byteOffset, byteLength)
  const { values } = offsets
  return (i) => text.toString('utf8', values[i]!, values[i + 1]!)
}

/** Instants of their parts: microseconds in UTC, picoseconds beyond them, the zone. */
function instantReader(data: ColumnData): ValueReader {
  const utc = data.children[0]!
  const zones = data.children.at(-1)!
  const fine = data.children.length === 3 ? data.children[1]! : undefined
  const micros = typedView(utc.buffers[0]!, 64, 0, data.length)
  const rests = fine === undefined ? undefined : typedView(fine.buffers[0]!, 32, 0, data.length)
  const zoneText = textReader(zones)
  return (i) => {
    const key = timeZoneKey(zoneText(i))
    const rest = rests?.[i] ?? 0
    const isWhole = data.children.every(({ validity }) => isValid(validity, i))
    if (!isWhole || key === undefined || rest < 0 || rest >= Number(PICOS_PER_MICRO)) {
      throw new ArrowFormatError('an instant without its parts')
    }
    const picos = inRange(micros[i]! * PICOS_PER_MICRO, ZONED_PICOS_MAX)
    return { picos: picos + BigInt(rest), zone: timeZoneId(key) }
  }
}

function intervalReader(bytes: Uint8Array, unit: IntervalUnit, length: number): ValueReader {
  if (unit === 'all') {
    const words = typedView(bytes, 32, 0, length * 4)
    return (i) => {
      if (words[4 * i + 1] !== 0 || words[4 * i + 2] !== 0 || words[4 * i + 3] !== 0) {
        throw new ArrowFormatError('an interval of months with days')
      }
      return words[4 * i]!
    }
  }
  const words = typedView(bytes, 32, 0, unit === 'months' ? length : length * 2)
  if (unit === 'months') return (i) => words[i]!
  return (i) => BigInt(words[2 * i]!) * MILLIS_PER_DAY + BigInt(words[2 * i + 1]!)
}

/** An interval in milliseconds, which is what SQL's are. */
function wholeMillis(picos: bigint): bigint {
  const millis = picos / PICOS_PER_MILLI
  if (millis * PICOS_PER_MILLI !== picos) {
    throw new ArrowFormatError('a duration finer than milliseconds, which no interval has')
  }
  if (BigInt.asIntN(64, millis) === millis) return millis
  throw new ArrowFormatError('a duration that is out of range')
}

/** @source IEEE 754 binary16 */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * 2 ** -24 * fraction
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * 2 ** (exponent - 25) * (fraction + 0x400)
}

const unitPicos = (digits: number): bigint => 10n ** BigInt(12 - digits)

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient
}

/** Picoseconds that are so many microseconds in 64 bits, and so many milliseconds in 52. */
const MICROS_PICOS_MAX = 2n ** 63n * 1_000_000n
const ZONED_PICOS_MAX = 2n ** 51n * 1_000_000_000n

function inRange(picos: bigint, limit: bigint): bigint {
  if (picos >= limit || picos < -limit) throw new ArrowFormatError('a time that is out of range')
  return picos
}

function decimalReader(
  data: ColumnData,
  { bits }: { readonly bits: 32 | 64 | 128 },
  type: SqlType,
): ValueReader {
  const width = bits / 8
  const bytes = alignedBytes(data.buffers[0]!, 8, 0, data.length * width)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const limit = 10n ** BigInt(type.kind === 'decimal' ? type.precision : 38)
  return (i) => {
    const at = i * width
    const value =
      bits === 32
        ? BigInt(view.getInt32(at, true))
        : bits === 64
          ? view.getBigInt64(at, true)
          : (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true)
    if (value >= limit || value <= -limit) {
      throw new ArrowFormatError('a decimal with more digits than its type')
    }
    return value
  }
}
