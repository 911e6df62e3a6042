import {
  allocateBitmap,
  allocateInt32,
  bytesOf,
  floatView,
  integerView,
  STORAGE_BYTES,
} from '../../expressions/wasm/buffers.js'
import { copyBlock, sliceBlock } from '../../expressions/wasm/import.js'
import {
  narrowestStorage,
  storageBounds,
  writeFixed16,
  writeIntegers,
} from '../../expressions/wasm/integer-storage.js'
import {
  type Arena,
  assert,
  type Block,
  type Bounds,
  type BytesBlock,
  type DictionaryBlock,
  type FlatBlock,
  type IntegerBlock,
  isValid,
  type SqlType,
  type Validity,
} from '../../spi/index.js'
import { checkByteLength, flattenBlock, nullBlock } from './gather.js'

/** String kernels may write this far past the end of what they are given. */
const BYTES_PADDING = 16

/**
 * One block of all the blocks' positions in order, in new memory. Dictionaries under one id stay codes of the longest of
 * them, which is borrowed; other encodings are decoded; integers get the narrowest width that holds all. O(bytes).
 */
export function concatBlocks(blocks: readonly Block[], type: SqlType, arena: Arena): Block {
  if (blocks.length === 1) return copyBlock(blocks[0]!, arena)
  return concatDictionaries(blocks, arena) ?? concatFlat(blocks, type, arena)
}

function concatDictionaries(blocks: readonly Block[], arena: Arena): Block | undefined {
  const first = blocks[0]
  if (first?.encoding !== 'dictionary' || first.dictionaryId === undefined) return undefined
  let longest = first
  for (const block of blocks) {
    if (block.encoding !== 'dictionary' || block.dictionaryId !== first.dictionaryId) {
      return undefined
    }
    if (block.dictionary.rowCount > longest.dictionary.rowCount) longest = block
  }
  const rowCount = totalRows(blocks)
  const codes = allocateInt32(arena, rowCount)
  let at = 0
  for (const block of blocks as readonly DictionaryBlock[]) {
    codes.set(block.codes.subarray(0, block.rowCount), at)
    at += block.rowCount
  }
  return {
    encoding: 'dictionary',
    type: first.type,
    rowCount,
    codes,
    dictionary: longest.dictionary,
    dictionaryId: first.dictionaryId,
    validity: concatValidity(blocks as readonly DictionaryBlock[], rowCount, arena),
  }
}

const totalRows = (blocks: readonly Block[]): number =>
  checkByteLength(blocks.reduce((sum, block) => sum + block.rowCount, 0))

function concatFlat(blocks: readonly Block[], type: SqlType, arena: Arena): FlatBlock {
  const rowCount = totalRows(blocks)
  const parts = blocks.filter((b) => b.rowCount > 0).map((block) => flattenBlock(block, arena))
  const sample =
    parts.find((part) => part.storage === 'fixed16') ??
    parts.find((part) => part.storage !== 'null')
  if (sample === undefined) return nullBlock(type, rowCount)
  const shape = {
    encoding: 'flat',
    type,
    rowCount,
    validity: concatValidity(parts, rowCount, arena),
  } as const
  switch (sample.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64': {
      const { storage, values, base, factor, bounds } = concatIntegers(parts, rowCount, arena)
      return { storage, values, base, factor, bounds, ...shape }
    }
    case 'f32':
    case 'f64': {
      const bytes = concatFixed(parts, STORAGE_BYTES[sample.storage], rowCount, arena)
      return {
        storage: sample.storage,
        values: floatView(sample.storage, bytes, rowCount),
        ...shape,
      }
    }
    case 'bool':
    case 'fixed16': {
      const values = concatFixed(parts, STORAGE_BYTES[sample.storage], rowCount, arena)
      return { storage: sample.storage, values, ...shape }
    }
    case 'bytes': {
      const { storage, offsets, bytes, ascii } = concatBytes(parts, rowCount, arena)
      const texts = { storage, offsets, bytes, ...shape } as const
      return ascii === true ? { ascii, ...texts } : texts
    }
    case 'array': {
      const lists = parts.map((p) =>
        p.storage === 'array' ? ranges(p.rowCount, p.offsets, p.elements) : p,
      )
      const [offsets, elements] = concatRanges(lists, sample.elements.type, rowCount, arena)
      return { storage: 'array', offsets, elements, ...shape }
    }
    case 'map': {
      const keyLists = parts.map((p) =>
        p.storage === 'map' ? ranges(p.rowCount, p.offsets, p.keys) : p,
      )
      const valueLists = parts.map((p) =>
        p.storage === 'map' ? ranges(p.rowCount, p.offsets, p.mapValues) : p,
      )
      const [offsets, keys] = concatRanges(keyLists, sample.keys.type, rowCount, arena)
      const [, mapValues] = concatRanges(valueLists, sample.mapValues.type, rowCount, arena)
      return { storage: 'map', offsets, keys, mapValues, ...shape }
    }
    case 'row': {
      const fields = sample.fields.map((field, index) =>
        concatBlocks(
          parts.map((p) =>
            p.storage === 'row' ? p.fields[index]! : nullBlock(field.type, p.rowCount),
          ),
          field.type,
          arena,
        ),
      )
      return { storage: 'row', fields, ...shape }
    }
  }
}

/** Joins bitmaps; a NULL block counts as all zeros. */
function concatValidity(
  parts: readonly (FlatBlock | DictionaryBlock)[],
  rowCount: number,
  arena: Arena,
): Validity {
  const isNullBlock = (p: FlatBlock | DictionaryBlock) =>
    p.encoding === 'flat' && p.storage === 'null'
  if (parts.every((p) => p.validity === null && !isNullBlock(p))) return null
  const out = allocateBitmap(arena, rowCount).fill(0)
  let at = 0
  for (const part of parts) {
    if (part.validity === null) {
      if (!isNullBlock(part)) setBits(out, at, part.rowCount)
    } else if ((at & 7) === 0) {
      out.set(part.validity.subarray(0, (part.rowCount + 7) >> 3), at >> 3)
      clearBits(out, at + part.rowCount)
    } else {
      for (let i = 0; i < part.rowCount; i++) {
        if (isValid(part.validity, i)) out[(at + i) >> 3]! |= 1 << ((at + i) & 7)
      }
    }
    at += part.rowCount
  }
  return out
}

function setBits(bitmap: Uint8Array, from: number, count: number): void {
  const end = from + count
  let i = from
  for (; i < end && (i & 7) !== 0; i++) bitmap[i >> 3]! |= 1 << (i & 7)
  bitmap.fill(255, i >> 3, Math.max(i, end) >> 3)
  for (i = Math.max(i, end & ~7); i < end; i++) bitmap[i >> 3]! |= 1 << (i & 7)
}

/** Clears what a copied bitmap may hold in its last byte past the end. */
function clearBits(bitmap: Uint8Array, end: number): void {
  if ((end & 7) !== 0) bitmap[end >> 3]! &= (1 << (end & 7)) - 1
}

function concatIntegers(
  parts: readonly FlatBlock[],
  rowCount: number,
  arena: Arena,
): Pick<IntegerBlock, 'storage' | 'values' | 'base' | 'factor' | 'bounds'> {
  const blocks = parts.filter((p): p is IntegerBlock => p.storage !== 'null')
  const first = blocks[0]!
  const bounds = unionBounds(blocks)
  const same = blocks.every(
    (b) => b.storage === first.storage && b.base === first.base && b.factor === first.factor,
  )
  const storage = same ? first.storage : narrowestStorage(bounds)
  const { base, factor } = same ? first : { base: 0, factor: 1 }
  const bytes = arena.allocate(rowCount * STORAGE_BYTES[storage])
  const values = integerView(storage, bytes, rowCount)
  let at = 0
  for (const part of parts) {
    const end = at + part.rowCount
    if (part.storage === 'null') {
      bytes.fill(0, at * STORAGE_BYTES[storage], end * STORAGE_BYTES[storage])
    } else {
      const block = part as IntegerBlock
      if (same) bytes.set(bytesOf(block.values), at * STORAGE_BYTES[storage])
      else writeIntegers(block, values.subarray(at, end), storage)
    }
    at = end
  }
  return { storage, values, base, factor, bounds }
}

function unionBounds(blocks: readonly IntegerBlock[]): Bounds | undefined {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const block of blocks) {
    const bounds = storageBounds(block)
    if (bounds === undefined) return undefined
    min = Math.min(min, bounds.min)
    max = Math.max(max, bounds.max)
  }
  return { min, max }
}

function concatFixed(
  parts: readonly FlatBlock[],
  valueBytes: number,
  rowCount: number,
  arena: Arena,
): Uint8Array {
  const out = arena.allocate(rowCount * valueBytes)
  let at = 0
  for (const part of parts) {
    const end = at + part.rowCount * valueBytes
    if (part.storage === 'null') out.fill(0, at, end)
    else if (valueBytes === 16 && 'base' in part) writeFixed16(part, out.subarray(at, end))
    else {
      assert('values' in part, 'blocks of one column of two kinds')
      out.set(bytesOf(part.values).subarray(0, end - at), at)
    }
    at = end
  }
  return out
}

function concatBytes(
  parts: readonly FlatBlock[],
  rowCount: number,
  arena: Arena,
): Pick<BytesBlock, 'storage' | 'offsets' | 'bytes' | 'ascii'> {
  const offsets = allocateInt32(arena, rowCount + 1)
  let length = 0
  let ascii = true
  for (const p of parts) {
    if (p.storage !== 'bytes') continue
    length += p.offsets[p.rowCount]! - p.offsets[0]!
    ascii &&= p.ascii === true
  }
  const bytes = arena.allocate(checkByteLength(length) + BYTES_PADDING).subarray(0, length)
  let row = 0
  let at = 0
  for (const part of parts) {
    if (part.storage === 'bytes') {
      const start = part.offsets[0]!
      bytes.set(part.bytes.subarray(start, part.offsets[part.rowCount]!), at)
      shiftOffsets(part.offsets, part.rowCount, at - start, offsets, row)
      at += part.offsets[part.rowCount]! - start
    } else offsets.fill(at, row, row + part.rowCount)
    row += part.rowCount
  }
  offsets[rowCount] = at
  return { storage: 'bytes', offsets, bytes, ascii }
}

function shiftOffsets(
  from: Int32Array,
  count: number,
  by: number,
  to: Int32Array,
  at: number,
): void {
  for (let i = 0; i < count; i++) to[at + i] = from[i]! + by
}

interface Ranges {
  readonly storage: 'ranges'
  readonly rowCount: number
  readonly offsets: Int32Array
  readonly inner: Block
}

const ranges = (rowCount: number, offsets: Int32Array, inner: Block): Ranges => ({
  storage: 'ranges',
  rowCount,
  offsets,
  inner,
})

/** Lists of every part: new offsets, and the elements they span. */
function concatRanges(
  parts: readonly (Ranges | FlatBlock)[],
  type: SqlType,
  rowCount: number,
  arena: Arena,
): [Int32Array, Block] {
  const offsets = allocateInt32(arena, rowCount + 1)
  const inner: Block[] = []
  let row = 0
  let at = 0
  for (const part of parts) {
    if (part.storage === 'ranges') {
      const start = part.offsets[0]!
      const length = part.offsets[part.rowCount]! - start
      shiftOffsets(part.offsets, part.rowCount, at - start, offsets, row)
      inner.push(sliceBlock(part.inner, start, length, arena))
      at += length
    } else offsets.fill(at, row, row + part.rowCount)
    row += part.rowCount
  }
  offsets[rowCount] = at
  return [offsets, concatBlocks(inner, type, arena)]
}
