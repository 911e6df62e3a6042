import type { Arena, Block, NullBlock, SqlType, Validity } from '../../../spi/index.js'
import { ParquetFormatError } from './format-error.js'
import type { NestedValues } from './leaf-reader.js'
import type { ColumnShape, Leaf, ListShape, MapShape, RowShape } from './schema.js'
import { leavesOf } from './schema.js'

/** Of the entries of a leaf's levels those where a parent has a place for a value. */
interface Slots {
  readonly definition: number
  readonly repetition: number
}

/**
 * Puts lists, maps and rows together from the levels of their leaves.
 * @param read what was read of every leaf, of the same rows
 * @throws ParquetFormatError where leaves of one column disagree
 * @source Melnik et al., Dremel: Interactive Analysis of Web-Scale Datasets, VLDB 2010, §4
 */
export function assembleColumn(
  shape: ColumnShape,
  read: ReadonlyMap<Leaf, NestedValues>,
  arena: Arena,
): Block {
  return new Assembly(read, arena).block(shape, { definition: 0, repetition: 0 })
}

class Assembly {
  readonly #read: ReadonlyMap<Leaf, NestedValues>
  readonly #arena: Arena

  constructor(read: ReadonlyMap<Leaf, NestedValues>, arena: Arena) {
    this.#read = read
    this.#arena = arena
  }

  block(shape: ColumnShape, slots: Slots): Block {
    switch (shape.kind) {
      case 'leaf':
        return this.#leaf(shape.leaf, slots)
      case 'row':
        return this.#row(shape, slots)
      case 'list':
        return this.#list(shape, slots)
      case 'map':
        return this.#map(shape, slots)
    }
  }

  /** The values at their slots: themselves where none is null, else as a selection over them. */
  #leaf(leaf: Leaf, slots: Slots): Block {
    const { definitions, repetitions, values } = this.#read.get(leaf)!
    const rowCount = countSlots(definitions, repetitions, slots)
    if (values.rowCount === rowCount) return values
    if (values.rowCount === 0) return nullBlock(leaf.type, rowCount)
    const codeBytes = this.#arena.allocate(rowCount * 4)
    const codes = new Int32Array(codeBytes.buffer, codeBytes.byteOffset, rowCount)
    const validity = this.#bitmap(rowCount)
    let value = 0
    let slot = 0
    for (let i = 0; i < definitions.length; i++) {
      if (repetitions[i]! > slots.repetition || definitions[i]! < slots.definition) continue
      codes[slot] = 0
      if (definitions[i] === leaf.maxDefinition) {
        codes[slot] = value++
        validity[slot >> 3]! |= 1 << (slot & 7)
      }
      slot++
    }
    if (values.encoding !== 'flat') throw new ParquetFormatError('values are not flat')
    return {
      encoding: 'dictionary',
      type: leaf.type,
      rowCount,
      codes,
      dictionary: values,
      validity,
    }
  }

  #row(shape: RowShape, slots: Slots): Block {
    const fields = shape.fields.map((field) => this.block(field, slots))
    const { validity, rowCount } = this.#presence(shape, slots, shape.definition)
    if (fields.some((field) => field.rowCount !== rowCount)) throw disagreement()
    return {
      encoding: 'flat',
      type: shape.type,
      rowCount,
      storage: 'row',
      validity,
      fields,
    }
  }

  #list(shape: ListShape, slots: Slots): Block {
    const elements = this.block(shape.element, elementSlots(shape))
    const { offsets, validity, rowCount } = this.#offsets(shape, slots)
    if (offsets[rowCount] !== elements.rowCount) throw disagreement()
    return {
      encoding: 'flat',
      type: shape.type,
      rowCount,
      storage: 'array',
      validity,
      offsets,
      elements,
    }
  }

  #map(shape: MapShape, slots: Slots): Block {
    const keys = this.block(shape.key, elementSlots(shape))
    const mapValues = this.block(shape.value, elementSlots(shape))
    const { offsets, validity, rowCount } = this.#offsets(shape, slots)
    if (offsets[rowCount] !== keys.rowCount || keys.rowCount !== mapValues.rowCount) {
      throw disagreement()
    }
    return {
      encoding: 'flat',
      type: shape.type,
      rowCount,
      storage: 'map',
      validity,
      offsets,
      keys,
      mapValues,
    }
  }

  #offsets(
    shape: ListShape | MapShape,
    slots: Slots,
  ): { readonly offsets: Int32Array; readonly validity: Validity; readonly rowCount: number } {
    const presence = this.#presence(shape, slots, shape.definition)
    const { rowCount } = presence
    const { definitions, repetitions } = this.#levels(shape)
    const bytes = this.#arena.allocate((rowCount + 1) * 4)
    const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, rowCount + 1)
    let slot = 0
    let element = 0
    for (let i = 0; i < definitions.length; i++) {
      const repetition = repetitions[i]!
      const definition = definitions[i]!
      if (repetition <= slots.repetition && definition >= slots.definition) {
        offsets[slot++] = element
      }
      if (repetition <= shape.repetition && definition >= shape.elementDefinition) element++
    }
    offsets[rowCount] = element
    return { ...presence, offsets }
  }

  /** Which slots are not null. */
  #presence(
    shape: ColumnShape,
    slots: Slots,
    definition: number,
  ): { readonly validity: Validity; readonly rowCount: number } {
    const { definitions, repetitions } = this.#levels(shape)
    const rowCount = countSlots(definitions, repetitions, slots)
    if (definition <= slots.definition) return { validity: null, rowCount }
    const validity = this.#bitmap(rowCount)
    let slot = 0
    let hasNulls = false
    for (let i = 0; i < definitions.length; i++) {
      if (repetitions[i]! > slots.repetition || definitions[i]! < slots.definition) continue
      if (definitions[i]! >= definition) validity[slot >> 3]! |= 1 << (slot & 7)
      else hasNulls = true
      slot++
    }
    return { validity: hasNulls ? validity : null, rowCount }
  }

  #levels(shape: ColumnShape): NestedValues {
    return this.#read.get(leavesOf(shape)[0]!)!
  }

  #bitmap(rowCount: number): Uint8Array {
    return this.#arena.allocate((rowCount + 7) >> 3).fill(0)
  }
}

const elementSlots = (shape: ListShape | MapShape): Slots => ({
  definition: shape.elementDefinition,
  repetition: shape.repetition,
})

function countSlots(definitions: Int32Array, repetitions: Int32Array, slots: Slots): number {
  let count = 0
  for (let i = 0; i < definitions.length; i++) {
    if (repetitions[i]! <= slots.repetition && definitions[i]! >= slots.definition) count++
  }
  return count
}

export const nullBlock = (type: SqlType, rowCount: number): NullBlock => ({
  encoding: 'flat',
  type,
  rowCount,
  storage: 'null',
  validity: null,
})

const disagreement = (): ParquetFormatError =>
  new ParquetFormatError('the fields of a nested column disagree about its rows')
