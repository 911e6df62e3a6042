import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  assert,
  type Block,
  type BytesBlock,
  type SqlType,
  type Value,
} from '../../spi/index.js'
import { BytesTable, type BytesTableState } from './bytes-table.js'
import { codeKernels } from './code-kernels.js'
import { type FreeBytes, PLENTY } from './growable.js'
import { IntegerTable, type IntegerTableState } from './integer-table.js'
import { columnSize, type KeyColumn, keyColumn } from './key-column.js'
import { accumulateKernel } from './key-kernels.js'
import type { KeyKind } from './key-kind.js'
import { FOLD_SIZE, type KeyLayout, packKeys } from './key-layout.js'
import {
  bytesIds,
  type CodeSource,
  extentOf,
  genericIds,
  idSource,
  int64Ids,
  rangeBlock,
  rangeSource,
} from './key-source.js'

/**
 * A `range` column may span this many values; beyond, its values are numbered. Beside other columns it must fit a word
 * together with a folded one.
 */
const RANGE_MAX_ALONE = 1n << 40n
const RANGE_MAX = FOLD_SIZE - 2n

/** A column's state in an encoder: plain data once the encoder is done, for lookups from any thread. */
export type ColumnState =
  | { readonly kind: 'range' }
  | { readonly kind: 'int64'; readonly table: IntegerTableState }
  | { readonly kind: 'bytes'; readonly table: BytesTableState }
  | { readonly kind: 'generic'; readonly keys: readonly string[] }

export interface EncoderState {
  readonly layout: KeyLayout
  readonly columns: readonly ColumnState[]
  readonly folds: readonly IntegerTableState[]
}

/** A page's key columns, ready to be packed under the current layout. */
export interface PreparedKeys {
  readonly rowCount: number
  readonly sources: readonly CodeSource[]
}

/**
 * Turns key columns into one 64-bit code a row, equal codes for equal keys (IS NOT DISTINCT FROM). Bounds and dictionaries
 * decide how each column is numbered; the layout widens as values beyond it come.
 */
export class KeyEncoder {
  readonly #memory: WebAssembly.Memory
  readonly #createArena: () => Arena
  readonly #columns: readonly KeyColumn[]
  readonly #status: Int32Array
  readonly #freeBytes: FreeBytes
  readonly #arenas: Arena[] = []
  readonly #rangeMax: bigint
  #folds: IntegerTable[] = []
  #layout: KeyLayout | undefined
  /** Kinds of the columns when the layout was made: integers may turn out not to be a range. */
  #layoutKinds: readonly KeyKind[] = []

  constructor(
    memory: WebAssembly.Memory,
    createArena: () => Arena,
    status: Int32Array,
    types: readonly SqlType[],
    rangeMaxAlone = RANGE_MAX_ALONE,
    freeBytes = PLENTY,
  ) {
    this.#memory = memory
    this.#createArena = createArena
    this.#status = status
    this.#freeBytes = freeBytes
    this.#rangeMax = types.length === 1 ? rangeMaxAlone : RANGE_MAX
    this.#columns = types.map(keyColumn)
  }

  #integerTable(): IntegerTable {
    return new IntegerTable(this.#memory, this.#createArena, this.#status, this.#freeBytes)
  }

  #bytesTable(): BytesTable {
    return new BytesTable(this.#memory, this.#createArena, this.#status, this.#freeBytes)
  }

  get layout(): KeyLayout {
    assert(this.#layout !== undefined, 'keys are prepared first')
    return this.#layout
  }

  /**
   * Numbers a page's values and widens what the layout must hold.
   * @returns `relayout` where codes made before are no longer valid: see {@link recode}
   */
  prepare(
    blocks: readonly Block[],
    rowCount: number,
    arena: Arena,
  ): { readonly keys: PreparedKeys; readonly relayout: boolean } {
    const sources = blocks.map((block, i) => this.#source(this.#columns[i]!, block, arena))
    const needed = this.#columns.map((column, i) =>
      columnSize(column, this.#layout?.columns[i], this.#rangeMax),
    )
    const fits =
      this.#layout?.columns.every(
        (c, i) =>
          needed[i]!.size === c.size &&
          needed[i]!.min === c.min &&
          this.#columns[i]!.kind === this.#layoutKinds[i],
      ) ?? false
    return { keys: { rowCount, sources }, relayout: !fits }
  }

  /** The layout that what was prepared needs. */
  nextLayout(): KeyLayout {
    return packKeys(
      this.#columns.map((column, i) => {
        const kept = column.kind === this.#layoutKinds[i] ? this.#layout?.columns[i] : undefined
        return columnSize(column, kept, this.#rangeMax)
      }),
    )
  }

  /**
   * Moves to the next layout.
   * @returns an address of the codes of `count` keys, given by theirs in the layout before: the same where these go on to hold
   */
  recode(codes: number, count: number, arena: Arena): number {
    const before = this.#layout
    if (before !== undefined && this.#growsAtItsEnd(before)) {
      this.#layout = this.nextLayout()
      return codes
    }
    const foldsBefore = this.#folds
    const words =
      before === undefined || count === 0
        ? []
        : unfoldWords(this.#memory, codes, count, before, foldsBefore, arena)
    // What was a range and is numbered now: the numbers decide the sizes of the layout.
    const renumbered = this.#columns.map((column, i) => {
      if (before === undefined || count === 0 || column.kind === this.#layoutKinds[i])
        return undefined
      const old = before.columns[i]!
      return this.#renumber(column, words[old.word]!, count, moduloOf(before, i), old, arena)
    })
    const layout = this.nextLayout()
    this.#layout = layout
    this.#layoutKinds = this.#columns.map((column) => column.kind)
    this.#folds = Array.from({ length: layout.words - 1 }, () => this.#integerTable())
    if (before === undefined || count === 0) {
      for (const fold of foldsBefore) fold.close()
      return codes
    }
    const kernels = codeKernels(this.#memory)
    let current = 0
    let out = 0
    layout.columns.forEach((column, i) => {
      if (i === 0 || column.word !== current) {
        const folded = i === 0 ? undefined : this.#fold(current, out, count, arena)
        out = this.#zeroCodes(count, arena)
        if (folded !== undefined) this.#accumulate(idSource(folded), count, FOLD_SIZE, 1n, out)
        current = column.word
      }
      const ids = renumbered[i]
      if (ids !== undefined) {
        this.#accumulate(idSource(ids), count, column.size, column.stride, out)
        return
      }
      const old = before.columns[i]!
      const delta = this.#columns[i]!.kind === 'range' ? old.min - column.min : 0n
      kernels.recode(
        words[old.word]!,
        count,
        old.stride,
        moduloOf(before, i),
        delta,
        column.stride,
        out,
      )
    })
    for (const fold of foldsBefore) fold.close()
    return out
  }

  /** Whether only the last column gets room for larger parts. */
  #growsAtItsEnd(before: KeyLayout): boolean {
    const next = this.nextLayout()
    return next.columns.every(({ word, stride, min, size }, i) => {
      const column = before.columns[i]!
      return (
        word === column.word &&
        stride === column.stride &&
        min === column.min &&
        (size === column.size || i === next.columns.length - 1) &&
        this.#columns[i]!.kind === this.#layoutKinds[i]
      )
    })
  }

  /** Ids of what were parts of a range. */
  #renumber(
    column: KeyColumn,
    codes: number,
    count: number,
    modulo: bigint,
    old: { readonly stride: bigint; readonly min: bigint },
    arena: Arena,
  ): Int32Array {
    const out = arena.allocate(count * 8)
    codeKernels(this.#memory).extract(codes, count, old.stride, modulo, out.byteOffset)
    const values = new BigInt64Array(out.buffer, out.byteOffset, count)
    const nulls: number[] = []
    for (let i = 0; i < count; i++) {
      if (values[i] === 0n) nulls.push(i)
      else values[i] = values[i]! - 1n + old.min
    }
    column.int64 ??= this.#integerTable()
    const ids = allocateInt32(arena, count)
    column.int64.insert(out.byteOffset, count, ids.byteOffset)
    for (const i of nulls) ids[i] = -1
    return ids
  }

  /** Packs prepared keys; the address of rowCount i64 codes in `arena`. */
  encode(keys: PreparedKeys, arena: Arena): number {
    const { rowCount, sources } = keys
    const { columns } = this.layout
    let codes = arena.allocate(rowCount * 8).byteOffset
    if (columns.length === 0) return this.#zeroCodes(rowCount, arena)
    let word = 0
    let first = true
    columns.forEach((column, i) => {
      if (column.word !== word) {
        const folded = this.#fold(word, codes, rowCount, arena)
        codes = this.#zeroCodes(rowCount, arena)
        this.#accumulate(idSource(folded), rowCount, FOLD_SIZE, 1n, codes)
        word = column.word
        first = false
      }
      const source = sources[i]!
      const offset = source.isIds ? 1n : BigInt(source.base) - column.min + 1n
      this.#accumulate(source, rowCount, column.size, column.stride, codes, offset, first)
      first = false
    })
    return codes
  }

  /** How the codes of a single column are made: offset + factor * raw, 0 for null; undefined where there are several. */
  onlyColumn({
    sources,
  }: PreparedKeys): { readonly source: CodeSource; readonly offset: bigint } | undefined {
    const [source] = sources
    if (source === undefined || sources.length > 1) return undefined
    const offset = source.isIds ? 1n : BigInt(source.base) - this.layout.columns[0]!.min + 1n
    return { source, offset }
  }

  #accumulate(
    source: CodeSource,
    count: number,
    size: bigint,
    stride: bigint,
    codes: number,
    offset = 1n,
    first = false,
  ): void {
    accumulateKernel(this.#memory, {
      source: source.source,
      nullable: source.validity !== 0,
      first,
      lookup: false,
    })(
      source.address,
      source.validity,
      count,
      offset,
      BigInt(source.factor),
      size - 1n,
      stride,
      codes,
    )
  }

  #zeroCodes(count: number, arena: Arena): number {
    return zeroed(arena.allocate(count * 8)).byteOffset
  }

  #fold(word: number, codes: number, count: number, arena: Arena): Int32Array {
    const ids = allocateInt32(arena, count)
    this.#folds[word]!.insert(codes, count, ids.byteOffset)
    return ids
  }

  #source(column: KeyColumn, block: Block, arena: Arena): CodeSource {
    if (column.kind === 'range') {
      const integers = rangeBlock(block, arena)
      if (integers === undefined) {
        // A range is numbered from its minimum, so that only a validity says null for any minimum.
        const valid = zeroed(arena.allocate((block.rowCount + 7) >> 3))
        const zeros = allocateInt32(arena, block.rowCount).fill(0)
        return { ...idSource(zeros), validity: valid.byteOffset }
      }
      const extent = extentOf(this.#memory, integers, arena)
      if (extent !== undefined) {
        const min = column.min > column.max || extent.min < column.min ? extent.min : column.min
        const max = column.min > column.max || extent.max > column.max ? extent.max : column.max
        if (max - min < this.#rangeMax) {
          column.min = min
          column.max = max
          return rangeSource(integers)
        }
        column.kind = 'int64'
      } else return rangeSource(integers)
    }
    return idSource(this.#ids(column, block, arena))
  }

  #ids(column: KeyColumn, block: Block, arena: Arena): Int32Array {
    const create = this.#createArena
    switch (column.kind) {
      case 'int64': {
        column.int64 ??= this.#integerTable()
        const table = column.int64
        const number = (keys: number, count: number, ids: number) => table.insert(keys, count, ids)
        return int64Ids(this.#memory, block, { number }, arena)
      }
      case 'bytes': {
        column.bytes ??= this.#bytesTable()
        const table = column.bytes
        const numbering = { number: (b: BytesBlock, ids: number) => table.insert(b, ids) }
        const keep = () => {
          const kept = create()
          this.#arenas.push(kept)
          return kept
        }
        return bytesIds(this.#memory, block, numbering, column.entryIds, keep, arena)
      }
      case 'generic': {
        column.generic ??= { ids: new Map(), values: [] }
        const { ids, values } = column.generic
        const number = (key: string, value: () => unknown) => {
          let id = ids.get(key)
          if (id === undefined) {
            id = values.length
            values.push(value() as Value)
            ids.set(key, id)
          }
          return id
        }
        return genericIds(block, column.type, { number }, arena)
      }
      case 'range':
        throw new Error('internal error: a range column has no ids')
    }
  }

  /** One column of packed codes: values of a range, else ids; the bits of those that are not null. */
  decode(column: number, codes: number, count: number, arena: Arena): DecodedKeys {
    const { word, stride, size, min } = this.layout.columns[column]!
    const words = unfoldWords(this.#memory, codes, count, this.layout, this.#folds, arena)
    const values = this.#columns[column]!
    const base = (values.kind === 'range' ? min : 0n) - 1n
    // The layout has room for values that never came.
    const hasRange = values.kind === 'range' && values.min <= values.max
    const low = hasRange ? values.min : base + 1n
    const high = hasRange ? values.max : base + size - 1n
    const isNarrow = low >= INT32_MIN && high <= INT32_MAX
    const validity = zeroed(arena.allocate((count + 7) >> 3))
    const out = arena.allocate(count * (isNarrow ? 4 : 8))
    const kernels = codeKernels(this.#memory)
    const decode = isNarrow ? kernels.decode32 : kernels.decode64
    const nullCount = decode(
      words[word]!,
      count,
      stride,
      moduloOf(this.layout, column),
      base,
      validity.byteOffset,
      out.byteOffset,
    )
    return {
      values: isNarrow
        ? new Int32Array(out.buffer, out.byteOffset, count)
        : new BigInt64Array(out.buffer, out.byteOffset, count),
      validity: nullCount === 0 ? null : validity,
      min: low,
      max: high,
    }
  }

  column(index: number): Readonly<KeyColumn> {
    return this.#columns[index]!
  }

  state(): EncoderState {
    return {
      layout: this.layout,
      folds: this.#folds.map((fold) => fold.state()),
      columns: this.#columns.map((column): ColumnState => {
        switch (column.kind) {
          case 'range':
            return { kind: 'range' }
          case 'int64':
            column.int64 ??= this.#integerTable()
            return { kind: 'int64', table: column.int64.state() }
          case 'bytes':
            column.bytes ??= this.#bytesTable()
            return { kind: 'bytes', table: column.bytes.state() }
          case 'generic':
            return { kind: 'generic', keys: [...(column.generic?.ids.keys() ?? [])] }
        }
      }),
    }
  }

  close(): void {
    for (const fold of this.#folds) fold.close()
    for (const column of this.#columns) {
      column.int64?.close()
      column.bytes?.close()
    }
    for (const arena of this.#arenas) arena.close()
  }
}

const INT32_MIN = -(1n << 31n)
const INT32_MAX = (1n << 31n) - 1n

/** Values or ids of keys; those at null positions are 0. */
export interface DecodedKeys {
  readonly values: Int32Array | BigInt64Array
  readonly validity: Uint8Array | null
  /** Bounds of the values that are not null. */
  readonly min: bigint
  readonly max: bigint
}

/** What a column's part is the remainder of; 0 for the last column of a word, whose part is the quotient. */
const moduloOf = ({ columns }: KeyLayout, index: number): bigint =>
  columns[index + 1]?.word === columns[index]!.word ? columns[index]!.size : 0n

/** Codes of every word, from those of the last. */
function unfoldWords(
  memory: WebAssembly.Memory,
  codes: number,
  count: number,
  layout: KeyLayout,
  folds: readonly IntegerTable[],
  arena: Arena,
): readonly number[] {
  const words: number[] = []
  words[layout.words - 1] = codes
  for (let word = layout.words - 2; word >= 0; word--) {
    const out = arena.allocate(count * 8).byteOffset
    codeKernels(memory).unfold(words[word + 1]!, count, FOLD_SIZE, folds[word]!.keysAddress, out)
    words[word] = out
  }
  return words
}
