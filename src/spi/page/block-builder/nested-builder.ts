import { assert } from '../../assert.js'
import type { Arena } from '../../connector/memory.js'
import type { ArrayType, MapType, RowType, SqlType } from '../../type/type.js'
import type { MapValue, Value } from '../../type/value.js'
import type { ArrayBlock, Block, FlatBlock, MapBlock, RowBlock, Validity } from '../block.js'
import { type BlockBuilder, FlatBuilder, type FlatPositions, grownLength } from './flat-builder.js'

/** What arrays and maps share: the offsets of each position's entries. */
abstract class EntriesBuilder extends FlatBuilder {
  #offsets = new Int32Array(65)
  #entryCount = 0

  protected endEntries(entryCount: number): void {
    const next = this.rowCount + 1
    if (next >= this.#offsets.length) {
      const grown = new Int32Array(grownLength(this.#offsets.length, next + 1))
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    this.#entryCount += entryCount
    this.#offsets[next] = this.#entryCount
  }

  protected appendNullValue(): void {
    this.endEntries(0)
  }

  protected appendEntries(
    offsets: Int32Array,
    positions: FlatPositions,
    children: readonly (readonly [BlockBuilder, Block])[],
  ): void {
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!
      if (position < 0) {
        this.appendNull()
        continue
      }
      const start = offsets[position]!
      const end = offsets[position + 1]!
      for (const [builder, block] of children) builder.appendRange(block, start, end)
      this.endEntries(end - start)
      this.markValid()
    }
  }

  protected takeOffsets(rowCount: number): Int32Array {
    const words = this.arena.allocate((rowCount + 1) * 4)
    const offsets = new Int32Array(words.buffer, words.byteOffset, rowCount + 1)
    offsets.set(this.#offsets.subarray(0, rowCount + 1))
    this.#entryCount = 0
    return offsets
  }
}

/** Builds blocks of ARRAY from arrays of carriers. */
export class ArrayBuilder extends EntriesBuilder {
  readonly #elements: BlockBuilder

  constructor(type: ArrayType, elements: BlockBuilder, arena: Arena) {
    super(type, arena)
    this.#elements = elements
  }

  get byteLength(): number {
    return this.rowCount * 4 + this.#elements.byteLength
  }

  protected appendValue(value: Value): void {
    assert(Array.isArray(value), 'an array carrier')
    for (const element of value) this.#elements.append(element)
    this.endEntries(value.length)
  }

  protected appendFlat(flat: FlatBlock, positions: FlatPositions): void {
    const { offsets, elements } = flat as ArrayBlock
    this.appendEntries(offsets, positions, [[this.#elements, elements]])
  }

  protected buildFlat(rowCount: number, validity: Validity): FlatBlock {
    return {
      type: this.type,
      rowCount,
      encoding: 'flat',
      storage: 'array',
      validity,
      offsets: this.takeOffsets(rowCount),
      elements: this.#elements.build(),
    }
  }
}

/** Builds blocks of MAP from {@link MapValue} carriers. */
export class MapBuilder extends EntriesBuilder {
  readonly #keys: BlockBuilder
  readonly #values: BlockBuilder

  constructor(type: MapType, keys: BlockBuilder, values: BlockBuilder, arena: Arena) {
    super(type, arena)
    this.#keys = keys
    this.#values = values
  }

  get byteLength(): number {
    return this.rowCount * 4 + this.#keys.byteLength + this.#values.byteLength
  }

  protected appendValue(value: Value): void {
    const { keys, values } = value as MapValue
    assert(keys.length === values.length, 'a map carrier')
    for (const key of keys) {
      assert(key !== null, 'a null map key')
      this.#keys.append(key)
    }
    for (const entry of values) this.#values.append(entry)
    this.endEntries(keys.length)
  }

  protected appendFlat(flat: FlatBlock, positions: FlatPositions): void {
    const { offsets, keys, mapValues } = flat as MapBlock
    this.appendEntries(offsets, positions, [
      [this.#keys, keys],
      [this.#values, mapValues],
    ])
  }

  protected buildFlat(rowCount: number, validity: Validity): FlatBlock {
    return {
      type: this.type,
      rowCount,
      encoding: 'flat',
      storage: 'map',
      validity,
      offsets: this.takeOffsets(rowCount),
      keys: this.#keys.build(),
      mapValues: this.#values.build(),
    }
  }
}

/** Builds blocks of ROW from arrays with one carrier a field. */
export class RowBuilder extends FlatBuilder {
  readonly #fields: readonly BlockBuilder[]

  constructor(type: RowType, fields: readonly BlockBuilder[], arena: Arena) {
    super(type, arena)
    this.#fields = fields
  }

  get byteLength(): number {
    return this.#fields.reduce((sum, field) => sum + field.byteLength, this.rowCount >> 3)
  }

  protected appendValue(value: Value): void {
    assert(Array.isArray(value) && value.length === this.#fields.length, 'a row carrier')
    for (const [i, field] of this.#fields.entries()) field.append(value[i] as Value)
  }

  protected appendNullValue(): void {
    for (const field of this.#fields) field.appendNull()
  }

  protected appendFlat(flat: FlatBlock, positions: FlatPositions): void {
    const { fields } = flat as RowBlock
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!
      if (position < 0) {
        this.appendNull()
        continue
      }
      for (const [f, field] of this.#fields.entries()) {
        field.appendRange(fields[f]!, position, position + 1)
      }
      this.markValid()
    }
  }

  protected buildFlat(rowCount: number, validity: Validity): FlatBlock {
    const fields = this.#fields.map((field) => field.build())
    return {
      type: this.type as SqlType,
      rowCount,
      encoding: 'flat',
      storage: 'row',
      validity,
      fields,
    }
  }
}
