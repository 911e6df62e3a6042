import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  assert,
  type Block,
  type BytesBlock,
  type DictionaryBlock,
  type FlatBlock,
  type IntegerBlock,
  readValue,
  type SqlType,
  valueKey,
} from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { writeIntegers } from '../kernels/integer-storage.js'
import { codeKernels } from './code-kernels.js'
import { extentKernel, type KeySource } from './key-kernels.js'

/** A column of a page as the accumulate kernel reads it: code = offset + factor * raw, 0 for null. */
export interface CodeSource {
  readonly source: KeySource
  readonly address: number
  /** 0: no nulls. */
  readonly validity: number
  readonly base: number
  readonly factor: number
  /** The raw values are ids and -1 for null, in a `range` column too: a page of nulls has no integers. */
  readonly isIds: boolean
}

/** Numbers for strings: insert or lookup. */
export interface BytesNumbering {
  number(block: BytesBlock, ids: number): void
}
export interface Int64Numbering {
  number(keys: number, count: number, ids: number): void
}
export interface GenericNumbering {
  number(key: string, value: () => unknown): number
}

/** The integers of a `range` column, decoded if need be; undefined: all null. */
export function rangeBlock(block: Block, arena: Arena): IntegerBlock | undefined {
  const flat = flattenBlock(block, arena)
  if (flat.storage === 'null') return undefined
  if (flat.storage === 'bool') {
    return {
      encoding: 'flat',
      storage: 'i8',
      type: flat.type,
      rowCount: flat.rowCount,
      validity: flat.validity,
      values: new Int8Array(flat.values.buffer, flat.values.byteOffset, flat.rowCount),
      base: 0,
      factor: 1,
      bounds: { min: 0, max: 1 },
    }
  }
  assert(
    flat.storage === 'i8' ||
      flat.storage === 'i16' ||
      flat.storage === 'i32' ||
      flat.storage === 'i64',
    `integers expected, not ${flat.storage}`,
  )
  return flat
}

/** Smallest and largest value; undefined where no position is valid. */
export function extentOf(
  memory: WebAssembly.Memory,
  block: IntegerBlock,
  arena: Arena,
): { readonly min: bigint; readonly max: bigint } | undefined {
  if (block.bounds !== undefined) {
    return { min: BigInt(block.bounds.min), max: BigInt(block.bounds.max) }
  }
  const out = arena.allocate(16)
  extentKernel(memory, block.storage)(
    block.values.byteOffset,
    block.validity === null ? 0 : block.validity.byteOffset,
    block.rowCount,
    out.byteOffset,
  )
  const extent = new BigInt64Array(out.buffer, out.byteOffset, 2)
  const low = extent[0]!
  const high = extent[1]!
  if (low > high) return undefined
  const a = BigInt(block.base) + BigInt(block.factor) * low
  const b = BigInt(block.base) + BigInt(block.factor) * high
  return a < b ? { min: a, max: b } : { min: b, max: a }
}

export const rangeSource = (block: IntegerBlock): CodeSource => ({
  source: block.storage,
  address: block.values.byteOffset,
  validity: block.validity === null ? 0 : block.validity.byteOffset,
  base: block.base,
  factor: block.factor,
  isIds: false,
})

/** Ids as a source: id + 1, so that -1 (null) is 0. */
export const idSource = (ids: Int32Array): CodeSource => ({
  source: 'i32',
  address: ids.byteOffset,
  validity: 0,
  base: 0,
  factor: 1,
  isIds: true,
})

/** The address of 64-bit keys, equal for equal values; of any value at nulls. */
export function int64Keys(memory: WebAssembly.Memory, flat: FlatBlock, arena: Arena): number {
  const keys = arena.allocate(flat.rowCount * 8)
  if (flat.storage === 'f64' || flat.storage === 'f32') {
    const kernels = codeKernels(memory)
    const write = flat.storage === 'f64' ? kernels.doubles : kernels.floats
    write(flat.values.byteOffset, flat.rowCount, keys.byteOffset)
  } else {
    const integers = rangeBlock(flat, arena)!
    const out = new BigInt64Array(keys.buffer, keys.byteOffset, flat.rowCount)
    writeIntegers(integers, out, 'i64')
  }
  return keys.byteOffset
}

/** Dense numbers of 64-bit keys; -1 for null. */
export function int64Ids(
  memory: WebAssembly.Memory,
  block: Block,
  numbering: Int64Numbering,
  arena: Arena,
): Int32Array {
  const flat = flattenBlock(block, arena)
  const ids = allocateInt32(arena, flat.rowCount)
  if (flat.storage === 'null') return ids.fill(-1)
  numbering.number(int64Keys(memory, flat, arena), flat.rowCount, ids.byteOffset)
  if (flat.validity !== null) {
    codeKernels(memory).mask(ids.byteOffset, flat.validity.byteOffset, flat.rowCount)
  }
  return ids
}

/** A dictionary without an id that is much longer than the page is a selection: decode it instead. */
const SELECTION_RATIO = 2

/** Whether the entries of a dictionary are numbered rather than the strings of its rows. */
export const hasNumberedEntries = (block: DictionaryBlock): boolean =>
  block.dictionary.storage !== 'null' &&
  (block.dictionaryId !== undefined ||
    block.dictionary.rowCount <= block.rowCount * SELECTION_RATIO)

/** Keeps the numbers of the entries of dictionaries that have an id. */
export interface EntryIds {
  get(dictionary: FlatBlock): Int32Array | undefined
  set(dictionary: FlatBlock, ids: Int32Array, dictionaryId: string): void
}

/**
 * Dense numbers of byte strings; -1 for null. Entries of a dictionary are numbered once.
 * @param entryIds keeps what was numbered, by dictionary
 */
export function bytesIds(
  memory: WebAssembly.Memory,
  block: Block,
  numbering: BytesNumbering,
  entryIds: EntryIds,
  createArena: () => Arena,
  arena: Arena,
): Int32Array {
  const ids = allocateInt32(arena, block.rowCount)
  if (block.encoding === 'dictionary' && hasNumberedEntries(block)) {
    const kept = block.dictionaryId === undefined ? undefined : entryIds.get(block.dictionary)
    const entries =
      kept ??
      numberedEntries(
        block.dictionary,
        numbering,
        block.dictionaryId === undefined ? arena : createArena(),
      )
    if (kept === undefined && block.dictionaryId !== undefined) {
      entryIds.set(block.dictionary, entries, block.dictionaryId)
    }
    const kernels = codeKernels(memory)
    const { codes } = block
    const map =
      codes.BYTES_PER_ELEMENT === 1
        ? kernels.map8
        : codes.BYTES_PER_ELEMENT === 2
          ? kernels.map16
          : kernels.map32
    map(codes.byteOffset, block.rowCount, entries.byteOffset, ids.byteOffset)
    if (block.validity !== null) {
      kernels.mask(ids.byteOffset, block.validity.byteOffset, block.rowCount)
    }
    return ids
  }
  const flat = flattenBlock(block, arena)
  if (flat.storage === 'null') return ids.fill(-1)
  numbering.number(asBytes(flat, arena), ids.byteOffset)
  return ids
}

function numberedEntries(
  dictionary: FlatBlock,
  numbering: BytesNumbering,
  arena: Arena,
): Int32Array {
  const entries = allocateInt32(arena, dictionary.rowCount)
  numbering.number(asBytes(dictionary, arena), entries.byteOffset)
  return entries
}

/** 16-byte values as byte strings; long decimals that are stored narrower are widened, so that equal means equal bytes. */
export function asBytes(flat: FlatBlock, arena: Arena): BytesBlock {
  if (flat.storage === 'bytes') return flat
  if (flat.storage !== 'fixed16') return asBytes(widened(flat, arena), arena)
  const offsets = allocateInt32(arena, flat.rowCount + 1)
  for (let i = 0; i <= flat.rowCount; i++) offsets[i] = i * 16
  return {
    encoding: 'flat',
    storage: 'bytes',
    type: flat.type,
    rowCount: flat.rowCount,
    validity: flat.validity,
    offsets,
    bytes: flat.values,
  }
}

function widened(flat: FlatBlock, arena: Arena): FlatBlock {
  const integers = rangeBlock(flat, arena)
  assert(integers !== undefined, 'a block of values')
  const narrow = arena.allocate(flat.rowCount * 8)
  const low = new BigInt64Array(narrow.buffer, narrow.byteOffset, flat.rowCount)
  writeIntegers(integers, low, 'i64')
  const values = arena.allocate(flat.rowCount * 16)
  const wide = new BigInt64Array(values.buffer, values.byteOffset, flat.rowCount * 2)
  for (let i = 0; i < flat.rowCount; i++) {
    wide[2 * i] = low[i]!
    wide[2 * i + 1] = low[i]! < 0n ? -1n : 0n
  }
  const { type, rowCount, validity } = flat
  return { encoding: 'flat', storage: 'fixed16', type, rowCount, validity, values }
}

/** Dense numbers of values of any type; -1 for null. */
export function genericIds(
  block: Block,
  type: SqlType,
  numbering: GenericNumbering,
  arena: Arena,
): Int32Array {
  const ids = allocateInt32(arena, block.rowCount)
  for (let i = 0; i < block.rowCount; i++) {
    const value = readValue(block, i)
    ids[i] = value === null ? -1 : numbering.number(valueKey(type, value), () => value)
  }
  return ids
}
