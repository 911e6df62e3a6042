import { assert } from '../assert.js'
import { logicalInteger } from '../page/block-builder.js'
import { integerCarrier, isText, storageClass } from '../page/block-value.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'
import type { RecordCursor } from './record-set.js'

const bits = new DataView(new ArrayBuffer(4))

/** The carrier of a cursor's field, by the getter that its type has. */
export type FieldReader = (cursor: RecordCursor) => Value

/** Makes the reader of a field. @source Trino RecordPageSource.getNextPage */
export function fieldReader(type: SqlType, field: number): FieldReader {
  const present = presentReader(type, field)
  return (cursor) => (cursor.isNull(field) ? null : present(cursor))
}

function presentReader(type: SqlType, field: number): FieldReader {
  if (type.kind === 'real') return realReader(field)
  switch (storageClass(type)) {
    case 'bool':
      return (cursor) => cursor.getBoolean(field)
    case 'integer':
      return (cursor) => integerCarrier(type, BigInt(cursor.getLong(field)))
    case 'f32':
    case 'f64':
      return (cursor) => cursor.getDouble(field)
    case 'bytes':
      if (type.kind === 'tdigest') return (cursor) => cursor.getObject(field)
      return (cursor) => sliceValue(type, cursor.getSlice(field))
    case 'fixed16':
      return type.kind === 'uuid' || type.kind === 'ipaddress'
        ? (cursor) => sliceValue(type, cursor.getSlice(field))
        : (cursor) => cursor.getObject(field)
    case 'array':
    case 'map':
    case 'row':
      return (cursor) => cursor.getObject(field)
    case 'null':
      return () => null
  }
}

/** REAL is a double to the documents, the bits of a float in a long to the code: whichever the cursor has. */
function realReader(field: number): FieldReader {
  let isDouble: boolean | undefined
  const fromBits = (cursor: RecordCursor): number => {
    bits.setInt32(0, Number(BigInt.asIntN(32, BigInt(cursor.getLong(field)))))
    return bits.getFloat32(0)
  }
  return (cursor) => {
    if (isDouble === false) return fromBits(cursor)
    try {
      const value = Math.fround(cursor.getDouble(field))
      isDouble = true
      return value
    } catch (error) {
      if (isDouble) throw error
      const value = fromBits(cursor)
      isDouble = false
      return value
    }
  }
}

function sliceValue(type: SqlType, slice: Uint8Array | string): Value {
  if (typeof slice === 'string') {
    assert(isText(type), 'a string for a type of bytes')
    return type.kind === 'char' ? slice.replace(/ +$/, '') : slice
  }
  if (!isText(type)) return slice
  const text = Buffer.from(slice.buffer, slice.byteOffset, slice.byteLength).toString('utf8')
  return type.kind === 'char' ? text.replace(/ +$/, '') : text
}

/** What a cursor's getLong gives of a carrier. */
export function longOf(type: SqlType, value: Value): bigint {
  if (type.kind !== 'real') return logicalInteger(type, value)
  bits.setFloat32(0, value as number)
  return BigInt(bits.getInt32(0))
}

/** What a cursor's getSlice gives of a carrier. */
export function sliceOf(value: Value): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value, 'utf8')
  assert(value instanceof Uint8Array, 'a type of strings or bytes')
  return value
}
