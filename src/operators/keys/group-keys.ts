import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  assert,
  type Block,
  createBlockBuilder,
  type FlatBlock,
  isValid,
  type Page,
  type SqlType,
} from '../../spi/index.js'
import { gatherBlock, gatherNullableBlock } from '../kernels/gather.js'
import type { BytesTable } from './bytes-table.js'
import { codeKernels } from './code-kernels.js'
import { type FreeBytes, GrowableBuffer, PLENTY } from './growable.js'
import { IntegerTable } from './integer-table.js'
import { type DecodedKeys, KeyEncoder } from './key-encoder.js'
import { directColumnKernel, directKernels, runKernels } from './key-kernels.js'
import { type CodeSource, extentOf } from './key-source.js'
import type { NamedEntries } from './named-entries.js'
import { ZeroSigns } from './zero-signs.js'

/** Codes below this are always addressed directly: 4 MB of map. */
const DIRECT_SIZE_ALWAYS = 1 << 20
/** A larger map may have this many entries for each row seen: hashing would touch as much memory, in no order. */
const DIRECT_SPARSE_ENTRIES_PER_ROW = 64
const DIRECT_SPARSE_SIZE_MAX = 1 << 24
const DIRECT_ENTRIES_PER_ROW = 8
const DIRECT_SIZE_MAX = 1 << 25
/** A hash table gives way to a map that has at most this many entries for each of its groups. */
const DIRECT_ENTRIES_PER_GROUP = 64
/** A map may take this part of the memory that is left. */
const DIRECT_SHARES_OF_FREE_BYTES = 8

/** Dictionaries that keep their name, see `#bytesKeys`. */
const NAMED_ENTRIES_ALWAYS = 4096
const NAMED_ENTRIES_PER_GROUP = 2

/** How a code leads to its group. */
export type KeyAddressing = 'runs' | 'direct' | 'hash'

/**
 * Numbers the distinct keys of rows: groups 0, 1, 2 … in order of first appearance. While codes only rise, as those of
 * clustered keys do, equal ones are neighbours and nothing is looked up; after that, codes that span little are addressed
 * directly, others hashed.
 */
export class GroupKeys {
  readonly #memory: WebAssembly.Memory
  readonly #createArena: () => Arena
  readonly #encoder: KeyEncoder
  readonly #status: Int32Array
  readonly #codeOf: GrowableBuffer
  readonly #freeBytes: FreeBytes
  readonly #zeroSigns: ZeroSigns | undefined
  /** True while #codeOf is strictly ascending and codes have only risen. */
  #inRuns = true
  #direct: GrowableBuffer | undefined
  #table: IntegerTable | undefined
  /** Of columns of texts, those of their table. */
  readonly #entries: (FlatBlock | undefined)[] = []
  #count = 0
  #rowsSeen = 0

  /** @param freeBytes what maps of codes may take a part of, and slots that grow by two steps at once */
  constructor(
    memory: WebAssembly.Memory,
    createArena: () => Arena,
    status: Int32Array,
    types: readonly SqlType[],
    freeBytes = PLENTY,
  ) {
    this.#memory = memory
    this.#createArena = createArena
    this.#status = status
    this.#freeBytes = freeBytes
    this.#encoder = new KeyEncoder(memory, createArena, status, types, undefined, freeBytes)
    this.#zeroSigns = ZeroSigns.of(types)
    this.#codeOf = new GrowableBuffer(createArena, 8192)
  }

  get groupCount(): number {
    return this.#count
  }

  get addressing(): KeyAddressing {
    if (this.#inRuns) return 'runs'
    return this.#direct === undefined ? 'hash' : 'direct'
  }

  /** Their layout changes within what groups that grow take. */
  readonly renumberedBytes = 0

  /** The group of each row, in `arena`. */
  add(page: Page, channels: readonly number[], arena: Arena): Int32Array {
    const { rowCount } = page
    const blocks = channels.map((channel) => page.blocks[channel]!)
    const before = this.#count
    const groups = this.#number(blocks, rowCount, arena)
    if (this.#count > before) this.#zeroSigns?.note(blocks, groups, before)
    return groups
  }

  #number(blocks: readonly Block[], rowCount: number, arena: Arena): Int32Array {
    this.#rowsSeen += rowCount
    const { keys, relayout } = this.#encoder.prepare(blocks, rowCount, arena)
    if (relayout) this.#relayout(arena)
    else if (this.#isTableOutgrown()) this.#address(this.#codesAddress(), arena)
    const groups = allocateInt32(arena, rowCount)
    const only = this.#direct === undefined ? undefined : this.#encoder.onlyColumn(keys)
    if (only !== undefined) {
      this.#insertColumn(only.source, only.offset, groups)
      return groups
    }
    const codes = this.#encoder.encode(keys, arena)
    const done = this.#inRuns ? this.#insertRuns(codes, rowCount, groups, arena) : 0
    if (done < rowCount) this.#insert(codes + done * 8, groups.subarray(done))
    return groups
  }

  /** @returns rows done; where these are not all, groups are addressed in another way from here on */
  #insertRuns(codes: number, rowCount: number, groups: Int32Array, arena: Arena): number {
    this.#codeOf.reserve((this.#count + rowCount) * 8)
    this.#status[0] = this.#count
    const done = runKernels(this.#memory).insert(
      codes,
      rowCount,
      this.#codeOf.address,
      groups.byteOffset,
      this.#status.byteOffset,
    )
    this.#count = this.#status[0]
    if (done < rowCount) this.#address(this.#codeOf.address, arena)
    return done
  }

  #insertColumn(column: CodeSource, offset: bigint, groups: Int32Array): void {
    const { source, address, validity, factor } = column
    this.#codeOf.reserve((this.#count + groups.length) * 8)
    this.#status[0] = this.#count
    directColumnKernel(this.#memory, source, validity !== 0)(
      address,
      validity,
      groups.length,
      offset,
      BigInt(factor),
      this.#direct!.address,
      this.#codeOf.address,
      groups.byteOffset,
      this.#status.byteOffset,
    )
    this.#count = this.#status[0]
  }

  #insert(codes: number, groups: Int32Array): void {
    const rowCount = groups.length
    if (this.#direct === undefined) {
      const table = this.#table!
      table.insert(codes, rowCount, groups.byteOffset)
      this.#count = table.count
      return
    }
    this.#codeOf.reserve((this.#count + rowCount) * 8)
    this.#status[0] = this.#count
    directKernels(this.#memory).insert(
      codes,
      rowCount,
      this.#direct.address,
      this.#codeOf.address,
      groups.byteOffset,
      this.#status.byteOffset,
    )
    this.#count = this.#status[0]
  }

  #codesAddress(): number {
    return this.#table?.keysAddress ?? this.#codeOf.address
  }

  /** Moves to the layout that the values need now, keeping the numbers of the groups. */
  #relayout(arena: Arena): void {
    const before = this.#codesAddress()
    const codes = this.#encoder.recode(before, this.#count, arena)
    if (
      codes === before &&
      (this.#inRuns || (this.#table !== undefined && !this.#isTableOutgrown()))
    ) {
      return
    }
    // What was a range may be numbered now, in another order.
    if (this.#inRuns && runKernels(this.#memory).rising(codes, this.#count) === 1) {
      this.#codeOf.int64().set(new BigInt64Array(this.#memory.buffer, codes, this.#count))
    } else this.#address(codes, arena)
  }

  /** Whether codes below `size` are addressed directly, by the rows seen so far. */
  #isMapWorthwhile(size: number): boolean {
    const isAffordable =
      size * 4 <= (this.#direct?.byteLength ?? 0) ||
      size * 4 * DIRECT_SHARES_OF_FREE_BYTES <= this.#freeBytes()
    return (
      isAffordable &&
      (size <= DIRECT_SIZE_ALWAYS ||
        (size <= DIRECT_SPARSE_SIZE_MAX &&
          size <= this.#rowsSeen * DIRECT_SPARSE_ENTRIES_PER_ROW) ||
        (size <= DIRECT_SIZE_MAX && size <= this.#rowsSeen * DIRECT_ENTRIES_PER_ROW))
    )
  }

  /** Few rows had been seen when the codes were hashed; by now there are enough groups for a map. */
  #isTableOutgrown(): boolean {
    if (this.#table === undefined) return false
    const { size } = this.#encoder.layout
    return size <= this.#count * DIRECT_ENTRIES_PER_GROUP && this.#isMapWorthwhile(size)
  }

  /** Makes the map or table of the groups, given by their codes. */
  #address(codes: number, arena: Arena): void {
    this.#inRuns = false
    const { size } = this.#encoder.layout
    const before = this.#table
    if (this.#isMapWorthwhile(size)) {
      this.#keep(codes)
      before?.close()
      this.#table = undefined
      if (this.#direct === undefined) this.#direct = new GrowableBuffer(this.#createArena, size * 4)
      else this.#direct.renew(size * 4)
      directKernels(this.#memory).rebuild(this.#codeOf.address, this.#count, this.#direct.address)
      return
    }
    this.#direct?.close()
    this.#direct = undefined
    const isOfTable = codes === before?.keysAddress
    const source = isOfTable ? copyOf(before.keys(), arena).byteOffset : codes
    before?.close()
    this.#table = new IntegerTable(this.#memory, this.#createArena, this.#status, this.#freeBytes)
    this.#table.fill(source, this.#count)
  }

  /** Has the codes of the groups in #codeOf. */
  #keep(codes: number): void {
    if (codes === this.#codeOf.address) return
    this.#codeOf.reserve(this.#count * 8)
    this.#codeOf.int64().set(new BigInt64Array(this.#memory.buffer, codes, this.#count))
  }

  /** The key columns of groups [from, to), in `arena`. */
  blocks(from: number, to: number, types: readonly SqlType[], arena: Arena): readonly Block[] {
    if (this.#count === 0) return types.map((type) => createBlockBuilder(type, arena).build())
    const codes = this.#codesAddress() + from * 8
    return types.map((type, column) => {
      const keys = this.#encoder.decode(column, codes, to - from, arena)
      return this.#keyBlock(column, type, keys, from, arena)
    })
  }

  #keyBlock(column: number, type: SqlType, keys: DecodedKeys, from: number, arena: Arena): Block {
    const { kind, int64, bytes, generic, entryIds } = this.#encoder.column(column)
    if (kind === 'range') {
      const block = rangeKeys(type, keys, arena)
      return this.#encoder.layout.columns.length === 1 ? this.#bounded(block, arena) : block
    }
    if (kind === 'bytes') return this.#bytesKeys(column, type, keys, bytes!, entryIds)
    if (kind === 'int64') {
      const block = this.#int64Keys(type, keys, int64!.keys(), arena)
      if (block.encoding === 'flat' && (block.storage === 'f64' || block.storage === 'f32')) {
        this.#zeroSigns?.restore(column, block.values, from)
      }
      return block
    }
    const builder = createBlockBuilder(type, arena)
    for (let i = 0; i < keys.values.length; i++) {
      if (!isValid(keys.validity, i)) builder.appendNull()
      else builder.append(generic!.values[Number(keys.values[i])]!)
    }
    return builder.build()
  }

  /** Those of one column are often clustered: what a page of them lies between tells pages apart. */
  #bounded(block: FlatBlock, arena: Arena): FlatBlock {
    if (!('bounds' in block)) return block
    const { bounds: _, ...unbounded } = block
    const extent = extentOf(this.#memory, unbounded, arena)
    return extent === undefined
      ? block
      : { ...unbounded, bounds: { min: Number(extent.min), max: Number(extent.max) } }
  }

  /**
   * Texts as codes of what was numbered. It keeps the name of a dictionary that all of them are from, where that is small or has
   * hardly more entries than there are groups: whoever keeps the groups copies all of it.
   */
  #bytesKeys(
    column: number,
    type: SqlType,
    { values, validity }: DecodedKeys,
    table: BytesTable,
    named: NamedEntries,
  ): Block {
    const rowCount = values.length
    if (table.count === 0) {
      return { encoding: 'flat', storage: 'null', type, rowCount, validity: null }
    }
    assert(values instanceof Int32Array, 'ids are 32 bits')
    const block = { encoding: 'dictionary', type, rowCount, codes: values, validity } as const
    const dictionaryId = type.kind === 'varchar' ? named.dictionaryOf(table.count) : undefined
    if (
      dictionaryId === undefined ||
      table.count > Math.max(NAMED_ENTRIES_ALWAYS, NAMED_ENTRIES_PER_GROUP * this.#count)
    ) {
      return { ...block, dictionary: entriesBlock(type, table) }
    }
    // One block for all pages, by which others know it.
    let entries = this.#entries[column]
    if (entries?.rowCount !== table.count) {
      entries = entriesBlock(type, table)
      this.#entries[column] = entries
    }
    return { ...block, dictionary: entries, dictionaryId }
  }

  /** The values of a 64-bit key column, by ids. */
  #int64Keys(
    type: SqlType,
    { values: ids, validity }: DecodedKeys,
    keys: BigInt64Array,
    arena: Arena,
  ): Block {
    assert(ids instanceof Int32Array, 'ids are 32 bits')
    const rowCount = ids.length
    if (keys.length === 0)
      return { encoding: 'flat', storage: 'null', type, rowCount, validity: null }
    const all = { encoding: 'flat', type, rowCount: keys.length, validity: null } as const
    const isFloat = type.kind === 'double' || type.kind === 'real'
    const known: FlatBlock = isFloat
      ? {
          storage: 'f64',
          values: new Float64Array(keys.buffer, keys.byteOffset, keys.length),
          ...all,
        }
      : { storage: 'i64', values: keys, base: 0, factor: 1, ...all }
    if (validity !== null) {
      codeKernels(this.#memory).mask(ids.byteOffset, validity.byteOffset, rowCount)
    }
    const picked =
      validity === null
        ? gatherBlock(known, ids, rowCount, arena)
        : gatherNullableBlock(known, ids, rowCount, arena)
    if (type.kind !== 'real') return picked
    assert(picked.encoding === 'flat' && picked.storage === 'f64', 'doubles of REAL')
    const bytes = arena.allocate(rowCount * 4)
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, rowCount)
    values.set(picked.values)
    return { encoding: 'flat', storage: 'f32', type, rowCount, validity: picked.validity, values }
  }

  close(): void {
    this.#encoder.close()
    this.#codeOf.close()
    this.#direct?.close()
    this.#table?.close()
  }
}

function copyOf(values: BigInt64Array, arena: Arena): BigInt64Array {
  const bytes = arena.allocate(values.byteLength)
  const copy = new BigInt64Array(bytes.buffer, bytes.byteOffset, values.length)
  copy.set(values)
  return copy
}

function rangeKeys(type: SqlType, keys: DecodedKeys, arena: Arena): FlatBlock {
  const { values, validity, min, max } = keys
  const rowCount = values.length
  const flat = { encoding: 'flat', type, rowCount, validity } as const
  if (type.kind === 'unknown') return { storage: 'null', ...flat }
  if (type.kind === 'boolean') {
    const bools = arena.allocate(rowCount)
    for (let i = 0; i < rowCount; i++) bools[i] = Number(values[i]) & 1
    return { storage: 'bool', values: bools, ...flat }
  }
  const bounds = { min: Number(min), max: Number(max) }
  const known = Number.isSafeInteger(bounds.min) && Number.isSafeInteger(bounds.max)
  return {
    ...flat,
    storage: values instanceof Int32Array ? 'i32' : 'i64',
    values,
    base: 0,
    factor: 1,
    ...(known ? { bounds } : {}),
  }
}

const isFixed = (type: SqlType): boolean =>
  type.kind === 'uuid' ||
  type.kind === 'ipaddress' ||
  type.kind === 'decimal' ||
  type.kind === 'timestamp'

/** The strings of a table as a block, in the table's memory. */
function entriesBlock(type: SqlType, table: BytesTable): FlatBlock {
  const { offsets, bytes } = table.entries()
  const flat = { encoding: 'flat', type, rowCount: table.count, validity: null } as const
  return isFixed(type)
    ? { storage: 'fixed16', values: bytes, ...flat }
    : { storage: 'bytes', offsets, bytes, ...flat }
}
