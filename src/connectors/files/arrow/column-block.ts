import { sliceValidity } from '../../../arrow/block-gather.js'
import type {
  Block,
  BytesBlock,
  DictionaryBlock,
  FlatBlock,
  SqlType,
  Validity,
} from '../../../spi/index.js'
import type { ColumnData } from './batch-columns.js'
import { ArrowFormatError } from './format-error.js'
import { floatBlock, integerBlock } from './number-block.js'
import { offsetsIn, typedView } from './typed-view.js'
import { blockOfValues } from './value-block.js'
import { viewBytes } from './view-bytes.js'

/** The entries of dictionaries, by their ids. */
export type Dictionaries = (id: bigint) => FlatBlock

/**
 * Positions of a column as a block. Buffers that lie as a block's do are shared with it; all that points somewhere has been
 * checked. O(rows), or O(1) where nothing is to be checked or converted.
 * @throws ArrowFormatError
 */
export function columnBlock(
  data: ColumnData,
  type: SqlType,
  start: number,
  rowCount: number,
  dictionaries: Dictionaries,
): Block {
  if (start + rowCount > data.length)
    throw new ArrowFormatError('a part of a column that is shorter')
  const { layout, dictionary } = data.field
  if (dictionary !== undefined) return codesBlock(data, type, start, rowCount, dictionaries)
  // Blocks of CHAR have no blanks at the end.
  if (type.kind === 'char') return blockOfValues(data, type, start, rowCount)
  const { validity } = sliceValidity(data.validity, start, rowCount)
  switch (layout.kind) {
    case 'int':
    case 'decimal':
    case 'date':
    case 'timestamp':
      return (
        integerBlock(data, layout, type, validity, start, rowCount) ??
        blockOfValues(data, type, start, rowCount)
      )
    case 'float':
      return (
        floatBlock(data, layout, type, validity, start, rowCount) ??
        blockOfValues(data, type, start, rowCount)
      )
    case 'bool':
      return boolBlock(data, type, validity, start, rowCount)
    case 'bytes':
      // Types that Arrow has not, as their text.
      if (layout.isText && type.kind !== 'varchar' && type.kind !== 'json') {
        return blockOfValues(data, type, start, rowCount)
      }
      return bytesBlock(data, layout.offsetBits, type, validity, start, rowCount)
    case 'view':
      return { ...flatFields(type, rowCount, validity), ...viewBytes(data, start, rowCount) }
    case 'fixed bytes':
    case 'time':
    case 'duration':
    case 'interval':
    case 'other':
      return blockOfValues(data, type, start, rowCount)
    case 'null':
      return { ...flatFields(type, rowCount, null), storage: 'null' }
    case 'list':
    case 'map':
    case 'fixed list':
    case 'struct':
      if (type.kind === 'timestamp with time zone') {
        return blockOfValues(data, type, start, rowCount)
      }
      return nestedBlock(data, type, validity, start, rowCount, dictionaries)
  }
}

const flatFields = (type: SqlType, rowCount: number, validity: Validity) =>
  ({ encoding: 'flat', type, rowCount, validity }) as const

function boolBlock(
  data: ColumnData,
  type: SqlType,
  validity: Validity,
  start: number,
  rowCount: number,
): FlatBlock {
  const bits = data.buffers[0]!
  const values = new Uint8Array(rowCount)
  for (let i = 0; i < rowCount; i++) {
    const bit = start + i
    values[i] = (bits[bit >> 3]! >> (bit & 7)) & 1
  }
  return { ...flatFields(type, rowCount, validity), storage: 'bool', values }
}

function bytesBlock(
  data: ColumnData,
  offsetBits: 32 | 64,
  type: SqlType,
  validity: Validity,
  start: number,
  rowCount: number,
): BytesBlock {
  const [offsetBytes, bytes] = data.buffers
  const offsets = offsetsIn(offsetBytes!, offsetBits, start, rowCount)
  const { first, end } = offsets
  if (bytes === undefined || end > bytes.length)
    throw new ArrowFormatError('a value beyond its buffer')
  return {
    ...flatFields(type, rowCount, validity),
    storage: 'bytes',
    offsets: offsets.values,
    bytes: bytes.subarray(first, end),
  }
}

/** The codes of a dictionary's entries; NULL where all are. */
function codesBlock(
  data: ColumnData,
  type: SqlType,
  start: number,
  rowCount: number,
  dictionaries: Dictionaries,
): Block {
  const { id, bits } = data.field.dictionary!
  const entries = dictionaries(id)
  const { validity } = sliceValidity(data.validity, start, rowCount)
  const source = typedView(data.buffers[0] ?? new Uint8Array(0), bits, start, rowCount)
  const codes: DictionaryBlock['codes'] =
    bits === 8
      ? new Uint8Array(rowCount)
      : bits === 16
        ? new Uint16Array(rowCount)
        : new Int32Array(rowCount)
  for (let i = 0; i < rowCount; i++) {
    // What stands at the place of a NULL is nobody's, and has to be the code of some entry.
    if (validity !== null && (validity[i >> 3]! & (1 << (i & 7))) === 0) continue
    const code = Number(source[i]!)
    if (code < 0 || code >= entries.rowCount) {
      throw new ArrowFormatError('a code beyond its dictionary')
    }
    codes[i] = code
  }
  if (entries.rowCount === 0) return { ...flatFields(type, rowCount, null), storage: 'null' }
  return { encoding: 'dictionary', type, rowCount, validity, codes, dictionary: entries }
}

function nestedBlock(
  data: ColumnData,
  type: SqlType,
  validity: Validity,
  start: number,
  rowCount: number,
  dictionaries: Dictionaries,
): FlatBlock {
  const fields = flatFields(type, rowCount, validity)
  const { layout } = data.field
  if (layout.kind === 'struct' && type.kind === 'row') {
    return {
      storage: 'row',
      fields: data.children.map((child, i) =>
        columnBlock(child, type.fields[i]!.type, start, rowCount, dictionaries),
      ),
      ...fields,
    }
  }
  const { values, first, end } = childRange(data, start, rowCount)
  const child = data.children[0]!
  if (type.kind === 'array') {
    const elements = columnBlock(child, type.element, first, end - first, dictionaries)
    return { storage: 'array', offsets: values, elements, ...fields }
  }
  if (type.kind !== 'map') throw new Error(`a column of ${layout.kind} as ${type.kind}`)
  const [keys, items] = child.children
  return {
    storage: 'map',
    offsets: values,
    keys: columnBlock(keys!, type.key, first, end - first, dictionaries),
    mapValues: columnBlock(items!, type.value, first, end - first, dictionaries),
    ...fields,
  }
}

function childRange(
  data: ColumnData,
  start: number,
  rowCount: number,
): ReturnType<typeof offsetsIn> {
  const { layout } = data.field
  if (layout.kind === 'fixed list') {
    const { size } = layout
    const values = new Int32Array(rowCount + 1)
    for (let i = 0; i <= rowCount; i++) values[i] = i * size
    return { values, first: start * size, end: (start + rowCount) * size }
  }
  if (layout.kind !== 'list' && layout.kind !== 'map') throw new Error(`no list: ${layout.kind}`)
  return offsetsIn(data.buffers[0]!, layout.offsetBits, start, rowCount)
}
