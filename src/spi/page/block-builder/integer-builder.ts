import { assert } from '../../assert.js'
import { timeZoneKey } from '../../type/time-zone.js'
import type { SqlType } from '../../type/type.js'
import type { Value, ZonedTime, ZonedTimestamp } from '../../type/value.js'
import type { FlatBlock, IntegerBlock, Validity } from '../block.js'
import {
  OFFSET_BIAS,
  OFFSET_BITS,
  PICOS_PER_MICRO,
  PICOS_PER_MILLI,
  PICOS_PER_NANO,
  readInteger,
  ZONE_KEY_BITS,
} from '../block-value.js'
import { allocateIntegers, narrowIntegerBlock } from '../integer-width.js'
import { FlatBuilder, type FlatPositions, grownLength } from './flat-builder.js'

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const TWO_32 = 4_294_967_296

/**
 * Builds integer blocks. Values are kept as doubles while all of them are safe integers, which is nearly always, and
 * as 64-bit integers from the first one on that is not.
 */
export class IntegerBuilder extends FlatBuilder {
  readonly #toInteger: (value: Value) => number | bigint
  #values = new Float64Array(64)
  #wide: BigInt64Array | undefined
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  #last: number | bigint = Number.NEGATIVE_INFINITY
  #ascending = true

  constructor(type: SqlType, arena: ConstructorParameters<typeof FlatBuilder>[1]) {
    super(type, arena)
    this.#toInteger = INTEGER_CODERS[type.kind] ?? plainInteger
  }

  get byteLength(): number {
    return this.rowCount * 8
  }

  protected appendValue(value: Value): void {
    const integer = this.#toInteger(value)
    if (typeof integer === 'number') this.#store(integer)
    else if (integer <= MAX_SAFE && integer >= -MAX_SAFE) this.#store(Number(integer))
    else this.#storeWide(integer)
  }

  protected appendNullValue(): void {
    this.#reserve(this.rowCount + 1)
    if (this.#wide !== undefined) this.#wide[this.rowCount] = 0n
    else this.#values[this.rowCount] = 0
  }

  protected appendFlat(flat: FlatBlock, positions: FlatPositions): void {
    this.#reserve(this.rowCount + positions.length)
    const block = flat as IntegerBlock
    const narrow = block.storage !== 'i64' && block.storage !== undefined
    const wideWords =
      block.storage === 'i64'
        ? new Int32Array(block.values.buffer, block.values.byteOffset, block.values.length * 2)
        : undefined
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!
      if (position < 0) {
        this.appendNull()
        continue
      }
      if (wideWords !== undefined) {
        const value = wideWords[2 * position + 1]! * TWO_32 + (wideWords[2 * position]! >>> 0)
        if (Number.isSafeInteger(value)) this.#store(value)
        else this.#storeWide(readInteger(block, position))
      } else if (narrow) {
        const value = block.base + block.factor * Number(block.values[position]!)
        if (Number.isSafeInteger(value)) this.#store(value)
        else this.#storeWide(readInteger(block, position))
      }
      this.markValid()
    }
  }

  protected override appendDense(flat: FlatBlock, start: number, end: number): boolean {
    const block = flat as IntegerBlock
    if (this.#wide !== undefined || block.storage === 'i64') return false
    this.#reserve(this.rowCount + end - start)
    const { values, base, factor } = block as IntegerBlock & { values: Int32Array }
    // Widened first, so that the loop is over one kind of array.
    const stored = this.#values
    stored.set(values.subarray(start, end), this.rowCount)
    const endRow = this.rowCount + end - start
    let min = this.#min
    let max = this.#max
    let last = Number(this.#last)
    let ascending = this.#ascending
    for (let i = this.rowCount; i < endRow; i++) {
      const value = base + factor * stored[i]!
      if (value < min) min = value
      if (value > max) max = value
      if (value < last) ascending = false
      last = value
      stored[i] = value
    }
    // Values that are not exact as doubles take the way that tells.
    if (max > Number.MAX_SAFE_INTEGER || min < Number.MIN_SAFE_INTEGER) return false
    this.#min = min
    this.#max = max
    this.#last = last
    this.#ascending = ascending
    return true
  }

  protected buildFlat(rowCount: number, validity: Validity): FlatBlock {
    const block =
      this.#wide === undefined ? this.#narrow(rowCount, validity) : this.#i64(rowCount, validity)
    this.#wide = undefined
    this.#min = Number.POSITIVE_INFINITY
    this.#max = Number.NEGATIVE_INFINITY
    this.#last = Number.NEGATIVE_INFINITY
    this.#ascending = true
    return block
  }

  #narrow(rowCount: number, validity: Validity): IntegerBlock {
    const bounds = this.#min <= this.#max ? { min: this.#min, max: this.#max } : undefined
    const { type, arena } = this
    return narrowIntegerBlock(
      type,
      this.#values,
      rowCount,
      validity,
      bounds,
      this.#ascending,
      arena,
    )
  }

  #i64(rowCount: number, validity: Validity): IntegerBlock {
    const values = allocateIntegers('i64', rowCount, this.arena) as BigInt64Array
    values.set(this.#wide!.subarray(0, rowCount))
    return {
      type: this.type,
      rowCount,
      encoding: 'flat',
      storage: 'i64',
      validity,
      values,
      base: 0,
      factor: 1,
      ascending: this.#ascending,
    }
  }

  /** The caller has reserved or the value is the next one; -0 becomes 0. */
  #store(value: number): void {
    if (this.#wide !== undefined) {
      this.#storeWide(BigInt(value))
      return
    }
    this.#reserve(this.rowCount + 1)
    this.#values[this.rowCount] = value + 0
    if (value < this.#min) this.#min = value + 0
    if (value > this.#max) this.#max = value + 0
    if (value < this.#last) this.#ascending = false
    this.#last = value
  }

  #storeWide(value: bigint): void {
    assert(BigInt.asIntN(64, value) === value, 'an integer beyond 64 bits')
    const wide = this.#widened(this.rowCount + 1)
    wide[this.rowCount] = value
    if (value < this.#last) this.#ascending = false
    this.#last = value
  }

  #widened(needed: number): BigInt64Array {
    if (this.#wide === undefined) {
      this.#wide = new BigInt64Array(grownLength(this.#values.length, needed))
      for (let i = 0; i < this.rowCount; i++) this.#wide[i] = BigInt(this.#values[i]!)
    }
    this.#reserve(needed)
    return this.#wide
  }

  #reserve(needed: number): void {
    if (this.#wide !== undefined) {
      if (needed <= this.#wide.length) return
      const grown = new BigInt64Array(grownLength(this.#wide.length, needed))
      grown.set(this.#wide)
      this.#wide = grown
    } else if (needed > this.#values.length) {
      const grown = new Float64Array(grownLength(this.#values.length, needed))
      grown.set(this.#values)
      this.#values = grown
    }
  }
}

function plainInteger(value: Value): number | bigint {
  assert(
    typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value)),
    'an integer carrier',
  )
  return value
}

function exactUnits(picos: bigint, picosPerUnit: bigint): bigint {
  assert(picos % picosPerUnit === 0n, 'more fraction digits than the type has')
  return picos / picosPerUnit
}

/** The packed form of an instant: milliseconds << 12 | zone key. */
export function packZone(millis: bigint, zone: string): bigint {
  const key = timeZoneKey(zone)
  assert(key !== undefined, 'a time zone that is not known')
  return (millis << ZONE_KEY_BITS) | BigInt(key)
}

const INTEGER_CODERS: Readonly<Partial<Record<SqlType['kind'], (value: Value) => bigint>>> = {
  timestamp: (value) => exactUnits(value as bigint, PICOS_PER_MICRO),
  'timestamp with time zone': (value) => {
    const { picos, zone } = value as ZonedTimestamp
    return packZone(exactUnits(picos, PICOS_PER_MILLI), zone)
  },
  'time with time zone': (value) => {
    const { picos, offsetMinutes } = value as ZonedTime
    return (exactUnits(picos, PICOS_PER_NANO) << OFFSET_BITS) | BigInt(offsetMinutes + OFFSET_BIAS)
  },
}

/** The logical integer that a carrier is stored as, see {@link IntegerBlock}. */
export const logicalInteger = (type: SqlType, value: Value): bigint =>
  BigInt((INTEGER_CODERS[type.kind] ?? plainInteger)(value))
