import type { BatchDraft } from '../../arrow/batch-message.js'
import { flattenRange, sliceValidity } from '../../arrow/block-gather.js'
import type { Block, FlatBlock, IntegerBlock, Validity } from '../../spi/index.js'
import type { Layout } from './page-layout.js'

/** Bits of a part's flags among a page's parameters. */
export const PartFlag = { bounds: 1, ascending: 2, ascii: 4 } as const

const NO_BYTES = new Uint8Array(0)

/**
 * Collects what a batch's message says, and the buffers of its blocks, without copying what can be sent as it lies.
 * Parameters are what Arrow has no place for: each integer part has its flags, base and factor, then its bounds where
 * the flags say so; each part of bytes its flags.
 */
export class BatchCollector implements BatchDraft {
  readonly rowCount: number
  readonly nodes: number[] = []
  readonly buffers: Uint8Array[] = []
  readonly #parameters: number[]

  constructor(rowCount: number, parameters: number[]) {
    this.rowCount = rowCount
    this.#parameters = parameters
  }

  /** Adds the positions from `start` of a block, flat. */
  addBlock(block: Block, start: number, rowCount: number): Layout {
    if (block.encoding === 'flat') return this.addFlat(block, start, rowCount)
    return this.addFlat(flattenRange(block, start, rowCount), 0, rowCount)
  }

  addCodes(codes: ArrayBufferView, rowCount: number, validity: Validity, start: number): void {
    this.#addNode(validity, start, rowCount)
    const width = codes.byteLength / (codes as Uint8Array).length
    this.#addValues(codes, start * width, rowCount * width)
  }

  addFlat(block: FlatBlock, start: number, rowCount: number): Layout {
    const { storage } = block
    if (storage === 'null') {
      this.nodes.push(rowCount, rowCount)
      return { storage, parts: [] }
    }
    this.#addNode(block.validity, start, rowCount)
    switch (storage) {
      case 'i8':
      case 'i16':
      case 'i32':
      case 'i64':
      case 'f32':
      case 'f64':
      case 'bool': {
        const width = block.values.BYTES_PER_ELEMENT
        this.#addValues(block.values, start * width, rowCount * width)
        if ('base' in block) this.#addIntegerParameters(block)
        return { storage, parts: [] }
      }
      case 'fixed16':
        this.#addValues(block.values, start * 16, rowCount * 16)
        return { storage, parts: [] }
      case 'bytes': {
        const { first, end } = this.#addOffsets(block.offsets, start, rowCount)
        this.buffers.push(block.bytes.subarray(first, end))
        this.#parameters.push(block.ascii ? PartFlag.ascii : 0)
        return { storage, parts: [] }
      }
      case 'array': {
        const { first, end } = this.#addOffsets(block.offsets, start, rowCount)
        return { storage, parts: [this.addBlock(block.elements, first, end - first)] }
      }
      case 'map': {
        const { first, end } = this.#addOffsets(block.offsets, start, rowCount)
        // The struct of keys and values.
        this.#addNode(null, 0, end - first)
        const keys = this.addBlock(block.keys, first, end - first)
        return { storage, parts: [keys, this.addBlock(block.mapValues, first, end - first)] }
      }
      case 'row':
        return {
          storage,
          parts: block.fields.map((field) => this.addBlock(field, start, rowCount)),
        }
    }
  }

  #addNode(validity: Validity, start: number, rowCount: number): void {
    const sliced = sliceValidity(validity, start, rowCount)
    this.nodes.push(rowCount, sliced.nullCount)
    this.buffers.push(sliced.validity ?? NO_BYTES)
  }

  #addValues(values: ArrayBufferView, start: number, byteLength: number): void {
    this.buffers.push(new Uint8Array(values.buffer, values.byteOffset + start, byteLength))
  }

  /** Adds offsets that begin at 0. */
  #addOffsets(
    offsets: Int32Array,
    start: number,
    rowCount: number,
  ): { readonly first: number; readonly end: number } {
    const first = offsets[start] ?? 0
    const end = offsets[start + rowCount] ?? first
    if (first === 0 && offsets.length > start + rowCount) {
      this.#addValues(offsets, start * 4, (rowCount + 1) * 4)
    } else {
      const moved = new Int32Array(rowCount + 1)
      for (let i = 0; i <= rowCount; i++) moved[i] = offsets[start + i]! - first
      this.#addValues(moved, 0, moved.byteLength)
    }
    return { first, end }
  }

  #addIntegerParameters({ bounds, ascending, base, factor }: IntegerBlock): void {
    const flags =
      (bounds === undefined ? 0 : PartFlag.bounds) | (ascending ? PartFlag.ascending : 0)
    this.#parameters.push(flags, base, factor)
    if (bounds !== undefined) this.#parameters.push(bounds.min, bounds.max)
  }
}
