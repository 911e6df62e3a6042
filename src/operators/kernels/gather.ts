import {
  allocateBitmap,
  allocateInt32,
  bytesOf,
  type Codes,
  codesView,
  commonMemory,
  floatView,
  integerView,
  STORAGE_BYTES,
  zeroed,
} from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  assert,
  type Block,
  type BytesBlock,
  type FlatBlock,
  MillraceError,
  type SqlType,
  type Validity,
} from '../../spi/index.js'
import {
  gatherBytesKernel,
  gatherValidityKernel,
  gatherValuesKernel,
  type IndexBytes,
  type ValueBytes,
} from './gather-kernels.js'

/** Offsets are Int32: no column of a page holds more bytes. */
const BYTES_MAX = 2_147_483_647
/** String gathers write this far past the end. */
const BYTES_PADDING = 16

interface Gather {
  readonly positions: Codes
  readonly count: number
  /** Negative positions stand for null. */
  readonly nullable: boolean
  readonly arena: Arena
}

/**
 * Picks positions of a block into new buffers: flat stays flat (deep, nested blocks too), a dictionary keeps its
 * entries and gathers codes, a constant stays one. O(count) plus the bytes of strings and nested elements.
 * @param positions Int32Array[≥ count] from 0 to rowCount - 1, in any order, repeats allowed
 */
export function gatherBlock(
  block: Block,
  positions: Int32Array,
  count: number,
  arena: Arena,
): Block {
  return gather(block, { positions, count, nullable: false, arena })
}

/** As {@link gatherBlock}; a position of -1 gives null: the unmatched side of an outer join. */
export function gatherNullableBlock(
  block: Block,
  positions: Int32Array,
  count: number,
  arena: Arena,
): Block {
  if (block.rowCount === 0) return nullBlock(block.type, count)
  return gather(block, { positions, count, nullable: true, arena })
}

/** Decodes a block into a flat one: a flat block is itself, others are copied (nested ones borrow what is inside). */
export function flattenBlock(block: Block, arena: Arena): FlatBlock {
  switch (block.encoding) {
    case 'flat':
      return block
    case 'constant': {
      if (block.value.storage === 'null') return nullBlock(block.type, block.rowCount)
      const codes = zeroed(arena.allocate(block.rowCount))
      return gatherFlat(block.value, {
        positions: codes,
        count: block.rowCount,
        nullable: false,
        arena,
      })
    }
    case 'dictionary': {
      if (block.dictionary.storage === 'null') return nullBlock(block.type, block.rowCount)
      const flat = gatherFlat(block.dictionary, {
        positions: block.codes,
        count: block.rowCount,
        nullable: false,
        arena,
      })
      if (block.validity === null) return flat
      return { ...flat, validity: bothValid(flat.validity, block.validity, block.rowCount, arena) }
    }
  }
}

export const nullBlock = (type: SqlType, rowCount: number): FlatBlock => ({
  encoding: 'flat',
  storage: 'null',
  type,
  rowCount,
  validity: null,
})

/** Valid where both are; in new memory. */
function bothValid(left: Validity, right: Uint8Array, rowCount: number, arena: Arena): Uint8Array {
  const both = allocateBitmap(arena, rowCount)
  for (let i = 0; i < both.length; i++) both[i] = (left?.[i] ?? 255) & right[i]!
  return both
}

function gather(block: Block, g: Gather): Block {
  assert(g.positions.length >= g.count, 'fewer positions than rows')
  switch (block.encoding) {
    case 'flat':
      return gatherFlat(block, g)
    case 'constant':
      if (!g.nullable) return { ...block, rowCount: g.count }
      return {
        encoding: 'dictionary',
        type: block.type,
        rowCount: g.count,
        codes: zeroed(g.arena.allocate(g.count)),
        dictionary: block.value,
        validity: gatherValidity(null, g),
      }
    case 'dictionary':
      return {
        ...block,
        rowCount: g.count,
        codes: codesView(
          block.codes,
          gatherBuffer(block.codes, codeBytes(block.codes), g),
          g.count,
        ),
        validity: gatherValidity(block.validity, g),
      }
  }
}

const codeBytes = (codes: Codes): IndexBytes => codes.BYTES_PER_ELEMENT as IndexBytes

function gatherFlat(block: FlatBlock, g: Gather): FlatBlock {
  if (block.storage === 'null') return nullBlock(block.type, g.count)
  const validity = gatherValidity(block.validity, g)
  const { encoding, type } = block
  const shape = { encoding, type, rowCount: g.count, validity }
  switch (block.storage) {
    case 'i8':
    case 'i16':
    case 'i32':
    case 'i64': {
      const { storage, base, factor, bounds } = block
      const bytes = gatherBuffer(block.values, STORAGE_BYTES[storage], g)
      const values = integerView(storage, bytes, g.count)
      return { storage, values, base, factor, bounds, ...shape }
    }
    case 'f32':
    case 'f64': {
      const bytes = gatherBuffer(block.values, STORAGE_BYTES[block.storage], g)
      return { storage: block.storage, values: floatView(block.storage, bytes, g.count), ...shape }
    }
    case 'bool':
    case 'fixed16': {
      const values = gatherBuffer(block.values, STORAGE_BYTES[block.storage], g)
      return { storage: block.storage, values, ...shape }
    }
    case 'bytes':
      return gatherBytes(block, validity, g)
    case 'array': {
      const [offsets, inner] = gatherRanges(block.offsets, g)
      return { storage: 'array', offsets, elements: gather(block.elements, inner), ...shape }
    }
    case 'map': {
      const [offsets, inner] = gatherRanges(block.offsets, g)
      const keys = gather(block.keys, inner)
      return { storage: 'map', offsets, keys, mapValues: gather(block.mapValues, inner), ...shape }
    }
    case 'row':
      return {
        storage: 'row',
        fields: block.fields.map((field) => gatherField(field, g)),
        ...shape,
      }
  }
}

/** A field of an empty block has nothing to copy for a null row. */
const gatherField = (field: Block, g: Gather): Block =>
  g.nullable && field.rowCount === 0 ? nullBlock(field.type, g.count) : gather(field, g)

function gatherBuffer(source: ArrayBufferView, valueBytes: ValueBytes, g: Gather): Uint8Array {
  const out = g.arena.allocate(g.count * valueBytes)
  const memory = commonMemory(out, source, g.positions)
  if (memory !== undefined) {
    gatherValuesKernel(memory, valueBytes, codeBytes(g.positions), g.nullable)(
      source.byteOffset,
      g.positions.byteOffset,
      g.count,
      out.byteOffset,
    )
    return out
  }
  const from = bytesOf(source)
  for (let i = 0, to = 0; i < g.count; i++) {
    const start = Math.max(0, g.positions[i]!) * valueBytes
    for (let at = start; at < start + valueBytes; at++) out[to++] = from[at]!
  }
  return out
}

/** @returns null where every gathered position is valid */
function gatherValidity(validity: Validity, g: Gather): Validity {
  if (validity === null && !g.nullable) return null
  const out = allocateBitmap(g.arena, g.count)
  const memory = commonMemory(out, validity, g.positions)
  if (memory !== undefined) {
    const run = gatherValidityKernel(memory, codeBytes(g.positions), g.nullable, validity !== null)
    const nullCount = run(
      validity?.byteOffset ?? 0,
      g.positions.byteOffset,
      g.count,
      out.byteOffset,
    )
    return nullCount === 0 ? null : out
  }
  out.fill(0)
  let nullCount = 0
  for (let i = 0; i < g.count; i++) {
    const p = g.positions[i]!
    const valid = p >= 0 && (validity === null || (validity[p >> 3]! & (1 << (p & 7))) !== 0)
    if (valid) out[i >> 3] = out[i >> 3]! | (1 << (i & 7))
    else nullCount++
  }
  return nullCount === 0 ? null : out
}

function gatherBytes(block: BytesBlock, validity: Validity, g: Gather): BytesBlock {
  const offsets = allocateInt32(g.arena, g.count + 1)
  const shape = { ...block, rowCount: g.count, validity, offsets }
  const memory = commonMemory(offsets, block.offsets, block.bytes, g.positions)
  if (memory !== undefined) {
    const run = gatherBytesKernel(memory, codeBytes(g.positions), g.nullable)
    const from = block.offsets.byteOffset
    const at = g.positions.byteOffset
    const length = checkByteLength(run.offsets(from, at, g.count, offsets.byteOffset))
    const out = g.arena.allocate(length + BYTES_PADDING)
    const bytes = block.bytes.byteOffset
    run.bytes(from, bytes, at, g.count, offsets.byteOffset, out.byteOffset)
    return { ...shape, bytes: out.subarray(0, length) }
  }
  let length = 0
  offsets[0] = 0
  for (let i = 0; i < g.count; i++) {
    const p = g.positions[i]!
    if (p >= 0) length += block.offsets[p + 1]! - block.offsets[p]!
    offsets[i + 1] = checkByteLength(length)
  }
  const bytes = g.arena.allocate(length)
  for (let i = 0; i < g.count; i++) {
    const p = g.positions[i]!
    if (p < 0) continue
    bytes.set(block.bytes.subarray(block.offsets[p]!, block.offsets[p + 1]!), offsets[i]!)
  }
  return { ...shape, bytes }
}

/** New offsets of lists, and the gather of their elements. */
function gatherRanges(source: Int32Array, g: Gather): [Int32Array, Gather] {
  const offsets = allocateInt32(g.arena, g.count + 1)
  let length = 0
  offsets[0] = 0
  for (let i = 0; i < g.count; i++) {
    const p = g.positions[i]!
    if (p >= 0) length += source[p + 1]! - source[p]!
    offsets[i + 1] = checkByteLength(length)
  }
  const positions = allocateInt32(g.arena, length)
  let to = 0
  for (let i = 0; i < g.count; i++) {
    const p = g.positions[i]!
    if (p < 0) continue
    for (let at = source[p]!; at < source[p + 1]!; at++) positions[to++] = at
  }
  return [offsets, { positions, count: length, nullable: false, arena: g.arena }]
}

/** @throws EXCEEDED_LOCAL_MEMORY_LIMIT where 32-bit offsets cannot hold a column's bytes or elements */
export function checkByteLength(length: number): number {
  if (length <= BYTES_MAX) return length
  throw new MillraceError(
    'EXCEEDED_LOCAL_MEMORY_LIMIT',
    `Column exceeds ${BYTES_MAX} bytes or elements in one block`,
    { detail: `needed ${length}` },
  )
}
