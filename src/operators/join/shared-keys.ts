import { zeroed } from '../../expressions/wasm/buffers.js'
import { sliceBlock } from '../../expressions/wasm/import.js'
import type { Arena, Block, FlatBlock, SqlType } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import type { IntegerTableState } from '../keys/integer-table.js'
import type { ColumnState, EncoderState } from '../keys/key-encoder.js'
import { keyKind } from '../keys/key-kind.js'
import { FOLD_SIZE, type KeyLayout, packKeys } from '../keys/key-layout.js'
import { KeyLookup } from '../keys/key-lookup.js'
import { asBytes, extentOf, hasNumberedEntries, int64Keys, rangeBlock } from '../keys/key-source.js'
import { addressingOf, RANGE_MAX_HASHED } from './join-index.js'
import {
  SharedTable,
  type TablePlace,
  type TableRows,
  type TableShape,
  tableShape,
} from './shared-table.js'
import { stringPartitionKernels } from './string-partition-kernels.js'

/** A table that the drivers fill: of the values of a key column, of the codes of a word, or of the whole keys. */
export interface KeyTable {
  readonly of: { readonly column: number } | { readonly word: number } | 'key'
  readonly shape: TableShape
}

/** How keys become codes: what is made of them first, and how they are packed. The same in all drivers. */
export interface KeyPlan {
  readonly kinds: readonly ('range' | 'int64' | 'bytes')[]
  readonly layout: KeyLayout
  /** In the order in which they are filled; the last one leads to the rows of keys. */
  readonly tables: readonly KeyTable[]
  /** Whether the last table is that of the only column: its numbers are the first rows of keys. */
  readonly numbersRows: boolean
}

/** Values of a range beside other columns, as the encoder has it. */
const RANGE_MAX = FOLD_SIZE - 2n

/** How keys are divided; undefined where values of a type without hashes are among them. */
export function planKeys(
  memory: WebAssembly.Memory,
  blocks: readonly Block[],
  types: readonly SqlType[],
  rowCount: number,
  scratch: Arena,
): KeyPlan | undefined {
  const kinds: KeyPlan['kinds'][number][] = []
  const tables: KeyTable[] = []
  const sizes: { size: bigint; min: bigint }[] = []
  const rangeMax = types.length === 1 ? RANGE_MAX_HASHED : RANGE_MAX
  for (const [column, block] of blocks.entries()) {
    const kind = keyKind(types[column]!)
    if (kind === 'generic') return undefined
    const range = kind === 'range' ? rangeOf(memory, block, rangeMax, scratch) : undefined
    if (range !== undefined) {
      kinds.push('range')
      sizes.push(range)
      continue
    }
    const count = kind === 'bytes' ? sourceRowCount(block) : rowCount
    kinds.push(kind === 'bytes' ? 'bytes' : 'int64')
    sizes.push({ size: BigInt(count) + 1n, min: 0n })
    const shape = tableShape(kind === 'bytes' ? 'strings' : 'hash', count)
    tables.push({ of: { column }, shape })
  }
  const layout = packKeys(sizes)
  const [only] = blocks
  const numbersRows =
    blocks.length === 1 &&
    tables.length === 1 &&
    (kinds[0] === 'int64' || entriesOf(only!) === undefined)
  if (numbersRows) return { kinds, layout, tables, numbersRows }
  for (let word = 0; word < layout.words - 1; word++) {
    tables.push({ of: { word }, shape: tableShape('hash', rowCount) })
  }
  const addressing = addressingOf(layout.size, rowCount)
  tables.push({ of: 'key', shape: tableShape(addressing, rowCount, layout.size) })
  return { kinds, layout, tables, numbersRows }
}

/** What a range of integers needs; undefined where it is too wide. */
function rangeOf(memory: WebAssembly.Memory, block: Block, rangeMax: bigint, scratch: Arena) {
  const integers = rangeBlock(block, scratch)
  const extent = integers === undefined ? undefined : extentOf(memory, integers, scratch)
  if (extent === undefined) return { size: 2n, min: 0n }
  const { min, max } = extent
  return max - min < rangeMax ? { size: max - min + 2n, min } : undefined
}

/** Strings of which a column's are numbered: those of its dictionary, where it has one. */
const sourceRowCount = (block: Block): number => (entriesOf(block) ?? block).rowCount

const entriesOf = (block: Block): FlatBlock | undefined =>
  block.encoding === 'dictionary' && hasNumberedEntries(block) ? block.dictionary : undefined

/** The strings, or 64-bit values, that a column's table is filled with; they stay as long as the query runs. */
export function sourceOf(block: Block, kind: 'int64' | 'bytes', kept: Arena): FlatBlock {
  const entries = kind === 'bytes' ? entriesOf(block) : undefined
  const flat = flattenBlock(entries ?? block, kept)
  return kind === 'int64' || flat.storage === 'null' ? flat : asBytes(flat, kept)
}

/** What a driver needs to fill the tables of a plan. */
export interface SharedKeyInputs {
  readonly keyBlocks: readonly Block[]
  readonly types: readonly SqlType[]
  /** {@link sourceOf} of the tables of columns. */
  readonly sources: readonly (FlatBlock | undefined)[]
  /** Of each table, with room made. */
  readonly words: readonly Int32Array[]
  readonly place: TablePlace
}

/** The tables of a plan, and the encoder by which keys are looked up once these are filled. */
export function sharedKeys(
  plan: KeyPlan,
  { keyBlocks, types, sources, words, place }: SharedKeyInputs,
): { readonly tables: readonly SharedTable[]; readonly encoder: EncoderState } {
  const tables: SharedTable[] = []
  const columns: ColumnState[] = plan.kinds.map((): ColumnState => ({ kind: 'range' }))
  const folds: IntegerTableState[] = []
  // Columns come before words, and words before the key: what one is made of is known when its turn comes.
  const encoder: EncoderState = { layout: plan.layout, columns, folds }
  let lookup: KeyLookup | undefined
  for (const [i, { of, shape }] of plan.tables.entries()) {
    const source = sources[i]
    if (source === undefined) {
      lookup ??= new KeyLookup(place.memory, () => place.lists, types, encoder)
    }
    const rows =
      source !== undefined
        ? columnRows(source, place)
        : keyRows(lookup!, keyBlocks, of !== 'key' && 'word' in of ? of.word : undefined, place)
    const table = new SharedTable(shape, rows, words[i]!, place)
    tables.push(table)
    if (of === 'key') continue
    const { size: slotCount, rowCount: count } = shape
    const integers = { slots: table.heads, slotCount, keyOf: 0, count }
    if ('word' in of) folds.push(integers)
    else if (rows.strings === undefined) columns[of.column] = { kind: 'int64', table: integers }
    else {
      const strings = { slots: table.heads, slotCount, ...rows.strings, count }
      columns[of.column] = { kind: 'bytes', table: strings }
    }
  }
  return { tables, encoder }
}

/** The rows of the table of a column. */
function columnRows(source: FlatBlock, { memory, scratch }: TablePlace): TableRows {
  const { storage } = source
  if (storage === 'null') {
    const codes = (_: number, count: number) => ({
      codes: scratch.allocate(count * 8).byteOffset,
      validity: zeroed(scratch.allocate((count + 7) >> 3)).byteOffset,
    })
    return keyKind(source.type) === 'bytes'
      ? { codes, strings: { offsets: 0, bytes: 0 } }
      : { codes }
  }
  const validityFrom = (from: number) =>
    source.validity === null ? 0 : source.validity.byteOffset + (from >> 3)
  if (storage === 'bytes') {
    const strings = { offsets: source.offsets.byteOffset, bytes: source.bytes.byteOffset }
    const codes = (from: number, count: number) => {
      const hashes = scratch.allocate(count * 8).byteOffset
      const { hash } = stringPartitionKernels(memory)
      hash(strings.offsets + from * 4, strings.bytes, count, hashes)
      return { codes: hashes, validity: validityFrom(from) }
    }
    return { strings, codes }
  }
  const codes = (from: number, count: number) => {
    const slice = sliceBlock(source, from, count, scratch) as FlatBlock
    return { codes: int64Keys(memory, slice, scratch), validity: validityFrom(from) }
  }
  return { codes }
}

/** The rows of a table of the codes of a word, or of whole keys. */
function keyRows(
  lookup: KeyLookup,
  blocks: readonly Block[],
  word: number | undefined,
  { scratch }: TablePlace,
): TableRows {
  const codes = (from: number, count: number) => {
    const slices = blocks.map((block) => sliceBlock(block, from, count, scratch))
    return { codes: lookup.encodeBuild(slices, count, scratch, word), validity: 0 }
  }
  return { codes }
}
