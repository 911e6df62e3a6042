import type {
  Block,
  BytesBlock,
  DictionaryBlock,
  FloatBlock,
  IntegerBlock,
  SqlType,
} from '../../spi/index.js'
import { assert } from '../../spi/index.js'
import type {
  BytesColumn,
  CodedColumn,
  GeneratedColumn,
  IntegerColumn,
  StringDictionary,
} from './generator/column.js'

type Allocate = (byteLength: number) => Uint8Array

/** Makes blocks of generated columns; keeps the dictionaries, which every page shares. */
export class BlockMaker {
  readonly #allocateDictionary: Allocate
  readonly #dictionaries = new Map<string, BytesBlock>()

  /** @param allocateDictionary memory that lives as long as the maker's blocks are used */
  constructor(allocateDictionary: Allocate) {
    this.#allocateDictionary = allocateDictionary
  }

  /**
   * A block over the column's buffers.
   * @param unitsPerOne how many of the generated numbers make one of an amount
   * @param allocate memory for what has to be converted
   */
  block(column: GeneratedColumn, type: SqlType, unitsPerOne: 1 | 100, allocate: Allocate): Block {
    switch (column.kind) {
      case 'bytes':
        return bytesBlock(column, type)
      case 'coded':
        return this.#dictionaryBlock(column, type)
      case 'integers':
        return type.kind === 'double'
          ? doubleBlock(column, type, unitsPerOne, allocate)
          : integerBlock(column, type, type.kind === 'decimal' ? 100 / unitsPerOne : 1)
    }
  }

  #dictionaryBlock(column: CodedColumn, type: SqlType): DictionaryBlock {
    const { codes, dictionary } = column
    let entries = this.#dictionaries.get(dictionary.id)
    if (entries === undefined) {
      entries = dictionaryEntries(dictionary, type, this.#allocateDictionary)
      this.#dictionaries.set(dictionary.id, entries)
    }
    return {
      encoding: 'dictionary',
      type,
      rowCount: codes.length,
      codes,
      dictionary: entries,
      validity: null,
      dictionaryId: `tpch.${dictionary.id}`,
    }
  }
}

const STORAGE_OF_WIDTH = { 1: 'i8', 2: 'i16', 4: 'i32', 8: 'i64' } as const

function integerBlock(column: IntegerColumn, type: SqlType, factor: number): IntegerBlock {
  const { values, base, min, max, ascending } = column
  const width = values.BYTES_PER_ELEMENT as keyof typeof STORAGE_OF_WIDTH
  return {
    encoding: 'flat',
    type,
    rowCount: values.length,
    storage: STORAGE_OF_WIDTH[width],
    values,
    base: base * factor,
    factor,
    bounds: { min: min * factor, max: max * factor },
    ascending,
    validity: null,
  }
}

function doubleBlock(
  column: IntegerColumn,
  type: SqlType,
  unitsPerOne: 1 | 100,
  allocate: Allocate,
): FloatBlock {
  const source = column.values
  assert(!(source instanceof BigInt64Array), 'amounts fit 32 bits')
  const bytes = allocate(source.length * 8)
  const values = new Float64Array(bytes.buffer, bytes.byteOffset, source.length)
  for (let i = 0; i < values.length; i++) {
    values[i] = source[i]! / unitsPerOne
  }
  return {
    encoding: 'flat',
    type,
    rowCount: values.length,
    storage: 'f64',
    values,
    validity: null,
  }
}

const bytesBlock = (column: BytesColumn, type: SqlType): BytesBlock => ({
  encoding: 'flat',
  type,
  rowCount: column.offsets.length - 1,
  storage: 'bytes',
  offsets: column.offsets,
  bytes: column.bytes,
  ascii: true,
  validity: null,
})

function dictionaryEntries(
  dictionary: StringDictionary,
  type: SqlType,
  allocate: Allocate,
): BytesBlock {
  const { values } = dictionary
  const offsetBytes = allocate((values.length + 1) * 4)
  const offsets = new Int32Array(offsetBytes.buffer, offsetBytes.byteOffset, values.length + 1)
  const text = new TextEncoder().encode(values.join(''))
  const bytes = allocate(text.length)
  bytes.set(text)
  values.reduce((end, value, i) => (offsets[i + 1] = end + value.length), (offsets[0] = 0))
  return bytesBlock({ kind: 'bytes', offsets, bytes }, type)
}
