import type {
  Block,
  BytesBlock,
  DictionaryBlock,
  FlatBlock,
  IntegerBlock,
  SqlType,
  Validity,
} from '../../spi/index.js'
import { PartFlag } from './batch-collector.js'
import { corrupt, type ReceivedBatch } from './message.js'
import type { Layout } from './page-layout.js'
import type { RawBody } from './sealed-body.js'

/** The parameters of a body, one after another. */
export class ParameterReader {
  readonly #parameters: Float64Array
  #next = 0

  constructor({ bytes, parametersLength }: RawBody) {
    this.#parameters = new Float64Array(bytes.buffer, bytes.byteOffset, parametersLength / 8)
  }

  take(): number {
    const parameter = this.#parameters[this.#next++]
    if (parameter === undefined) throw corrupt('a parameter is missing')
    return parameter
  }
}

interface FlatFields {
  readonly encoding: 'flat'
  readonly type: SqlType
  readonly rowCount: number
  readonly validity: Validity
}

/** Reads the blocks of a batch depth first; checks that each buffer is as long as its rows want. */
export class BatchReader {
  readonly #batch: ReceivedBatch
  readonly #parameters: ParameterReader
  #node = 0
  #buffer = 0

  constructor(batch: ReceivedBatch, parameters: ParameterReader) {
    this.#batch = batch
    this.#parameters = parameters
  }

  codes(
    width: 1 | 2 | 4,
    rowCount: number,
  ): { readonly codes: DictionaryBlock['codes']; readonly validity: Validity } {
    const validity = this.#takeNode(rowCount)
    const { buffer, byteOffset } = this.#takeBuffer(rowCount * width)
    const codes =
      width === 1
        ? new Uint8Array(buffer, byteOffset, rowCount)
        : width === 2
          ? new Uint16Array(buffer, byteOffset, rowCount)
          : new Int32Array(buffer, byteOffset, rowCount)
    return { codes, validity }
  }

  flat(layout: Layout, type: SqlType, rowCount: number): FlatBlock {
    const { storage } = layout
    if (storage === 'codes') throw corrupt('codes within a column')
    if (storage === 'null') {
      this.#takeNodeLength(rowCount)
      return { encoding: 'flat', storage, type, rowCount, validity: null }
    }
    const fields: FlatFields = {
      encoding: 'flat',
      type,
      rowCount,
      validity: this.#takeNode(rowCount),
    }
    switch (storage) {
      case 'i8':
      case 'i16':
      case 'i32':
      case 'i64':
        return this.#integers(storage, fields)
      case 'f32': {
        const { buffer, byteOffset } = this.#takeBuffer(rowCount * 4)
        return { storage, values: new Float32Array(buffer, byteOffset, rowCount), ...fields }
      }
      case 'f64': {
        const { buffer, byteOffset } = this.#takeBuffer(rowCount * 8)
        return { storage, values: new Float64Array(buffer, byteOffset, rowCount), ...fields }
      }
      case 'bool':
        return { storage, values: this.#takeBuffer(rowCount), ...fields }
      case 'fixed16':
        return { storage, values: this.#takeBuffer(rowCount * 16), ...fields }
      case 'bytes':
        return this.#bytes(fields)
      case 'array':
      case 'map':
      case 'row':
        return this.#nested(storage, layout.parts, fields)
    }
  }

  #integers(storage: IntegerBlock['storage'], fields: FlatFields): IntegerBlock {
    const { rowCount } = fields
    const { buffer, byteOffset } = this.#takeBuffer(rowCount * INTEGER_WIDTHS[storage])
    const flags = this.#parameters.take()
    const base = this.#parameters.take()
    const factor = this.#parameters.take()
    return {
      ...fields,
      storage,
      values: integerView(storage, buffer, byteOffset, rowCount),
      base,
      factor,
      ...(flags & PartFlag.bounds
        ? { bounds: { min: this.#parameters.take(), max: this.#parameters.take() } }
        : {}),
      ...(flags & PartFlag.ascending ? { ascending: true } : {}),
    }
  }

  #bytes(fields: FlatFields): BytesBlock {
    const { offsets, end } = this.#takeOffsets(fields.rowCount)
    const bytes = this.#takeBuffer(end)
    const flags = this.#parameters.take()
    return {
      ...fields,
      storage: 'bytes',
      offsets,
      bytes,
      ...(flags & PartFlag.ascii ? { ascii: true } : {}),
    }
  }

  #nested(
    storage: 'array' | 'map' | 'row',
    parts: readonly Layout[],
    fields: FlatFields,
  ): FlatBlock {
    const { type, rowCount } = fields
    const part = (index: number, of: SqlType, rows: number): Block => {
      const layout = parts[index]
      if (layout === undefined) throw corrupt('a part is missing')
      return this.flat(layout, of, rows)
    }
    if (storage === 'row') {
      if (type.kind !== 'row') throw corrupt('rows of another type')
      return {
        storage,
        fields: type.fields.map((field, i) => part(i, field.type, rowCount)),
        ...fields,
      }
    }
    const { offsets, end } = this.#takeOffsets(rowCount)
    if (storage === 'array') {
      if (type.kind !== 'array') throw corrupt('arrays of another type')
      return { storage, offsets, elements: part(0, type.element, end), ...fields }
    }
    if (type.kind !== 'map') throw corrupt('maps of another type')
    this.#takeNode(end)
    const keys = part(0, type.key, end)
    return { storage, offsets, keys, mapValues: part(1, type.value, end), ...fields }
  }

  #takeNodeLength(rowCount: number): number {
    const node = this.#batch.nodes[this.#node++]
    if (node?.length !== rowCount) throw corrupt('a column of another length')
    return node.nullCount
  }

  #takeNode(rowCount: number): Validity {
    const nullCount = this.#takeNodeLength(rowCount)
    const validity = this.#batch.buffers[this.#buffer++]
    if (validity === undefined) throw corrupt('a buffer is missing')
    if (nullCount === 0) return null
    const byteLength = (rowCount + 7) >> 3
    if (validity.length < byteLength) throw corrupt('a buffer is too short')
    return validity.subarray(0, byteLength)
  }

  #takeBuffer(byteLength: number): Uint8Array {
    const buffer = this.#batch.buffers[this.#buffer++]
    if (buffer === undefined) throw corrupt('a buffer is missing')
    if (buffer.length < byteLength) throw corrupt('a buffer is too short')
    return buffer.length === byteLength ? buffer : buffer.subarray(0, byteLength)
  }

  #takeOffsets(rowCount: number): { readonly offsets: Int32Array; readonly end: number } {
    const { buffer, byteOffset } = this.#takeBuffer((rowCount + 1) * 4)
    const offsets = new Int32Array(buffer, byteOffset, rowCount + 1)
    const end = offsets[rowCount]!
    if (offsets[0] !== 0 || end < 0) throw corrupt('offsets that do not begin at 0')
    return { offsets, end }
  }
}

const INTEGER_WIDTHS = { i8: 1, i16: 2, i32: 4, i64: 8 } as const

function integerView(
  storage: IntegerBlock['storage'],
  buffer: ArrayBufferLike,
  byteOffset: number,
  rowCount: number,
): IntegerBlock['values'] {
  switch (storage) {
    case 'i8':
      return new Int8Array(buffer, byteOffset, rowCount)
    case 'i16':
      return new Int16Array(buffer, byteOffset, rowCount)
    case 'i32':
      return new Int32Array(buffer, byteOffset, rowCount)
    case 'i64':
      return new BigInt64Array(buffer, byteOffset, rowCount)
  }
}
