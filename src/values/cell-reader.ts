import {
  assert,
  type Block,
  type FlatBlock,
  isValid,
  type RowType,
  type SqlType,
  type Validity,
} from '../spi/index.js'
import { decodeTile } from './geometry/bing-tile.js'
import { bigintReader, digitsReader, numberReader } from './integer-reader.js'
import { decimalText, shortestReal } from './number-text.js'
import { textReader, utf8Reader, zonedInstantReader } from './text-reader.js'

/**
 * How SQL values reach JavaScript. `exact`: BIGINT as bigint, DECIMAL and datetimes as Trino's text. `plain`: BIGINT
 * and DECIMAL as (rounded) numbers, DATE and timestamps as Date. The rest is the same in both.
 */
export type ValueMode = 'exact' | 'plain'

/** The value at a position, null for NULL. Valid as long as the block it was made of. */
export type CellReader = (position: number) => unknown

const MILLIS_PER_DAY = 86_400_000

/** Makes the reader of a block's positions: once a block, so that reading a cell decides nothing. */
export function cellReader(block: Block, mode: ValueMode): CellReader {
  switch (block.encoding) {
    case 'constant': {
      const value = cellReader(block.value, mode)(0)
      return () => value
    }
    case 'dictionary': {
      const { codes, validity } = block
      const read = keepEntries(cellReader(block.dictionary, mode), block)
      if (validity === null) return (position) => read(codes[position]!)
      return (position) => (isValid(validity, position) ? read(codes[position]!) : null)
    }
    case 'flat':
      if (block.storage === 'null') return () => null
      return nullable(flatReader(block, mode), block.validity)
  }
}

/** Reads each entry of a dictionary once, where positions outnumber entries. */
function keepEntries(
  read: CellReader,
  block: { readonly rowCount: number; readonly dictionary: FlatBlock },
): CellReader {
  const { dictionary, rowCount } = block
  if (dictionary.rowCount > rowCount || isMutableValue(dictionary.type)) return read
  const entries: unknown[] = new Array(dictionary.rowCount).fill(undefined)
  return (code) => {
    const entry = entries[code]
    return entry === undefined ? (entries[code] = read(code)) : entry
  }
}

/** Values that a consumer may change must not be shared between rows. */
const isMutableValue = (type: SqlType): boolean =>
  type.kind === 'array' ||
  type.kind === 'map' ||
  type.kind === 'row' ||
  type.kind === 'varbinary' ||
  type.kind === 'objectid' ||
  type.kind === 'bingtile' ||
  type.kind === 'kdbtree' ||
  type.kind === 'date' ||
  type.kind === 'timestamp' ||
  type.kind === 'timestamp with time zone'

function nullable(read: CellReader, validity: Validity): CellReader {
  if (validity === null) return read
  return (position) => (isValid(validity, position) ? read(position) : null)
}

function flatReader(block: FlatBlock, mode: ValueMode): CellReader {
  const { type } = block
  switch (type.kind) {
    case 'unknown':
      return () => null
    case 'boolean': {
      assert(block.storage === 'bool')
      const { values } = block
      return (position) => values[position] === 1
    }
    case 'tinyint':
    case 'smallint':
    case 'integer':
      return numberReader(block)
    case 'bigint':
      return mode === 'plain' ? numberReader(block) : bigintReader(block)
    case 'real':
    case 'double':
      return floatReader(block)
    case 'array':
      return arrayReader(block, mode)
    case 'map':
      return mapReader(block, mode)
    case 'row':
      return rowReader(block, type, mode)
    case 'color':
      return utf8Reader(block)
    case 'bingtile': {
      const read = bigintReader(block)
      return (position) => decodeTile(read(position))
    }
    case 'kdbtree': {
      const read = utf8Reader(block)
      return (position) => JSON.parse(read(position))
    }
    default:
      return (
        (mode === 'plain' ? plainReader(block) : undefined) ??
        textReader(block, type, false) ??
        bytesReader(block)
      )
  }
}

function plainReader(block: FlatBlock): CellReader | undefined {
  const { type } = block
  switch (type.kind) {
    case 'decimal': {
      const read = digitsReader(block)
      return (position) => Number(decimalText(BigInt(read(position)), type.scale))
    }
    case 'date': {
      const read = numberReader(block)
      return (position) => new Date(read(position) * MILLIS_PER_DAY)
    }
    case 'timestamp': {
      const read = textReader(block, type, true)!
      return (position) => new Date(`${read(position).replace(' ', 'T')}Z`)
    }
    case 'timestamp with time zone': {
      const read = zonedInstantReader(block)
      return (position) => new Date(Number(read(position).picos / 1_000_000_000n))
    }
    default:
      return undefined
  }
}

function floatReader(block: FlatBlock): CellReader {
  assert(block.storage === 'f64' || block.storage === 'f32', `floats stored as ${block.storage}`)
  const { values } = block
  if (block.storage === 'f64') return (position) => values[position]!
  return (position) => shortestReal(values[position]!)
}

/** VARBINARY and sketches, copied: the block's memory is only borrowed. */
function bytesReader(block: FlatBlock): CellReader {
  assert(block.storage === 'bytes', `${block.type.kind} stored as ${block.storage}`)
  const { offsets, bytes } = block
  return (position) => Uint8Array.from(bytes.subarray(offsets[position]!, offsets[position + 1]!))
}

function arrayReader(block: FlatBlock, mode: ValueMode): CellReader {
  assert(block.storage === 'array', `array stored as ${block.storage}`)
  const { offsets } = block
  const read = cellReader(block.elements, mode)
  return (position) => {
    const start = offsets[position]!
    const array: unknown[] = new Array(offsets[position + 1]! - start)
    for (let i = 0; i < array.length; i++) array[i] = read(start + i)
    return array
  }
}

function mapReader(block: FlatBlock, mode: ValueMode): CellReader {
  assert(block.storage === 'map', `map stored as ${block.storage}`)
  const { offsets } = block
  const readKey = cellReader(block.keys, mode)
  const readValue = cellReader(block.mapValues, mode)
  return (position) => {
    const map = new Map<unknown, unknown>()
    for (let i = offsets[position]!; i < offsets[position + 1]!; i++)
      map.set(readKey(i), readValue(i))
    return map
  }
}

/** The keys of the object a ROW becomes; fields without a name are `field0`, `field1`, … by position. */
export const rowFieldNames = (type: RowType): string[] =>
  type.fields.map((field, index) => field.name ?? `field${index}`)

function rowReader(block: FlatBlock, type: RowType, mode: ValueMode): CellReader {
  assert(block.storage === 'row', `row stored as ${block.storage}`)
  const names = rowFieldNames(type)
  const readers = block.fields.map((field) => cellReader(field, mode))
  return (position) => {
    const entries = names.map((name, index) => [name, readers[index]!(position)] as const)
    return Object.fromEntries(entries)
  }
}
