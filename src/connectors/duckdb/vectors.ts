import type { DuckDBDataChunk, DuckDBType } from '@duckdb/node-api'
import {
  assert,
  type FlatBlock,
  type IntegerBlock,
  type SqlType,
  type Validity,
} from '../../spi/index.js'
import type { DuckdbApi, DuckdbBindings } from './instances.js'

/**
 * A column of a chunk as a block, without a JavaScript value for each row; undefined where a value needs a look of its own. The
 * block is valid until its chunk is collected or the next block is made.
 */
export type VectorReader = (
  chunk: DuckDBDataChunk,
  column: number,
  rowCount: number,
) => FlatBlock | undefined

/** DuckDB's own memory. */
type VectorData = Uint8Array<ArrayBuffer>

const isVectorData = (data: Uint8Array): data is VectorData => data.buffer instanceof ArrayBuffer

/** Of values that lie at the start of `data`, as many as there are rows. */
type MakeBlock = (data: VectorData, rowCount: number, validity: Validity) => FlatBlock | undefined

interface Layout {
  readonly bytesPerRow: number
  readonly block: MakeBlock
}

const view = <T>(
  array: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T,
  { buffer, byteOffset }: VectorData,
  length: number,
): T => new array(buffer, byteOffset, length)

const isValid = (validity: Validity, row: number): boolean =>
  validity === null || (validity[row >> 3]! & (1 << (row & 7))) !== 0

/** @returns undefined for columns whose values are read one by one */
export function vectorReader(
  { DuckDBTypeId }: DuckdbApi,
  bindings: DuckdbBindings,
  stored: DuckDBType,
  type: SqlType,
): VectorReader | undefined {
  const name = DuckDBTypeId[stored.typeId] ?? ''
  const layout = TEXTS[name] === type.kind ? texts(bindings, type) : fixedLayout(name, type)
  if (layout === undefined) return undefined
  return (chunk, column, rowCount) => {
    const vector = bindings.data_chunk_get_vector(chunk.chunk, column)
    const data = bindings.vector_get_data(vector, rowCount * layout.bytesPerRow)
    assert(isVectorData(data), 'memory that threads do not share')
    // In words of 64 bits; nothing where all rows are valid.
    const validity = bindings.vector_get_validity(vector, Math.ceil(rowCount / 64) * 8) || null
    return layout.block(data, rowCount, validity)
  }
}

function fixedLayout(name: string, type: SqlType): Layout | undefined {
  const fields = (rowCount: number, validity: Validity) =>
    ({ type, rowCount, encoding: 'flat', validity }) as const
  const integers = (bytesPerRow: number, storage: IntegerBlock['storage']): Layout => ({
    bytesPerRow,
    block: (data, rowCount, validity) => {
      const values = new INTEGERS[storage](data.buffer, data.byteOffset, rowCount)
      return { ...fields(rowCount, validity), storage, values, base: 0, factor: 1 }
    },
  })
  const finite = ({ bytesPerRow, block }: Layout): Layout => ({
    bytesPerRow,
    block: (data, rowCount, validity) =>
      hasInfinity(data, rowCount, bytesPerRow) ? undefined : block(data, rowCount, validity),
  })
  switch (`${name} ${type.kind}`) {
    case 'TINYINT tinyint':
      return integers(1, 'i8')
    case 'SMALLINT smallint':
      return integers(2, 'i16')
    case 'INTEGER integer':
      return integers(4, 'i32')
    case 'BIGINT bigint':
      return integers(8, 'i64')
    case 'DATE date':
      return finite(integers(4, 'i32'))
    case 'TIMESTAMP timestamp':
      return finite(integers(8, 'i64'))
    case 'DECIMAL decimal': {
      const { precision } = type as Extract<SqlType, { kind: 'decimal' }>
      if (precision <= 4) return integers(2, 'i16')
      if (precision <= 9) return integers(4, 'i32')
      return precision <= 18 ? integers(8, 'i64') : undefined
    }
    case 'FLOAT real':
      return {
        bytesPerRow: 4,
        block: (data, rowCount, validity) => {
          const values = view(Float32Array, data, rowCount)
          return { ...fields(rowCount, validity), storage: 'f32', values }
        },
      }
    case 'DOUBLE double':
      return {
        bytesPerRow: 8,
        block: (data, rowCount, validity) => {
          const values = view(Float64Array, data, rowCount)
          return { ...fields(rowCount, validity), storage: 'f64', values }
        },
      }
    default:
      return undefined
  }
}

const INTEGERS = { i8: Int8Array, i16: Int16Array, i32: Int32Array, i64: BigInt64Array }

/**
 * Whether one of the values, or what lies in the place of one that is null, may be DuckDB's infinity: of 32 bits the largest
 * integer and its negative, of 64 bits too.
 */
function hasInfinity(data: VectorData, rowCount: number, bytesPerRow: number): boolean {
  const step = bytesPerRow / 4
  const words = view(Int32Array, data, rowCount * step)
  for (let i = step - 1; i < words.length; i += step) {
    const high = words[i]!
    if (high >= 0x7fff_ffff || high <= -0x7fff_ffff) return true
  }
  return false
}

/** What DuckDB calls them. */
const TEXTS: Readonly<Record<string, SqlType['kind']>> = { VARCHAR: 'varchar', BLOB: 'varbinary' }

/** Of a text, 4 bytes are its length; up to 12 bytes follow it, of others 4 and a pointer to all of them. */
const TEXT_BYTES = 16
const INLINE_BYTES_MAX = 12

function texts(bindings: DuckdbBindings, type: SqlType): Layout {
  let bytes = new Uint8Array(32 * 1024)
  let offsets = new Int32Array(0)
  return {
    bytesPerRow: TEXT_BYTES,
    block(data, rowCount, validity) {
      const lengths = view(Uint32Array, data, rowCount * 4)
      if (offsets.length <= rowCount) offsets = new Int32Array(rowCount + 1)
      let byteLength = 0
      for (let row = 0; row < rowCount; row++) {
        // What stands in the place of a null is no text.
        if (isValid(validity, row)) byteLength += lengths[row * 4]!
        if (byteLength > 0x7fff_ffff) return undefined
        offsets[row + 1] = byteLength
      }
      if (bytes.length < byteLength) bytes = new Uint8Array(2 * byteLength)
      let seen = 0
      for (let row = 0; row < rowCount; row++) {
        const end = offsets[row + 1]!
        let to = offsets[row]!
        const from = row * TEXT_BYTES + 4
        if (end - to > INLINE_BYTES_MAX) {
          const pointer = data.byteOffset + from + 4
          const long = bindings.get_data_from_pointer(data.buffer, pointer, end - to)
          bytes.set(long, to)
          for (let i = 0; i < long.length; i++) seen |= long[i]!
        } else {
          for (let i = from; to < end; i++) {
            const byte = data[i]!
            seen |= byte
            bytes[to++] = byte
          }
        }
      }
      const ascii = seen < 128
      return { type, rowCount, encoding: 'flat', validity, storage: 'bytes', offsets, bytes, ascii }
    },
  }
}
