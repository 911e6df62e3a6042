import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import type { Arena, Block, BytesBlock, FlatBlock, SqlType } from '../../spi/index.js'
import { flattenBlock } from '../kernels/gather.js'
import { lookupBytes } from './bytes-table.js'
import { lookupIntegers } from './integer-table.js'
import type { EncoderState } from './key-encoder.js'
import { accumulateKernel, probeKernel } from './key-kernels.js'
import { FOLD_SIZE } from './key-layout.js'
import {
  bytesIds,
  type CodeSource,
  genericIds,
  idSource,
  int64Ids,
  rangeBlock,
  rangeSource,
} from './key-source.js'
import { probePositions } from './position-probe.js'
import { type RankMapState, rankProbeKernel } from './rank-map.js'

/** NaN equals nothing in a join, though it is one group. */
function maskNaN(block: Block, ids: Int32Array, arena: Arena): void {
  const flat = flattenBlock(block, arena)
  if (flat.storage !== 'f64' && flat.storage !== 'f32') return
  for (let i = 0; i < flat.rowCount; i++) if (Number.isNaN(flat.values[i])) ids[i] = -1
}

/** Codes of a page's keys under a finished encoder; -1 where a key is null or is not among its values. */
export class KeyLookup {
  readonly #memory: WebAssembly.Memory
  readonly #state: EncoderState
  readonly #types: readonly SqlType[]
  readonly #entryIds: readonly WeakMap<FlatBlock, Int32Array>[]
  readonly #generic: readonly (ReadonlyMap<string, number> | undefined)[]
  readonly #createArena: () => Arena
  readonly #arenas: Arena[] = []

  constructor(
    memory: WebAssembly.Memory,
    createArena: () => Arena,
    types: readonly SqlType[],
    state: EncoderState,
  ) {
    this.#memory = memory
    this.#createArena = createArena
    this.#types = types
    this.#state = state
    this.#entryIds = types.map(() => new WeakMap())
    this.#generic = state.columns.map((column) =>
      column.kind === 'generic' ? new Map(column.keys.map((key, id) => [key, id])) : undefined,
    )
  }

  /**
   * For a key of one column of integers: heads[code] - 1 of each row, or heads[number of code] - 1 with a rank map; -1 where
   * there is none. Without heads (0), the numbers are rows: of a rank map, or those of the codes from 1 on.
   * @returns false for other keys, which are looked up by {@link encode}
   */
  probe(
    block: Block,
    heads: number,
    ranks: RankMapState | undefined,
    rows: Int32Array,
    arena: Arena,
  ): boolean {
    const { columns } = this.#state.layout
    if (columns.length !== 1 || this.#state.columns[0]!.kind !== 'range') return false
    const integers = rangeBlock(block, arena)
    if (integers === undefined) {
      rows.fill(-1, 0, block.rowCount)
      return true
    }
    const { source, address, validity, base, factor } = rangeSource(integers)
    const { min, size } = columns[0]!
    const { rowCount } = block
    if (heads === 0 && ranks === undefined) {
      const values = { base: BigInt(base), factor: BigInt(factor) }
      const keys = { source, address, validity, rowCount, ...values }
      probePositions(this.#memory, keys, min, size - 1n, rows)
      return true
    }
    const column = [
      address,
      validity,
      rowCount,
      BigInt(base) - min + 1n,
      BigInt(factor),
      size - 1n,
    ] as const
    if (ranks === undefined) {
      probeKernel(this.#memory, source, validity !== 0)(...column, heads, rows.byteOffset)
    } else {
      const probe = rankProbeKernel(this.#memory, source, validity !== 0, heads !== 0)
      probe(...column, ranks.entries, heads, rows.byteOffset)
    }
    return true
  }

  /** The address of rowCount i64 codes in `arena`. */
  encode(blocks: readonly Block[], rowCount: number, arena: Arena): number {
    // A key without columns is the same for all rows: a condition beyond keys decides.
    if (blocks.length === 0) return zeroed(arena.allocate(rowCount * 8)).byteOffset
    return this.#encode(blocks, rowCount, arena, this.#state.layout.words - 1, true)
  }

  /** Codes of rows whose values are all known: of a word of their keys, or of the whole; with part 0 for a null. */
  encodeBuild(
    blocks: readonly Block[],
    rowCount: number,
    arena: Arena,
    lastWord: number = this.#state.layout.words - 1,
  ): number {
    return this.#encode(blocks, rowCount, arena, lastWord, false)
  }

  /** @param lookup whether a null, or a value that is not known, makes the code -1 */
  #encode(
    blocks: readonly Block[],
    rowCount: number,
    arena: Arena,
    lastWord: number,
    lookup: boolean,
  ): number {
    const { layout, folds } = this.#state
    let codes = arena.allocate(rowCount * 8).byteOffset
    let word = 0
    let first = true
    for (const [i, column] of layout.columns.entries()) {
      if (column.word > lastWord) break
      if (column.word !== word) {
        const ids = allocateInt32(arena, rowCount)
        lookupIntegers(this.#memory, folds[word]!, codes, rowCount, true, ids.byteOffset)
        codes = zeroed(arena.allocate(rowCount * 8)).byteOffset
        const fold = { offset: 1n, range: FOLD_SIZE - 1n, stride: 1n }
        this.#accumulate(idSource(ids), rowCount, fold, codes, { first: true, lookup })
        word = column.word
        first = false
      }
      const source = this.#source(i, blocks[i]!, arena, lookup)
      const part = {
        offset: source.isIds ? 1n : BigInt(source.base) - column.min + 1n,
        range: column.size - 1n,
        stride: column.stride,
      }
      this.#accumulate(source, rowCount, part, codes, { first, lookup })
      first = false
    }
    return codes
  }

  #accumulate(
    source: CodeSource,
    count: number,
    { offset, range, stride }: Readonly<Record<'offset' | 'range' | 'stride', bigint>>,
    codes: number,
    how: { readonly first: boolean; readonly lookup: boolean },
  ): void {
    accumulateKernel(this.#memory, {
      source: source.source,
      nullable: source.validity !== 0,
      ...how,
    })(source.address, source.validity, count, offset, BigInt(source.factor), range, stride, codes)
  }

  #source(index: number, block: Block, arena: Arena, lookup: boolean): CodeSource {
    const state = this.#state.columns[index]!
    switch (state.kind) {
      case 'range': {
        const integers = rangeBlock(block, arena)
        return integers === undefined
          ? idSource(allocateInt32(arena, block.rowCount).fill(-1))
          : rangeSource(integers)
      }
      case 'int64': {
        const number = (keys: number, count: number, ids: number) =>
          lookupIntegers(this.#memory, state.table, keys, count, false, ids)
        const ids = int64Ids(this.#memory, block, { number }, arena)
        if (lookup) maskNaN(block, ids, arena)
        return idSource(ids)
      }
      case 'bytes': {
        const numbering = {
          number: (b: BytesBlock, ids: number) => lookupBytes(this.#memory, state.table, b, ids),
        }
        const keep = () => {
          const kept = this.#createArena()
          this.#arenas.push(kept)
          return kept
        }
        const entryIds = this.#entryIds[index]!
        return idSource(bytesIds(this.#memory, block, numbering, entryIds, keep, arena))
      }
      case 'generic': {
        const known = this.#generic[index]!
        const number = (key: string) => known.get(key) ?? -1
        return idSource(genericIds(block, this.#types[index]!, { number }, arena))
      }
    }
  }

  close(): void {
    for (const arena of this.#arenas) arena.close()
  }
}
