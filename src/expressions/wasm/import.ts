import type { Arena, Block, FlatBlock, Page } from '../../spi/index.js'
import { bytesOf, type Codes, codesView, floatView, integerView } from './buffers.js'
import { arenaBuffer } from './kernel-memory.js'

/** Blocks into arena memory: `import` copies what lies elsewhere, `copy` everything. */

/** A page whose buffers all lie in the arena's memory: kernels can read it. Copies only what does not yet. */
export function importPage(page: Page, arena: Arena): Page {
  const blocks = page.blocks.map((block) => importBlock(block, arena))
  return blocks.every((block, channel) => block === page.blocks[channel])
    ? page
    : { ...page, blocks }
}

/** A block whose buffers all lie in the arena's memory: itself where they do already. */
export function importBlock(block: Block, arena: Arena): Block {
  return liesIn(block, arenaBuffer(arena)) ? block : transferBlock(block, importer(arena))
}

const viewLiesIn = (view: ArrayBufferView | null, buffer: ArrayBufferLike): boolean =>
  view === null || view.buffer === buffer

function liesIn(block: Block, buffer: ArrayBufferLike): boolean {
  switch (block.encoding) {
    case 'constant':
      return liesIn(block.value, buffer)
    case 'dictionary':
      return (
        block.codes.buffer === buffer &&
        viewLiesIn(block.validity, buffer) &&
        liesIn(block.dictionary, buffer)
      )
    case 'flat':
      return viewLiesIn(block.validity, buffer) && contentLiesIn(block, buffer)
  }
}

function contentLiesIn(block: FlatBlock, buffer: ArrayBufferLike): boolean {
  switch (block.storage) {
    case 'null':
      return true
    case 'bytes':
      return block.offsets.buffer === buffer && block.bytes.buffer === buffer
    case 'array':
      return block.offsets.buffer === buffer && liesIn(block.elements, buffer)
    case 'map':
      return (
        block.offsets.buffer === buffer &&
        liesIn(block.keys, buffer) &&
        liesIn(block.mapValues, buffer)
      )
    case 'row':
      return block.fields.every((field) => liesIn(field, buffer))
    default:
      return block.values.buffer === buffer
  }
}

/** A deep copy that outlives the block's borrow. O(bytes); of strings only those the offsets span. */
export const copyBlock = (block: Block, arena: Arena): Block => transferBlock(block, copier(arena))

/** Puts a buffer where it should be; the same buffer back means that nothing had to be done. */
type Transfer = <T extends ArrayBufferView>(
  view: T,
  make: (bytes: Uint8Array, length: number) => T,
  length: number,
) => T

const copier =
  (arena: Arena): Transfer =>
  (view, make, length) => {
    const bytes = arena.allocate(view.byteLength)
    bytes.set(bytesOf(view))
    return make(bytes, length)
  }

const importer = (arena: Arena): Transfer => {
  const shared = arenaBuffer(arena)
  const copy = copier(arena)
  return (view, make, length) => (view.buffer === shared ? view : copy(view, make, length))
}

function transferBlock(block: Block, transfer: Transfer): Block {
  switch (block.encoding) {
    case 'flat':
      return transferFlat(block, transfer)
    case 'constant': {
      const value = transferFlat(block.value, transfer)
      return value === block.value ? block : { ...block, value }
    }
    case 'dictionary': {
      const codes = transferCodes(block.codes, transfer)
      const dictionary = transferFlat(block.dictionary, transfer)
      const validity = transferBytes(block.validity, transfer)
      return codes === block.codes && dictionary === block.dictionary && validity === block.validity
        ? block
        : { ...block, codes, dictionary, validity }
    }
  }
}

const transferCodes = (codes: Codes, transfer: Transfer): Codes =>
  transfer(codes, (bytes, length) => codesView(codes, bytes, length), codes.length)

const identity = (bytes: Uint8Array): Uint8Array => bytes

function transferBytes<V extends Uint8Array | null>(bytes: V, transfer: Transfer): V | Uint8Array {
  return bytes === null ? bytes : transfer<Uint8Array>(bytes, identity, bytes.length)
}

const transferOffsets = (offsets: Int32Array, transfer: Transfer): Int32Array =>
  transfer<Int32Array>(
    offsets,
    (bytes, length) => new Int32Array(bytes.buffer, bytes.byteOffset, length),
    offsets.length,
  )

function transferFlat(block: FlatBlock, transfer: Transfer): FlatBlock {
  const moved = transferParts(block, transfer)
  const before = Object.values(block)
  return Object.values(moved).every((part, i) => part === before[i]) ? block : moved
}

/** The same fields in the same order, each buffer transferred. */
function transferParts(block: FlatBlock, transfer: Transfer): FlatBlock {
  const validity = transferBytes(block.validity, transfer)
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64': {
      const { storage, values } = block
      const make = (bytes: Uint8Array, length: number) => integerView(storage, bytes, length)
      return { ...block, validity, values: transfer(values, make, values.length) }
    }
    case 'f32':
    case 'f64': {
      const { storage, values } = block
      const make = (bytes: Uint8Array, length: number) => floatView(storage, bytes, length)
      return { ...block, validity, values: transfer(values, make, values.length) }
    }
    case 'bool':
    case 'fixed16':
      return { ...block, validity, values: transferBytes(block.values, transfer) }
    case 'bytes': {
      const end = block.offsets[block.rowCount] ?? 0
      const used = block.bytes.length > end ? block.bytes.subarray(0, end) : block.bytes
      const bytes = transferBytes(used, transfer)
      const offsets = transferOffsets(block.offsets, transfer)
      return { ...block, validity, offsets, bytes: bytes === used ? block.bytes : bytes }
    }
    case 'array':
      return {
        ...block,
        validity,
        offsets: transferOffsets(block.offsets, transfer),
        elements: transferBlock(block.elements, transfer),
      }
    case 'map':
      return {
        ...block,
        validity,
        offsets: transferOffsets(block.offsets, transfer),
        keys: transferBlock(block.keys, transfer),
        mapValues: transferBlock(block.mapValues, transfer),
      }
    case 'row': {
      const fields = block.fields.map((field) => transferBlock(field, transfer))
      const same = fields.every((field, i) => field === block.fields[i])
      return { ...block, validity, fields: same ? block.fields : fields }
    }
    case 'null':
      return block
  }
}

/**
 * A range of a block's positions. Shares the buffers; only a validity bitmap that does not start at a byte is
 * shifted into new memory.
 */
export function sliceBlock(block: Block, offset: number, count: number, arena: Arena): Block {
  if (offset === 0 && count === block.rowCount) return block
  switch (block.encoding) {
    case 'constant':
      return { ...block, rowCount: count }
    case 'dictionary':
      return {
        ...block,
        rowCount: count,
        codes: block.codes.subarray(offset, offset + count),
        validity: sliceBitmap(block.validity, offset, count, arena),
      }
    case 'flat':
      return sliceFlat(block, offset, count, arena)
  }
}

function sliceFlat(block: FlatBlock, offset: number, count: number, arena: Arena): FlatBlock {
  const validity = sliceBitmap(block.validity, offset, count, arena)
  const end = offset + count
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64':
      return { ...block, validity, rowCount: count, values: block.values.subarray(offset, end) }
    case 'f32':
    case 'f64':
      return { ...block, validity, rowCount: count, values: block.values.subarray(offset, end) }
    case 'bool':
      return { ...block, validity, rowCount: count, values: block.values.subarray(offset, end) }
    case 'fixed16': {
      const values = block.values.subarray(offset * 16, end * 16)
      return { ...block, validity, rowCount: count, values }
    }
    case 'bytes':
    case 'array':
    case 'map': {
      const offsets = block.offsets.subarray(offset, end + 1)
      return { ...block, validity, rowCount: count, offsets }
    }
    case 'row': {
      const fields = block.fields.map((field) => sliceBlock(field, offset, count, arena))
      return { ...block, validity, rowCount: count, fields }
    }
    case 'null':
      return { ...block, rowCount: count }
  }
}

function sliceBitmap<V extends Uint8Array | null>(
  validity: V,
  offset: number,
  count: number,
  arena: Arena,
): V | Uint8Array {
  if (validity === null) return validity
  const length = (count + 7) >> 3
  const start = offset >> 3
  const shift = offset & 7
  if (shift === 0) return validity.subarray(start, start + length)
  const out = arena.allocate(length)
  for (let i = 0; i < length; i++) {
    const low = validity[start + i]! >> shift
    const high = start + i + 1 < validity.length ? validity[start + i + 1]! << (8 - shift) : 0
    out[i] = low | high
  }
  return out
}
