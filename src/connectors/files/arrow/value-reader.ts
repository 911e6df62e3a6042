import type { Data, Vector } from 'apache-arrow'
import { timeZoneId, timeZoneKey, type Value } from '../../../spi/index.js'
import { ARROW, type ArrowTypeFields, UNIT_DIGITS } from './column-type.js'

/** Reads the value at a position as its carrier; null for NULL. */
export type ValueReader = (position: number) => Value

type Numbers = { readonly [position: number]: number | bigint }

/** Makes the reader of one chunk of a column. */
export function valueReader(data: Data): ValueReader {
  const read = presentReader(data)
  if (data.nullCount === 0) return read
  return (position) => (data.getValid(position) ? read(position) : null)
}

function presentReader(data: Data): ValueReader {
  const type = data.type as unknown as ArrowTypeFields
  const values = data.values as unknown as Numbers
  switch (type.typeId) {
    case ARROW.int:
      return integerReader(type, values)
    case ARROW.float:
      return type.precision === 0
        ? (i) => halfFloat(values[i] as number)
        : (i) => values[i] as number
    case ARROW.bool: {
      const bits = data.values as Uint8Array
      return (i) => {
        const bit = i + data.offset
        return (bits[bit >> 3]! & (1 << (bit & 7))) !== 0
      }
    }
    case ARROW.utf8:
    case ARROW.largeUtf8:
      return bytesReader(data, (bytes) => bytes.toString('utf8'))
    case ARROW.binary:
    case ARROW.largeBinary:
      return bytesReader(data, (bytes) => Uint8Array.from(bytes))
    case ARROW.fixedSizeBinary: {
      const width = type.byteWidth!
      const bytes = data.values as Uint8Array
      return (i) => bytes.slice(i * width, (i + 1) * width)
    }
    case ARROW.decimal:
      return decimalReader(data.values as Uint32Array)
    case ARROW.date:
      return type.unit === 0
        ? (i) => values[i] as number
        : (i) => Math.floor(Number(values[i]) / 86_400_000)
    case ARROW.time:
    case ARROW.timestamp:
      return instantReader(type, values)
    case ARROW.dictionary:
      return dictionaryReader(data)
    default:
      return nestedReader(data, type)
  }
}

function integerReader({ bitWidth, isSigned }: ArrowTypeFields, values: Numbers): ValueReader {
  // BIGINT and DECIMAL have bigints as carriers.
  return bitWidth === 64 || (bitWidth === 32 && isSigned === false)
    ? (i) => BigInt(values[i]!)
    : (i) => values[i] as number
}

function bytesReader(data: Data, decode: (bytes: Buffer) => Value): ValueReader {
  const offsets = data.valueOffsets as unknown as Numbers
  const { buffer, byteOffset, byteLength } = data.values as Uint8Array
  const bytes = Buffer.from(buffer, byteOffset, byteLength)
  return (i) => decode(bytes.subarray(Number(offsets[i]), Number(offsets[i + 1])))
}

function decimalReader(words: Uint32Array): ValueReader {
  return (i) => {
    let unscaled = 0n
    for (let word = 3; word >= 0; word--) {
      unscaled = (unscaled << 32n) | BigInt(words[i * 4 + word]!)
    }
    return BigInt.asIntN(128, unscaled)
  }
}

function instantReader({ typeId, unit, timezone }: ArrowTypeFields, values: Numbers): ValueReader {
  const picos = 10n ** BigInt(12 - UNIT_DIGITS[unit ?? 1]!)
  if (typeId === ARROW.time || timezone == null || timezone === '') {
    return (i) => BigInt(values[i]!) * picos
  }
  const zone = timeZoneId(timeZoneKey(timezone) ?? 0)
  return (i) => ({ picos: BigInt(values[i]!) * picos, zone })
}

function dictionaryReader(data: Data): ValueReader {
  const entries = vectorReader(data.dictionary!)
  const known = new Map<number, Value>()
  const codes = data.values as unknown as Numbers
  return (i) => {
    const code = Number(codes[i])
    let value = known.get(code)
    if (value === undefined) {
      value = entries(code)
      known.set(code, value)
    }
    return value
  }
}

function vectorReader(vector: Vector): ValueReader {
  const chunks = vector.data.map((data) => ({ length: data.length, read: valueReader(data) }))
  return (position) => {
    let rest = position
    for (const { length, read } of chunks) {
      if (rest < length) return read(rest)
      rest -= length
    }
    throw new RangeError('a dictionary code beyond its entries')
  }
}

function nestedReader(data: Data, type: ArrowTypeFields): ValueReader {
  const children = data.children.map(valueReader)
  const [child] = children
  const offsets = data.valueOffsets as unknown as Numbers
  const range = (start: number, end: number): Value[] => {
    if (!(start >= 0 && start <= end && end <= data.children[0]!.length)) {
      throw new RangeError('a list beyond its elements')
    }
    return Array.from({ length: end - start }, (_, i) => child!(start + i))
  }
  switch (type.typeId) {
    case ARROW.null:
      return () => null
    case ARROW.struct:
      return (i) => children.map((read) => read(i + data.offset))
    case ARROW.list:
      return (i) => range(Number(offsets[i]), Number(offsets[i + 1]))
    case ARROW.fixedSizeList:
      return (i) => range(i * type.listSize!, (i + 1) * type.listSize!)
    default:
      return (i) => {
        const entries = range(Number(offsets[i]), Number(offsets[i + 1])) as (readonly Value[])[]
        return { keys: entries.map(([key]) => key!), values: entries.map(([, value]) => value!) }
      }
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
