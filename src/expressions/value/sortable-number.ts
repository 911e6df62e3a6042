import type { SqlType } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'

const bits = new DataView(new ArrayBuffer(8))

/** A value as an integer of the same order: of negative floats the bits below the sign are inverted. */
export function toSortable(type: SqlType, value: Value): bigint {
  if (type.kind === 'bigint') return value as bigint
  if (type.kind === 'real') {
    bits.setFloat32(0, value as number)
    const raw = bits.getInt32(0)
    return BigInt(raw ^ ((raw >> 31) & 0x7fff_ffff))
  }
  bits.setFloat64(0, value as number)
  const raw = bits.getBigInt64(0)
  return raw ^ ((raw >> 63n) & 0x7fff_ffff_ffff_ffffn)
}

/** The value that toSortable gave a number for. */
export function fromSortable(type: SqlType, value: bigint): Value {
  if (type.kind === 'bigint') return value
  if (type.kind === 'real') {
    const raw = Number(BigInt.asIntN(32, value))
    bits.setInt32(0, raw ^ ((raw >> 31) & 0x7fff_ffff))
    return bits.getFloat32(0)
  }
  bits.setBigInt64(0, value ^ ((value >> 63n) & 0x7fff_ffff_ffff_ffffn))
  return bits.getFloat64(0)
}
