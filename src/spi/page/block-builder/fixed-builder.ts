import { assert } from '../../assert.js'
import type { Arena } from '../../connector/memory.js'
import type { SqlType } from '../../type/type.js'
import type { Value, ZonedTime, ZonedTimestamp } from '../../type/value.js'
import type {
  BooleanBlock,
  Fixed16Block,
  FlatBlock,
  FloatBlock,
  IntegerBlock,
  Validity,
} from '../block.js'
import { PICOS_PER_MICRO, PICOS_PER_MILLI, readInteger } from '../block-value.js'
import { FlatBuilder, type FlatPositions, grownLength } from './flat-builder.js'
import { packZone } from './integer-builder.js'

/** Builds blocks of REAL and DOUBLE. */
export class FloatBuilder extends FlatBuilder {
  #values: Float32Array | Float64Array

  constructor(type: SqlType, arena: Arena) {
    super(type, arena)
    this.#values = type.kind === 'real' ? new Float32Array(64) : new Float64Array(64)
  }

  get byteLength(): number {
    return this.rowCount * this.#values.BYTES_PER_ELEMENT
  }

  protected appendValue(value: Value): void {
    assert(typeof value === 'number', 'a number carrier')
    this.#reserve(this.rowCount + 1)
    this.#values[this.rowCount] = value
  }

  protected appendNullValue(): void {
    this.#reserve(this.rowCount + 1)
    this.#values[this.rowCount] = 0
  }

  protected appendFlat(flat: FlatBlock, positions: FlatPositions): void {
    const { values } = flat as FloatBlock
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!
      if (position < 0) this.appendNull()
      else {
        this.#reserve(this.rowCount + 1)
        this.#values[this.rowCount] = values[position]!
        this.markValid()
      }
    }
  }

  protected override appendDense(flat: FlatBlock, start: number, end: number): boolean {
    this.#reserve(this.rowCount + end - start)
    this.#values.set((flat as FloatBlock).values.subarray(start, end), this.rowCount)
    return true
  }

  protected buildFlat(rowCount: number, validity: Validity): FlatBlock {
    const { type } = this
    const bytes = this.arena.allocate(rowCount * this.#values.BYTES_PER_ELEMENT)
    const shared = { type, rowCount, encoding: 'flat', validity } as const
    if (this.#values instanceof Float32Array) {
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, rowCount)
      values.set(this.#values.subarray(0, rowCount))
      return { storage: 'f32', values, ...shared }
    }
    const values = new Float64Array(bytes.buffer, bytes.byteOffset, rowCount)
    values.set(this.#values.subarray(0, rowCount))
    return { storage: 'f64', values, ...shared }
  }

  #reserve(needed: number): void {
    if (needed <= this.#values.length) return
    const length = grownLength(this.#values.length, needed)
    const grown =
      this.#values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)
    grown.set(this.#values)
    this.#values = grown
  }
}

/** Builds blocks of BOOLEAN. */
export class BooleanBuilder extends FlatBuilder {
  #values = new Uint8Array(64)

  get byteLength(): number {
    return this.rowCount
  }

  protected appendValue(value: Value): void {
    assert(typeof value === 'boolean', 'a boolean carrier')
    this.#store(value ? 1 : 0)
  }

  protected appendNullValue(): void {
    this.#store(0)
  }

  protected appendFlat(flat: FlatBlock, positions: FlatPositions): void {
    const { values } = flat as BooleanBlock
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!
      if (position < 0) this.appendNull()
      else {
        this.#store(values[position]!)
        this.markValid()
      }
    }
  }

  protected buildFlat(rowCount: number, validity: Validity): FlatBlock {
    const values = this.arena.allocate(rowCount)
    values.set(this.#values.subarray(0, rowCount))
    return { type: this.type, rowCount, encoding: 'flat', storage: 'bool', validity, values }
  }

  #store(value: number): void {
    if (this.rowCount >= this.#values.length) {
      const grown = new Uint8Array(grownLength(this.#values.length, this.rowCount + 1))
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.rowCount] = value
  }
}

/** Builds blocks of the types that take 16 bytes: see {@link Fixed16Block} for each one's format. */
export class Fixed16Builder extends FlatBuilder {
  #values = new Uint8Array(64 * 16)
  #view = new DataView(this.#values.buffer)

  get byteLength(): number {
    return this.rowCount * 16
  }

  protected appendValue(value: Value): void {
    const offset = this.#reserve()
    switch (this.type.kind) {
      case 'decimal': {
        const unscaled = value as bigint
        assert(BigInt.asIntN(128, unscaled) === unscaled, 'a decimal beyond 128 bits')
        this.#view.setBigUint64(offset, BigInt.asUintN(64, unscaled), true)
        this.#view.setBigInt64(offset + 8, unscaled >> 64n, true)
        break
      }
      case 'timestamp':
        this.#storePair(offset, ...floorDivide(value as bigint, PICOS_PER_MICRO))
        break
      case 'timestamp with time zone': {
        const { picos, zone } = value as ZonedTimestamp
        const [millis, rest] = floorDivide(picos, PICOS_PER_MILLI)
        this.#storePair(offset, packZone(millis, zone), rest)
        break
      }
      case 'time with time zone': {
        const { picos, offsetMinutes } = value as ZonedTime
        this.#storePair(offset, picos, BigInt(offsetMinutes))
        break
      }
      default:
        assert(value instanceof Uint8Array && value.length === 16, 'a carrier of 16 bytes')
        this.#values.set(value, offset)
    }
  }

  protected appendNullValue(): void {
    const offset = this.#reserve()
    this.#values.fill(0, offset, offset + 16)
  }

  protected appendFlat(flat: FlatBlock, positions: FlatPositions): void {
    if (flat.storage === 'null' || flat.storage === 'fixed16') {
      this.#appendFixed(flat as Fixed16Block, positions)
      return
    }
    const integers = flat as IntegerBlock
    for (const position of positions) {
      this.append(position < 0 ? null : readInteger(integers, position))
    }
  }

  #appendFixed({ values }: Fixed16Block, positions: FlatPositions): void {
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!
      if (position < 0) this.appendNull()
      else {
        const offset = this.#reserve()
        for (let b = 0; b < 16; b++) this.#values[offset + b] = values[position * 16 + b]!
        this.markValid()
      }
    }
  }

  protected buildFlat(rowCount: number, validity: Validity): FlatBlock {
    const values = this.arena.allocate(rowCount * 16)
    values.set(this.#values.subarray(0, rowCount * 16))
    return { type: this.type, rowCount, encoding: 'flat', storage: 'fixed16', validity, values }
  }

  #storePair(offset: number, long: bigint, int: bigint): void {
    this.#view.setBigInt64(offset, long, true)
    this.#view.setInt32(offset + 8, Number(int), true)
    this.#view.setInt32(offset + 12, 0, true)
  }

  /** Makes room for one more value; its offset. */
  #reserve(): number {
    const offset = this.rowCount * 16
    if (offset + 16 > this.#values.length) {
      const grown = new Uint8Array(this.#values.length * 2)
      grown.set(this.#values)
      this.#values = grown
      this.#view = new DataView(grown.buffer)
    }
    return offset
  }
}

/** Quotient rounded down, and the rest, which is never negative. */
function floorDivide(dividend: bigint, divisor: bigint): readonly [bigint, bigint] {
  const quotient = dividend / divisor
  const rest = dividend - quotient * divisor
  return rest < 0n ? [quotient - 1n, rest + divisor] : [quotient, rest]
}
