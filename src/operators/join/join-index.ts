import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import {
  type Arena,
  type Block,
  isNull,
  mayHaveNulls,
  type Page,
  type SqlType,
} from '../../spi/index.js'
import { concatBlocks } from '../kernels/concat.js'
import { flattenBlock } from '../kernels/gather.js'
import { IntegerTable, type IntegerTableState, lookupIntegers } from '../keys/integer-table.js'
import { type EncoderState, KeyEncoder } from '../keys/key-encoder.js'
import { directKernels } from '../keys/key-kernels.js'
import { KeyLookup } from '../keys/key-lookup.js'
import {
  makeRankMap,
  RANK_MAP_SIZE_MAX,
  type RankMapState,
  rankMapKernels,
} from '../keys/rank-map.js'
import { memoryOf } from '../operator-memory.js'
import { joinKernels } from './join-kernels.js'

/**
 * Codes address an array of heads where it is this small, or hardly sparser than its rows; sparser codes are ranked in a
 * bitmap, up to so many codes a row; those of a wider range are hashed.
 */
const DIRECT_SIZE_ALWAYS = 1 << 14
const DIRECT_CODES_PER_ROW = 2
const DIRECT_SIZE_MAX = 1 << 27
const RANK_SIZE_ALWAYS = 1 << 20
const RANK_CODES_PER_ROW = 256
/** Codes are hashed themselves, so that values need no numbers while a word holds them. */
export const RANGE_MAX_HASHED = 1n << 61n

/** How rows of codes from 0 to size - 1 are found. */
export function addressingOf(size: number, rowCount: number): 'direct' | 'rank' | 'hash' {
  if (
    size <= DIRECT_SIZE_ALWAYS ||
    (size <= DIRECT_SIZE_MAX && size <= rowCount * DIRECT_CODES_PER_ROW)
  ) {
    return 'direct'
  }
  return size <= RANK_SIZE_ALWAYS ||
    (size <= RANK_MAP_SIZE_MAX && size <= rowCount * RANK_CODES_PER_ROW)
    ? 'rank'
    : 'hash'
}

/** An index over the build side of a join: plain data about shared memory, for all threads. */
export interface JoinIndexState {
  readonly rowCount: number
  readonly encoder: EncoderState | undefined
  /**
   * First row of each code (direct), or of the code's number in the rank map or table, + 1; 0: the numbers are rows, or, without
   * map or table, the codes less 1.
   */
  readonly heads: number
  readonly ranks: RankMapState | undefined
  readonly table: IntegerTableState | undefined
  /** Next row with the same key, + 1; 0 where keys are unique. */
  readonly next: number
  readonly hasNullKey: boolean
}

/** The index of a build side without rows. */
export const EMPTY_JOIN_INDEX: JoinIndexState = {
  rowCount: 0,
  hasNullKey: false,
  encoder: undefined,
  heads: 0,
  ranks: undefined,
  table: undefined,
  next: 0,
}

/**
 * Builds the index over columns that stay where they are as long as the query runs, in steps between which the event loop may
 * take its turn.
 */
export function* buildJoinIndex(
  keyBlocks: readonly Block[],
  rowCount: number,
  keyTypes: readonly SqlType[],
  createArena: () => Arena,
): Generator<void, JoinIndexState> {
  const hasNullKey = keyBlocks.some(hasNull)
  const shared = { rowCount, hasNullKey }
  if (rowCount === 0) return EMPTY_JOIN_INDEX
  const kept = createArena()
  const scratch = createArena()
  try {
    const memory = memoryOf(kept)
    const words = kept.allocate(16)
    const status = new Int32Array(words.buffer, words.byteOffset, 4)
    const encoder = new KeyEncoder(memory, createArena, status, keyTypes, RANGE_MAX_HASHED)
    const { keys } = encoder.prepare(keyBlocks, rowCount, scratch)
    encoder.recode(0, 0, scratch)
    yield
    const codes = encoder.encode(keys, scratch)
    yield
    const { size } = encoder.layout
    const kernels = joinKernels(memory)
    const next = allocateInt32(kept, rowCount)
    const chained = (heads: Int32Array, duplicates: number) => ({
      ...shared,
      ...NO_MAP,
      encoder: encoder.state(),
      heads: heads.byteOffset,
      next: duplicates === 0 ? 0 : next.byteOffset,
    })
    const addressing = addressingOf(size, rowCount)
    if (addressing === 'direct') {
      const heads = allocateInt32(kept, size).fill(0)
      const { byteOffset } = heads
      return chained(heads, kernels.chainCodes(codes, rowCount, byteOffset, next.byteOffset))
    }
    const ids = allocateInt32(scratch, rowCount)
    const chainIds = (distinct: number) => {
      const heads = allocateInt32(kept, distinct).fill(0)
      const { byteOffset } = heads
      return chained(heads, kernels.chainIds(ids.byteOffset, rowCount, byteOffset, next.byteOffset))
    }
    if (addressing === 'rank') {
      const { map, distinct } = makeRankMap(memory, codes, rowCount, size, ids.byteOffset, kept)
      yield
      return { ...chainIds(distinct), ranks: map }
    }
    const table = new IntegerTable(memory, createArena, status)
    table.insert(codes, rowCount, ids.byteOffset)
    yield
    return { ...chainIds(table.count), table: table.state() }
  } finally {
    scratch.close()
  }
}

const NO_MAP = { ranks: undefined, table: undefined } as const

/** Whether any position of a block is null. */
export function hasNull(block: Block): boolean {
  if (!mayHaveNulls(block)) return false
  for (let i = 0; i < block.rowCount; i++) if (isNull(block, i)) return true
  return false
}

/** One column of several pages, in one piece that kernels address by row. */
export function concatColumn(
  pages: readonly Page[],
  channel: number,
  type: SqlType,
  arena: Arena,
): Block {
  const blocks = pages.map((page) => page.blocks[channel]!)
  const [only] = blocks
  if (blocks.length === 1 && only !== undefined) {
    const isNamed = only.encoding === 'dictionary' && only.dictionaryId !== undefined
    return isNamed ? only : flattenBlock(only, arena)
  }
  return concatBlocks(blocks, type, arena)
}

/** Looks probe keys up in an index. */
export class JoinIndexReader {
  readonly state: JoinIndexState
  readonly memory: WebAssembly.Memory
  readonly #lookup: KeyLookup | undefined

  constructor(
    state: JoinIndexState,
    keyTypes: readonly SqlType[],
    memory: WebAssembly.Memory,
    createArena: () => Arena,
  ) {
    this.state = state
    this.memory = memory
    this.#lookup =
      state.encoder === undefined
        ? undefined
        : new KeyLookup(memory, createArena, keyTypes, state.encoder)
  }

  /** The first build row of each key, -1 where there is none; one entry more than rows, of any value. */
  find(keyBlocks: readonly Block[], rowCount: number, arena: Arena): Int32Array {
    const rows = allocateInt32(arena, rowCount + 1)
    if (this.#lookup === undefined) return rows.fill(-1)
    const { table, ranks, heads } = this.state
    const [key] = keyBlocks
    if (table === undefined && key !== undefined) {
      if (this.#lookup.probe(key, heads, ranks, rows, arena)) return rows
    }
    const codes = this.#lookup.encode(keyBlocks, rowCount, arena)
    if (table !== undefined) {
      lookupIntegers(this.memory, table, codes, rowCount, true, rows.byteOffset)
      if (heads !== 0) joinKernels(this.memory).follow(rows.byteOffset, rowCount, heads)
    } else if (ranks !== undefined) {
      rankMapKernels(this.memory).lookup(codes, rowCount, ranks.entries, heads, rows.byteOffset)
    } else {
      directKernels(this.memory).lookup(codes, rowCount, heads, rows.byteOffset)
    }
    return rows
  }

  close(): void {
    this.#lookup?.close()
  }
}
