import { assert } from '../assert.js'
import { timeZoneId } from '../type/time-zone.js'
import { MAX_SHORT_DECIMAL_PRECISION, type SqlType, type TypeKind } from '../type/type.js'
import type { Value } from '../type/value.js'
import {
  type Block,
  type BytesBlock,
  type Fixed16Block,
  type FlatBlock,
  type IntegerBlock,
  isValid,
} from './block.js'

/** The physical layouts of one type's flat blocks; `integer` stands for i8 to i64. */
export type StorageClass =
  | 'integer'
  | 'f32'
  | 'f64'
  | 'bool'
  | 'fixed16'
  | 'bytes'
  | 'array'
  | 'map'
  | 'row'
  | 'null'

const STORAGE_CLASSES: Readonly<Partial<Record<TypeKind, StorageClass>>> = {
  unknown: 'null',
  boolean: 'bool',
  tinyint: 'integer',
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  real: 'f32',
  double: 'f64',
  date: 'integer',
  time: 'integer',
  'interval year to month': 'integer',
  'interval day to second': 'integer',
  uuid: 'fixed16',
  ipaddress: 'fixed16',
  bingtile: 'integer',
  array: 'array',
  map: 'map',
  row: 'row',
}

/**
 * The layout that flat blocks of a type have, see block.ts: those of nulls only may be `null` too, and those of long decimals
 * that fit 64 bits `integer`.
 */
export function storageClass(type: SqlType): StorageClass {
  switch (type.kind) {
    case 'decimal':
      return type.precision <= MAX_SHORT_DECIMAL_PRECISION ? 'integer' : 'fixed16'
    case 'timestamp':
      return type.precision <= 6 ? 'integer' : 'fixed16'
    case 'timestamp with time zone':
      return type.precision <= 3 ? 'integer' : 'fixed16'
    case 'time with time zone':
      return type.precision <= 9 ? 'integer' : 'fixed16'
    default:
      return STORAGE_CLASSES[type.kind] ?? 'bytes'
  }
}

export const PICOS_PER_MICRO = 1_000_000n
export const PICOS_PER_MILLI = 1_000_000_000n
export const PICOS_PER_NANO = 1_000n
/** Bits of the zone key in a packed TIMESTAMP WITH TIME ZONE, and of the offset in a packed TIME WITH TIME ZONE. */
export const ZONE_KEY_BITS = 12n
export const OFFSET_BITS = 11n
/** Added to the offset's minutes in a packed TIME WITH TIME ZONE. */
export const OFFSET_BIAS = 840

/** The logical integer at a position that is not null: unscaled, packed, or in the units of its type's format. */
export function readInteger(block: IntegerBlock, position: number): bigint {
  const stored = block.values[position]!
  if (typeof stored === 'bigint') return stored
  const value = block.base + block.factor * stored
  return Number.isSafeInteger(value)
    ? BigInt(value)
    : BigInt(block.base) + BigInt(block.factor) * BigInt(stored)
}

/** The bytes at a position, without copying. */
export const bytesAt = (block: BytesBlock, position: number): Uint8Array =>
  block.bytes.subarray(block.offsets[position]!, block.offsets[position + 1]!)

/** The text at a position. A Buffer decodes, since TextDecoder refuses shared memory. */
export function textAt(block: BytesBlock, position: number): string {
  const bytes = bytesAt(block, position)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    block.ascii === true ? 'latin1' : 'utf8',
  )
}

/**
 * The value at a position of a block of any type and encoding, as its carrier. Exact and slow: what tests, the
 * interpreter, cursors and edges use. Byte values are copies.
 */
export function readValue(block: Block, position: number): Value {
  assert(position >= 0 && position < block.rowCount, 'position outside of the block')
  switch (block.encoding) {
    case 'flat':
      return readFlat(block, position)
    case 'constant':
      return readFlat(block.value, 0)
    case 'dictionary':
      return isValid(block.validity, position)
        ? readFlat(block.dictionary, block.codes[position]!)
        : null
  }
}

function readFlat(block: FlatBlock, position: number): Value {
  if (block.storage === 'null' || !isValid(block.validity, position)) return null
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return integerCarrier(block.type, readInteger(block, position))
    case 'f32':
    case 'f64':
      return block.values[position]!
    case 'bool':
      return block.values[position] !== 0
    case 'fixed16':
      return fixed16Carrier(block, position)
    case 'bytes':
      return isText(block.type) ? textAt(block, position) : bytesAt(block, position).slice()
    case 'array':
      return readMany(block.elements, block.offsets[position]!, block.offsets[position + 1]!)
    case 'map': {
      const start = block.offsets[position]!
      const end = block.offsets[position + 1]!
      return {
        keys: readMany(block.keys, start, end),
        values: readMany(block.mapValues, start, end),
      }
    }
    case 'row':
      return block.fields.map((field) => readValue(field, position))
  }
}

function readMany(block: Block, start: number, end: number): Value[] {
  const values: Value[] = []
  for (let i = start; i < end; i++) values.push(readValue(block, i))
  return values
}

/** Whether the carrier of a bytes type is a string. */
export const isText = (type: SqlType): boolean =>
  type.kind === 'varchar' || type.kind === 'char' || type.kind === 'json' || type.kind === 'kdbtree'

/** The carrier of a logical integer. */
export function integerCarrier(type: SqlType, integer: bigint): Value {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'date':
    case 'interval year to month':
      return Number(integer)
    case 'timestamp':
      return integer * PICOS_PER_MICRO
    case 'timestamp with time zone':
      return {
        picos: (integer >> ZONE_KEY_BITS) * PICOS_PER_MILLI,
        zone: timeZoneId(Number(integer & 0xfffn)),
      }
    case 'time with time zone':
      return {
        picos: (integer >> OFFSET_BITS) * PICOS_PER_NANO,
        offsetMinutes: Number(integer & 0x7ffn) - OFFSET_BIAS,
      }
    default:
      return integer
  }
}

function fixed16Carrier(block: Fixed16Block, position: number): Value {
  const { buffer, byteOffset } = block.values
  const view = new DataView(buffer, byteOffset + position * 16, 16)
  switch (block.type.kind) {
    case 'decimal':
      return (view.getBigInt64(8, true) << 64n) | view.getBigUint64(0, true)
    case 'timestamp':
      return view.getBigInt64(0, true) * PICOS_PER_MICRO + BigInt(view.getInt32(8, true))
    case 'timestamp with time zone': {
      const packed = view.getBigInt64(0, true)
      return {
        picos: (packed >> ZONE_KEY_BITS) * PICOS_PER_MILLI + BigInt(view.getInt32(8, true)),
        zone: timeZoneId(Number(packed & 0xfffn)),
      }
    }
    case 'time with time zone':
      return { picos: view.getBigInt64(0, true), offsetMinutes: view.getInt32(8, true) }
    default:
      return block.values.slice(position * 16, position * 16 + 16)
  }
}
