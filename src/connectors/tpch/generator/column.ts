import type { TextPool } from './text-pool.js'

/** One generated column, in a layout that becomes a block without another copy. */
export type GeneratedColumn = IntegerColumn | CodedColumn | BytesColumn

/** Whole numbers `base + values[i]`: keys, counts, prices in cents, dates in days since 1970. */
export interface IntegerColumn {
  readonly kind: 'integers'
  readonly values: Int8Array | Int16Array | Int32Array | BigInt64Array
  /** 0 for BigInt64Array. */
  readonly base: number
  /** Inclusive bounds of the numbers. */
  readonly min: number
  readonly max: number
  readonly ascending: boolean
}

/** Strings out of few: `dictionary.values[codes[i]]`. */
export interface CodedColumn {
  readonly kind: 'coded'
  readonly codes: Uint8Array | Uint16Array
  readonly dictionary: StringDictionary
}

/** The strings a column can have, always the same for one id. */
export interface StringDictionary {
  readonly id: string
  readonly values: readonly string[]
}

/** ASCII strings: string i is bytes[offsets[i]] to bytes[offsets[i + 1]]. */
export interface BytesColumn {
  readonly kind: 'bytes'
  readonly offsets: Int32Array
  readonly bytes: Uint8Array
}

/** Which rows to generate: [startRow, endRow) of the table's base rows. */
export interface RowRange {
  readonly scaleFactor: number
  /** From 0. Base rows are orders for lineitem and parts for partsupp, else the table's rows. */
  readonly startRow: number
  readonly endRow: number
}

/** What generation writes to. */
export interface GenerationContext {
  /** Memory for a column's buffers, aligned to 8 bytes at least, not necessarily zeroed. */
  readonly allocate: (byteLength: number) => Uint8Array
  readonly scratch: Scratch
  /** Needed for comments only. */
  readonly textPool: TextPool | undefined
}

/** A table's rows of a range: their count, and each column when it is asked for. */
export interface GeneratedRows<Column extends string> {
  readonly rowCount: number
  readonly columns: Readonly<Record<Column, () => GeneratedColumn>>
}

/** Reusable memory for what is needed only while a range is generated. */
export class Scratch {
  #memory = new Int32Array(0)
  #used = 0

  /** An array of `length` elements of unspecified content, valid until the next reset. */
  take(length: number): Int32Array {
    if (this.#used + length > this.#memory.length) {
      this.#memory = new Int32Array(Math.max(length, 2 * this.#memory.length))
      this.#used = 0
    }
    this.#used += length
    return this.#memory.subarray(this.#used - length, this.#used)
  }

  reset(): void {
    this.#used = 0
  }
}

/** A function that computes its result at the first call only. */
export function once<T extends object>(compute: () => T): () => T {
  let result: T | undefined
  return () => (result ??= compute())
}

export function allocateInt32(context: GenerationContext, length: number): Int32Array {
  const bytes = context.allocate(length * 4)
  return new Int32Array(bytes.buffer, bytes.byteOffset, length)
}

/** Numbers that are known to lie in [min, max], in the narrowest width that holds these bounds. */
export function integerColumn(
  context: GenerationContext,
  source: Int32Array,
  min: number,
  max: number,
): IntegerColumn {
  const width = min >= -128 && max < 128 ? 1 : min >= -32_768 && max < 32_768 ? 2 : 4
  const bytes = context.allocate(source.length * width)
  const { buffer, byteOffset } = bytes
  const values =
    width === 1
      ? new Int8Array(buffer, byteOffset, source.length)
      : width === 2
        ? new Int16Array(buffer, byteOffset, source.length)
        : new Int32Array(buffer, byteOffset, source.length)
  values.set(source)
  return { kind: 'integers', values, base: 0, min, max, ascending: false }
}

/** The numbers from `first` on. */
export function sequenceColumn(
  context: GenerationContext,
  first: number,
  rowCount: number,
): IntegerColumn {
  const values = allocateInt32(context, rowCount)
  for (let i = 0; i < rowCount; i++) {
    values[i] = i
  }
  const max = first + Math.max(rowCount - 1, 0)
  return { kind: 'integers', values, base: first, min: first, max, ascending: true }
}

/** Keys that are not in order and may be beyond 2^31. */
export function keyColumn(
  context: GenerationContext,
  keys: Int32Array | Float64Array,
  max: number,
): IntegerColumn {
  if (keys instanceof Int32Array) {
    return integerColumn(context, keys, 1, max)
  }
  const bytes = context.allocate(keys.length * 8)
  const halves = new Int32Array(bytes.buffer, bytes.byteOffset, keys.length * 2)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    halves[2 * i] = (key % 4_294_967_296) | 0
    halves[2 * i + 1] = Math.floor(key / 4_294_967_296)
  }
  const values = new BigInt64Array(bytes.buffer, bytes.byteOffset, keys.length)
  return { kind: 'integers', values, base: 0, min: 1, max, ascending: false }
}
