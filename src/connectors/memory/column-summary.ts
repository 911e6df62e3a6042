import {
  type Block,
  type BytesBlock,
  type ColumnStatistics,
  type Fixed16Block,
  type FlatBlock,
  type FloatBlock,
  type IntegerBlock,
  isValid,
  type SqlType,
} from '../../spi/index.js'
import { DistinctIntegers, HyperLogLog, hashNumber } from './distinct-counter.js'
import { hashBytes } from './string-dictionary.js'

/** What is known of a column's values; summaries of two writes can be joined. */
export interface ColumnSummary {
  readonly rowCount: number
  readonly nullCount: number
  /** Of the stored integers or floats; absent for no values and for other types. NaN is not counted. */
  readonly min?: number
  readonly max?: number
  readonly distinctCount: number
  readonly sketch: HyperLogLog
  /** Proven; false: not known. */
  readonly unique: boolean
  readonly ascending: boolean
  readonly dataBytes: number
}

/** Summarises the blocks of one column as they are written. */
export class ColumnSummarizer {
  readonly #integers = new DistinctIntegers()
  readonly #sketch = new HyperLogLog()
  #rowCount = 0
  #nullCount = 0
  #dataBytes = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY
  #ascending = true
  #strictlyAscending = true
  #hasIntegers = false
  #hasOthers = false
  /** 'partial': some values are in no dictionary. */
  #dictionarySize: number | 'partial' | undefined

  add(block: Block): void {
    this.#rowCount += block.rowCount
    switch (block.encoding) {
      case 'flat':
        this.#addFlat(block)
        break
      case 'dictionary': {
        this.#hasOthers = true
        this.#ascending = false
        const { codes, dictionary, validity } = block
        const offsets = (dictionary as BytesBlock).offsets
        for (let i = 0; i < block.rowCount; i++) {
          if (!isValid(validity, i)) this.#nullCount++
          else this.#dataBytes += offsets[codes[i]! + 1]! - offsets[codes[i]!]!
        }
        break
      }
      case 'constant':
        throw new Error('a column writer makes no constants')
    }
  }

  /**
   * The distinct count of a column that is a dictionary throughout, as one of its writers has it.
   * @param size undefined: some of the writer's values are in no dictionary
   */
  setDictionarySize(size: number | undefined): void {
    if (this.#dictionarySize !== 'partial') this.#dictionarySize = size ?? 'partial'
  }

  addHash(hash: number): void {
    this.#sketch.add(hash)
  }

  finish(): ColumnSummary {
    const onlyIntegers = this.#hasIntegers && !this.#hasOthers
    const unique = onlyIntegers && (this.#integers.unique || this.#strictlyAscending)
    const exact = this.#integers.finish()
    this.#sketch.merge(this.#integers.sketch)
    const dictionarySize = this.#dictionarySize === 'partial' ? undefined : this.#dictionarySize
    const counted = onlyIntegers ? exact : (dictionarySize ?? this.#sketch.estimate())
    const values = this.#rowCount - this.#nullCount
    const bounded = this.#min <= this.#max
    return {
      rowCount: this.#rowCount,
      nullCount: this.#nullCount,
      ...(bounded ? { min: this.#min, max: this.#max } : {}),
      distinctCount: unique ? values : Math.min(counted, values),
      sketch: this.#sketch,
      unique: unique || values === 0,
      ascending: this.#ascending && this.#nullCount === 0,
      dataBytes: this.#dataBytes,
    }
  }

  #addFlat(block: FlatBlock): void {
    switch (block.storage) {
      case 'i8':
      case 'i16':
      case 'i32':
      case 'i64':
        this.#hasIntegers = true
        this.#addIntegers(block)
        return
      case 'f32':
      case 'f64':
        this.#addFloats(block)
        break
      case 'bytes':
        this.#addBytes(block)
        break
      case 'fixed16':
        this.#addFixed(block)
        break
      case 'bool':
        this.#addEach(block, (i) => hashNumber(block.values[i]!), 1)
        break
      case 'null':
        this.#nullCount += block.rowCount
        return
      case 'array':
      case 'map':
      case 'row':
        this.#addEach(block, undefined, 0)
        break
    }
    this.#hasOthers = true
    this.#ascending = false
  }

  /** Blocks without nulls that are stored narrow: what the builder found of them need not be found again. */
  #addDense(block: NarrowBlock): void {
    const { values, base, factor, rowCount, bounds, ascending } = block
    this.#min = Math.min(this.#min, bounds.min)
    this.#max = Math.max(this.#max, bounds.max)
    if (!ascending || bounds.min < this.#last) this.#ascending = false
    if (this.#strictlyAscending) {
      let last = this.#last
      let strict: boolean = this.#ascending
      for (let i = 0; strict && i < rowCount; i++) {
        const value = base + factor * values[i]!
        strict = value > last
        last = value
      }
      this.#strictlyAscending = strict
    }
    this.#last = base + factor * values[rowCount - 1]!
    this.#dataBytes += rowCount * (INTEGER_BYTES[block.type.kind] ?? 8)
    if (!this.#hasOthers) this.#integers.addAll(values, rowCount, base, factor)
    else for (let i = 0; i < rowCount; i++) this.#sketch.add(hashNumber(base + factor * values[i]!))
  }

  #addIntegers(block: IntegerBlock): void {
    const { values, base, factor, validity, rowCount } = block
    if (isNarrow(block)) {
      this.#addDense(block)
      return
    }
    const bytesEach = INTEGER_BYTES[block.type.kind] ?? 8
    for (let i = 0; i < rowCount; i++) {
      if (!isValid(validity, i)) {
        this.#nullCount++
        continue
      }
      const stored = values[i]!
      const value = typeof stored === 'bigint' ? Number(stored) : base + factor * stored
      if (!Number.isSafeInteger(value)) {
        // Rounded: neither order nor identity can be told from it.
        this.#hasOthers = true
        this.#ascending = false
      }
      if (value < this.#min) this.#min = value
      if (value > this.#max) this.#max = value
      if (value <= this.#last) {
        this.#strictlyAscending = false
        if (value < this.#last) this.#ascending = false
      }
      this.#last = value
      this.#dataBytes += bytesEach
      if (this.#hasOthers) this.#sketch.add(hashNumber(value))
      else this.#integers.add(value)
    }
  }

  #addFloats(block: FloatBlock): void {
    const { values, validity, rowCount } = block
    if (validity === null && values instanceof Float64Array && values.byteOffset % 8 === 0) {
      this.#addDoubles(values.subarray(0, rowCount))
      return
    }
    this.#addEach(
      block,
      (i) => {
        const value = block.values[i]!
        if (value < this.#min) this.#min = value
        if (value > this.#max) this.#max = value
        return hashNumber(value)
      },
      block.values.BYTES_PER_ELEMENT,
    )
  }

  /** Doubles without nulls, in loops that call nothing. */
  #addDoubles(values: Float64Array): void {
    let min = this.#min
    let max = this.#max
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value < min) min = value
      if (value > max) max = value
    }
    this.#min = min
    this.#max = max
    this.#dataBytes += values.byteLength
    this.#sketch.addDoubles(new Int32Array(values.buffer, values.byteOffset, values.length * 2))
  }

  #addBytes(block: BytesBlock): void {
    const { bytes, offsets } = block
    if (block.validity === null) {
      const sketch = this.#sketch
      for (let i = 0; i < block.rowCount; i++) {
        sketch.add(hashBytes(bytes, offsets[i]!, offsets[i + 1]!))
      }
    } else this.#addEach(block, (i) => hashBytes(bytes, offsets[i]!, offsets[i + 1]!), 0)
    this.#dataBytes += offsets[block.rowCount]! - offsets[0]!
  }

  #addFixed(block: Fixed16Block): void {
    const isDecimal = block.type.kind === 'decimal'
    const view = new DataView(block.values.buffer, block.values.byteOffset, block.values.byteLength)
    this.#addEach(
      block,
      (i) => {
        if (isDecimal) {
          const value =
            Number(view.getBigInt64(i * 16 + 8, true)) * 2 ** 64 +
            Number(view.getBigUint64(i * 16, true))
          if (value < this.#min) this.#min = value
          if (value > this.#max) this.#max = value
        }
        return hashBytes(block.values, i * 16, i * 16 + 16)
      },
      16,
    )
  }

  #addEach(
    block: FlatBlock,
    hash: ((position: number) => number) | undefined,
    bytesEach: number,
  ): void {
    for (let i = 0; i < block.rowCount; i++) {
      if (!isValid(block.validity, i)) this.#nullCount++
      else {
        this.#dataBytes += bytesEach
        if (hash !== undefined) this.#sketch.add(hash(i))
      }
    }
  }
}

type NarrowBlock = IntegerBlock & {
  readonly values: Int8Array | Int16Array | Int32Array
  readonly bounds: { readonly min: number; readonly max: number }
}
const isNarrow = (block: IntegerBlock): block is NarrowBlock =>
  block.storage !== 'i64' && block.validity === null && block.bounds !== undefined

/** Bytes of a value in Trino's fixed-width types. */
const INTEGER_BYTES: Readonly<Partial<Record<SqlType['kind'], number>>> = {
  tinyint: 1,
  smallint: 2,
  integer: 4,
  date: 4,
}

/** The summary of rows written before and after. */
export function joinSummaries(before: ColumnSummary, after: ColumnSummary): ColumnSummary {
  if (before.rowCount === 0) return after
  if (after.rowCount === 0) return before
  const sketch = before.sketch.copy()
  sketch.merge(after.sketch)
  const ordered = before.max !== undefined && after.min !== undefined && before.max < after.min
  const apart =
    ordered || (before.min !== undefined && after.max !== undefined && after.max < before.min)
  const sum = before.distinctCount + after.distinctCount
  const distinctCount = apart
    ? sum
    : Math.min(sum, Math.max(sketch.estimate(), before.distinctCount, after.distinctCount))
  const bounds = [before, after].flatMap(({ min, max }) =>
    min === undefined || max === undefined ? [] : [{ min, max }],
  )
  return {
    rowCount: before.rowCount + after.rowCount,
    nullCount: before.nullCount + after.nullCount,
    ...(bounds.length === 0
      ? {}
      : {
          min: Math.min(...bounds.map((b) => b.min)),
          max: Math.max(...bounds.map((b) => b.max)),
        }),
    distinctCount,
    sketch,
    unique: before.unique && after.unique && apart,
    ascending: before.ascending && after.ascending && (ordered || before.max === after.min),
    dataBytes: before.dataBytes + after.dataBytes,
  }
}

/** A column of rows that were there before it was added: nulls only. */
export const nullSummary = (rowCount: number): ColumnSummary => ({
  rowCount,
  nullCount: rowCount,
  distinctCount: 0,
  sketch: new HyperLogLog(),
  unique: true,
  ascending: rowCount === 0,
  dataBytes: 0,
})

/** What the optimizer gets to know. */
export function columnStatistics(type: SqlType, summary: ColumnSummary): ColumnStatistics {
  const { rowCount, nullCount, min, max } = summary
  const scale = statisticsScale(type)
  return {
    nullsFraction: rowCount === 0 ? 0 : nullCount / rowCount,
    distinctValuesCount: summary.distinctCount,
    dataSize: summary.dataBytes,
    ...(min === undefined || max === undefined || scale === undefined
      ? {}
      : { range: { min: min / scale, max: max / scale } }),
    unique: summary.unique,
    ascending: summary.ascending,
  }
}

/** What stored numbers are divided by to be statistics; undefined for types that have no range in statistics. */
export function statisticsScale(type: SqlType): number | undefined {
  switch (type.kind) {
    case 'decimal':
      return 10 ** type.scale
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'real':
    case 'double':
    case 'date':
      return 1
    case 'timestamp':
      return type.precision <= 6 ? 1 : undefined
    default:
      return undefined
  }
}

/** The least and greatest logical integer of a block, for skipping pages. */
export function integerBounds(block: Block): { min: number; max: number } | undefined {
  return block.encoding === 'flat' && 'bounds' in block ? block.bounds : undefined
}

/** The summary of the rows that are left when some are removed: what can't be told exactly stays as wide as it was. */
export function summaryWithout(
  summary: ColumnSummary,
  removed: {
    readonly rowCount: number
    readonly nullCount: number
    /** Of the integers that are left, where known. */
    readonly bounds: { readonly min: number; readonly max: number } | undefined
  },
): ColumnSummary {
  const rowCount = summary.rowCount - removed.rowCount
  const nullCount = summary.nullCount - removed.nullCount
  const valuesBefore = summary.rowCount - summary.nullCount
  const values = rowCount - nullCount
  if (values === 0) return { ...nullSummary(rowCount), dataBytes: 0 }
  return {
    ...summary,
    ...(summary.min === undefined ? {} : removed.bounds),
    rowCount,
    nullCount,
    distinctCount: summary.unique ? values : Math.min(summary.distinctCount, values),
    dataBytes: Math.round((summary.dataBytes * values) / valuesBefore),
  }
}
