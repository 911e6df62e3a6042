import {
  createBlockBuilder,
  type FlatBlock,
  isValid,
  type SqlType,
  timeZoneId,
  timeZoneKey,
  type Value,
} from '../../../spi/index.js'
import type { ColumnData } from './batch-columns.js'
import { ArrowFormatError } from './format-error.js'
import { alignedBytes, offsetsIn, typedView } from './typed-view.js'

type ValueReader = (position: number) => Value

const MILLIS_PER_DAY = 86_400_000n
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
    case 'bytes': {
      const offsets = offsetsIn(bytes, layout.offsetBits, 0, data.length)
      const content = data.buffers[1] ?? new Uint8Array(0)
      if (offsets.end > content.length) throw new ArrowFormatError('a value beyond its buffer')
      const { buffer, byteOffset, byteLength } = content.subarray(offsets.first, offsets.end)
      const text = Buffer.from(buffer, byteOffset, byteLength)
      const { values } = offsets
      return (i) => text.toString('utf8', values[i]!, values[i + 1]!).replace(/ +$/, '')
    }
    case 'fixed bytes': {
      const { width } = layout
      return (i) => bytes.slice(i * width, (i + 1) * width)
    }
    default:
      throw new Error(`values of ${layout.kind} are not read one by one`)
  }
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
