import type { FlatBlock, FloatBlock, IntegerBlock, SqlType, Validity } from '../../../spi/index.js'
import type { ColumnData } from './batch-columns.js'
import type { ArrowLayout } from './schema.js'
import { alignedBytes, typedView } from './typed-view.js'

type Layout<K extends ArrowLayout['kind']> = Extract<ArrowLayout, { kind: K }>

/** Integers that lie as a block's do, or can be brought there without looking at each by itself; undefined for others. */
export function integerBlock(
  data: ColumnData,
  layout: Layout<'int' | 'decimal' | 'date' | 'timestamp'>,
  type: SqlType,
  validity: Validity,
  start: number,
  rowCount: number,
): FlatBlock | undefined {
  const bytes = data.buffers[0]!
  const of = (values: IntegerBlock['values']): IntegerBlock =>
    integers(type, rowCount, validity, values)
  switch (layout.kind) {
    case 'date':
      return layout.bits === 32 ? of(typedView(bytes, 32, start, rowCount)) : undefined
    case 'timestamp':
      // Microseconds are what blocks have.
      return layout.digits === 6 && layout.zone === undefined
        ? of(narrowed(typedView(bytes, 64, start, rowCount)))
        : undefined
    case 'decimal':
      return layout.bits === 128 ? decimals(data, type, validity, start, rowCount) : undefined
    case 'int':
      switch (layout.bits) {
        case 8: {
          const values = typedView(bytes, 8, start, rowCount)
          return of(layout.isSigned ? values : Int16Array.from(values, (value) => value & 0xff))
        }
        case 16: {
          const values = typedView(bytes, 16, start, rowCount)
          return of(layout.isSigned ? values : Int32Array.from(values, (value) => value & 0xffff))
        }
        case 32: {
          const values = typedView(bytes, 32, start, rowCount)
          if (layout.isSigned || values.every((value) => value >= 0)) return of(values)
          return undefined
        }
        case 64:
          return layout.isSigned ? of(narrowed(typedView(bytes, 64, start, rowCount))) : undefined
      }
  }
}

function integers(
  type: SqlType,
  rowCount: number,
  validity: Validity,
  values: IntegerBlock['values'],
): IntegerBlock {
  const storage = STORAGES[values.BYTES_PER_ELEMENT as 1 | 2 | 4 | 8]
  const fields = { encoding: 'flat', storage, type, rowCount, validity, values, base: 0 } as const
  if (values instanceof BigInt64Array || rowCount === 0) return { factor: 1, ...fields }
  let min = values[0]!
  let max = min
  // Those of nulls are among them: bounds may be wider than the truth.
  for (let i = 1; i < rowCount; i++) {
    const value = values[i]!
    if (value < min) min = value
    else if (value > max) max = value
  }
  return { factor: 1, bounds: { min, max }, ...fields }
}

const STORAGES = { 1: 'i8', 2: 'i16', 4: 'i32', 8: 'i64' } as const

/** 64-bit integers in 32 bits where all fit: kernels are several times faster on those. */
function narrowed(values: BigInt64Array): Int32Array | BigInt64Array {
  const { length } = values
  const words = new Int32Array(values.buffer, values.byteOffset, length * 2)
  for (let i = 0; i < length; i++) {
    if (words[2 * i]! >> 31 !== words[2 * i + 1]!) return values
  }
  const low = new Int32Array(length)
  for (let i = 0; i < length; i++) low[i] = words[2 * i]!
  return low
}

/** Unscaled values in 64 bits, or in 16 bytes where a type is long and they don't fit. */
function decimals(
  data: ColumnData,
  type: SqlType,
  validity: Validity,
  start: number,
  rowCount: number,
): FlatBlock | undefined {
  if (type.kind !== 'decimal') return undefined
  const values = alignedBytes(data.buffers[0]!, 8, start * 16, rowCount * 16)
  const words = new BigInt64Array(values.buffer, values.byteOffset, rowCount * 2)
  const halves = new Int32Array(values.buffer, values.byteOffset, rowCount * 4)
  let isShort = true
  for (let i = 0; i < rowCount && isShort; i++) {
    const sign = halves[4 * i + 1]! >> 31
    isShort = halves[4 * i + 2]! === sign && halves[4 * i + 3]! === sign
  }
  if (!isShort) {
    // A short type's values have to fit: the exact way tells which one does not.
    if (type.precision <= 18) return undefined
    return { encoding: 'flat', storage: 'fixed16', type, rowCount, validity, values }
  }
  const low = new BigInt64Array(rowCount)
  for (let i = 0; i < rowCount; i++) low[i] = words[2 * i]!
  return integers(type, rowCount, validity, narrowed(low))
}

/** REAL and DOUBLE as they lie; undefined for half floats. */
export function floatBlock(
  data: ColumnData,
  { bits }: Layout<'float'>,
  type: SqlType,
  validity: Validity,
  start: number,
  rowCount: number,
): FloatBlock | undefined {
  if (bits === 16) return undefined
  const width = bits / 8
  const { buffer, byteOffset } = alignedBytes(
    data.buffers[0]!,
    width,
    start * width,
    rowCount * width,
  )
  const fields = { encoding: 'flat', type, rowCount, validity } as const
  return bits === 32
    ? { storage: 'f32', values: new Float32Array(buffer, byteOffset, rowCount), ...fields }
    : { storage: 'f64', values: new Float64Array(buffer, byteOffset, rowCount), ...fields }
}
