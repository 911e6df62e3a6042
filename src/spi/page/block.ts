import type { SqlType } from '../type/type.js'

/**
 * A block is one column of a page: Arrow-layout buffers in one of three encodings. Typed arrays are the
 * (memory, offset, length) of a buffer: over the engine's shared WebAssembly memory for kernels, over any
 * other ArrayBuffer at the edges (a scan imports such blocks before kernels read them).
 *
 * Ownership: a block handed downstream is borrowed until its consumer asks for the next page; what must live
 * longer is copied. Buffers are never written after a block has been made of them.
 */
export type Block = FlatBlock | ConstantBlock | DictionaryBlock

export type FlatBlock =
  | IntegerBlock
  | FloatBlock
  | BooleanBlock
  | Fixed16Block
  | BytesBlock
  | ArrayBlock
  | MapBlock
  | RowBlock
  | NullBlock

/** Physical layout of a flat block. */
export type Storage = FlatBlock['storage']

/** Arrow validity: bit i (least significant first) is 1 where position i is not null; `null`: no nulls. */
export type Validity = Uint8Array | null

interface BlockFields {
  readonly type: SqlType
  readonly rowCount: number
}

interface FlatFields extends BlockFields {
  readonly encoding: 'flat'
  readonly validity: Validity
}

/**
 * Inclusive bounds of the logical integer values (DECIMAL: unscaled) of the positions that are not null. They
 * may be wider than the truth, never narrower. Safe integers; absent where unknown or beyond 2^53.
 */
export interface Bounds {
  readonly min: number
  readonly max: number
}

/**
 * TINYINT to BIGINT, short DECIMAL (unscaled), DATE, TIME, TIMESTAMP(≤6) (microseconds), TIMESTAMP(≤3) WITH TIME
 * ZONE (milliseconds << 12 | zone key), TIME(≤9) WITH TIME ZONE (nanoseconds << 11 | offset + 840) and intervals.
 * The logical value at i is `base + factor * values[i]`; the width is chosen by the data, not by the type: a long DECIMAL
 * whose values fit 64 bits may be an integer block too.
 * i64 values always have base 0 and factor 1.
 */
export interface IntegerBlock extends FlatFields {
  readonly storage: 'i8' | 'i16' | 'i32' | 'i64'
  readonly values: Int8Array | Int16Array | Int32Array | BigInt64Array
  readonly base: number
  readonly factor: number
  readonly bounds?: Bounds | undefined
  /** True where the values that are not null never decrease. */
  readonly ascending?: boolean
}

/** REAL (f32) and DOUBLE (f64). */
export interface FloatBlock extends FlatFields {
  readonly storage: 'f32' | 'f64'
  readonly values: Float32Array | Float64Array
}

/** BOOLEAN: one byte a value, 0 or 1. */
export interface BooleanBlock extends FlatFields {
  readonly storage: 'bool'
  readonly values: Uint8Array
}

/**
 * 16 bytes a value: long DECIMAL beyond 64 bits (two's complement, little-endian, as Arrow's Decimal128); TIMESTAMP(>6): i64
 * microseconds, i32 picoseconds of the microsecond, 4 bytes 0; TIMESTAMP(>3) WITH TIME ZONE: i64 milliseconds << 12 |
 * zone key, i32 picoseconds of the millisecond, 0; TIME(>9) WITH TIME ZONE: i64 picoseconds, i32 offset minutes, 0;
 * UUID and IPADDRESS: the bytes, big-endian.
 */
export interface Fixed16Block extends FlatFields {
  readonly storage: 'fixed16'
  readonly values: Uint8Array
}

/** VARCHAR, CHAR (no trailing blanks), JSON as UTF-8; VARBINARY and sketches as bytes. */
export interface BytesBlock extends FlatFields {
  readonly storage: 'bytes'
  /** rowCount + 1 ascending offsets into bytes; the first need not be 0. */
  readonly offsets: Int32Array
  readonly bytes: Uint8Array
  /** True where every byte is below 128, so that code points are bytes. */
  readonly ascii?: boolean
}

export interface ArrayBlock extends FlatFields {
  readonly storage: 'array'
  readonly offsets: Int32Array
  readonly elements: Block
}

export interface MapBlock extends FlatFields {
  readonly storage: 'map'
  readonly offsets: Int32Array
  readonly keys: Block
  readonly mapValues: Block
}

export interface RowBlock extends FlatFields {
  readonly storage: 'row'
  /** One block a field, each of rowCount positions. */
  readonly fields: readonly Block[]
}

/** Every position is null, of any type. */
export interface NullBlock extends FlatFields {
  readonly storage: 'null'
}

/** The one position of `value` repeated rowCount times. */
export interface ConstantBlock extends BlockFields {
  readonly encoding: 'constant'
  readonly value: FlatBlock
}

/**
 * Position i is position `codes[i]` of `dictionary`; codes at null positions are in range too. A selection over
 * another block is the same thing. A position is null if its validity or its dictionary entry says so.
 */
export interface DictionaryBlock extends BlockFields {
  readonly encoding: 'dictionary'
  readonly codes: Uint8Array | Uint16Array | Int32Array
  readonly dictionary: FlatBlock
  readonly validity: Validity
  /**
   * Names a dictionary whose entries are distinct and only ever appended to, so that equal codes under one id are
   * equal values across pages, and work done once an entry can be kept. Threads know the dictionaries of others by numbers, so
   * that one id of two threads names two dictionaries to a third; but for `sha256:` and 36 hexadecimal digits, the digest of a
   * type and all entries in their order, which is one id everywhere.
   */
  readonly dictionaryId?: string
}

/** Tells whether bit `position` of an Arrow validity bitmap is set. */
export const isValid = (validity: Validity, position: number): boolean =>
  validity === null || (validity[position >> 3]! & (1 << (position & 7))) !== 0

/** Tells whether a position of a block is null. */
export function isNull(block: Block, position: number): boolean {
  switch (block.encoding) {
    case 'flat':
      return block.storage === 'null' || !isValid(block.validity, position)
    case 'constant':
      return isNull(block.value, 0)
    case 'dictionary':
      return !isValid(block.validity, position) || isNull(block.dictionary, block.codes[position]!)
  }
}

/** Tells whether a block may hold a null, without looking at positions. */
export function mayHaveNulls(block: Block): boolean {
  switch (block.encoding) {
    case 'flat':
      return block.storage === 'null' || block.validity !== null
    case 'constant':
      return isNull(block.value, 0)
    case 'dictionary':
      return block.validity !== null || mayHaveNulls(block.dictionary)
  }
}

/** The flat block below any encoding: the block itself, a constant's one position, a dictionary's entries. */
export const flatBlockOf = (block: Block): FlatBlock =>
  block.encoding === 'flat' ? block : block.encoding === 'constant' ? block.value : block.dictionary

/** Where `flatBlockOf(block)` holds a position of the block. */
export const flatPositionOf = (block: Block, position: number): number =>
  block.encoding === 'flat' ? position : block.encoding === 'constant' ? 0 : block.codes[position]!
