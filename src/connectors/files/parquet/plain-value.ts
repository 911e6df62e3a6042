import type { SqlType, Value, ZonedTimestamp } from '../../../spi/index.js'
import { PICOS_OF_UNIT } from './leaf-type.js'
import type { Leaf } from './schema.js'

const PICOS_PER_MICRO = 1_000_000n

/**
 * The plain encodings that a value may have in a column, byte arrays without their length: what Bloom filters hash. Undefined
 * where it may have others, and where the column can't hold the value.
 */
export function plainEncodings(leaf: Leaf, value: Value): readonly Uint8Array[] | undefined {
  const { encoding, type } = leaf
  switch (encoding.kind) {
    case 'integer': {
      const raw = rawInteger(type, value, encoding.factor)
      return integerBytes(raw, encoding.byteLength, encoding.isSigned)
    }
    case 'instant': {
      if (encoding.physical !== 'INT64') return undefined
      const picos = typeof value === 'bigint' ? value : (value as ZonedTimestamp).picos
      return integerBytes(quotient(picos, PICOS_OF_UNIT[encoding.unit]), 8, true)
    }
    case 'float':
      return floatBytes(value as number, encoding.byteLength)
    case 'bytes':
      if (type.kind === 'varchar') return [Buffer.from(value as string, 'utf8')]
      return type.kind === 'varbinary' ? [value as Uint8Array] : undefined
    case 'decimal bytes':
      // Those of a length of their own may have more bytes than they need.
      return encoding.byteLength < 0
        ? undefined
        : [bigEndianBytes(value as bigint, encoding.byteLength)]
    case 'uuid':
    case 'fixed bytes':
      return [value as Uint8Array]
    case 'boolean':
    case 'float16':
    case 'interval':
      return undefined
  }
}

function rawInteger(type: SqlType, value: Value, factor: bigint): bigint | undefined {
  const carrier = typeof value === 'bigint' ? value : BigInt(value as number)
  return quotient(carrier, type.kind === 'timestamp' ? factor * PICOS_PER_MICRO : factor)
}

const quotient = (value: bigint, by: bigint): bigint | undefined =>
  value % by === 0n ? value / by : undefined

function integerBytes(
  raw: bigint | undefined,
  byteLength: 4 | 8,
  isSigned: boolean,
): readonly Uint8Array[] | undefined {
  const bits = byteLength * 8
  if (raw === undefined) return undefined
  if ((isSigned ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw)) !== raw) return undefined
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt.asUintN(64, raw), true)
  return [new Uint8Array(view.buffer, 0, byteLength)]
}

function floatBytes(value: number, byteLength: 4 | 8): readonly Uint8Array[] | undefined {
  // NaN has many encodings, zero has two.
  if (Number.isNaN(value)) return undefined
  return (value === 0 ? [0, -0] : [value]).map((one) => {
    const view = new DataView(new ArrayBuffer(byteLength))
    if (byteLength === 4) view.setFloat32(0, one, true)
    else view.setFloat64(0, one, true)
    return new Uint8Array(view.buffer)
  })
}

function bigEndianBytes(value: bigint, byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength)
  let rest = value
  for (let i = byteLength - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}
