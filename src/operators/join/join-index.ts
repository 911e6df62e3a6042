import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { kernelMemory } from '../../expressions/wasm/kernel-memory.js'
import {
  type Arena,
  assert,
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
import { joinKernels } from './join-kernels.js'

/**
 * Codes are addressed directly where the map is this small, or sparser than hashing would take but still cheap to clear:
 * probes that come in the order of the keys then read memory in order, and most that miss touch one cache line.
 */
const DIRECT_SIZE_ALWAYS = 1 << 20
const DIRECT_SPARSE_ENTRIES_PER_ROW = 128
const DIRECT_SPARSE_SIZE_MAX = 1 << 24
const DIRECT_ENTRIES_PER_ROW = 8
const DIRECT_SIZE_MAX = 1 << 27

/** An index over the build side of a join: plain data about shared memory, for all threads. */
export interface JoinIndexState {
  readonly rowCount: number
  readonly encoder: EncoderState | undefined
  /** First row of each code (direct) or id (table), + 1. */
  readonly heads: number
  readonly table: IntegerTableState | undefined
  /** Next row with the same key, + 1; 0 where keys are unique. */
  readonly next: number
  readonly hasNullKey: boolean
}

/** Builds the index over columns that stay where they are as long as the query runs. */
export function buildJoinIndex(
  keyBlocks: readonly Block[],
  rowCount: number,
  keyTypes: readonly SqlType[],
  createArena: () => Arena,
): JoinIndexState {
  const hasNullKey = keyBlocks.some((block) => mayHaveNulls(block) && hasNull(block))
  const shared = { rowCount, hasNullKey }
  if (rowCount === 0) {
    return { ...shared, encoder: undefined, heads: 0, table: undefined, next: 0 }
  }
  const kept = createArena()
  const scratch = createArena()
  try {
    const memory = kernelMemory(kept.allocate(0).buffer)
    assert(memory !== undefined, 'joins run over shared memory')
    const words = kept.allocate(16)
    const status = new Int32Array(words.buffer, words.byteOffset, 4)
    const encoder = new KeyEncoder(memory, createArena, status, keyTypes)
    const { keys } = encoder.prepare(keyBlocks, rowCount, scratch)
    encoder.recode(0, 0, scratch)
    const codes = encoder.encode(keys, scratch)
    const { size } = encoder.layout
    const kernels = joinKernels(memory)
    const next = allocateInt32(kept, rowCount)
    const isDirect =
      size <= DIRECT_SIZE_ALWAYS ||
      (size <= DIRECT_SPARSE_SIZE_MAX && size <= rowCount * DIRECT_SPARSE_ENTRIES_PER_ROW) ||
      (size <= DIRECT_SIZE_MAX && size <= rowCount * DIRECT_ENTRIES_PER_ROW)
    if (isDirect) {
      const heads = allocateInt32(kept, size).fill(0)
      const duplicates = kernels.chainCodes(codes, rowCount, heads.byteOffset, next.byteOffset)
      return {
        ...shared,
        encoder: encoder.state(),
        heads: heads.byteOffset,
        table: undefined,
        next: duplicates === 0 ? 0 : next.byteOffset,
      }
    }
    const table = new IntegerTable(memory, createArena, status)
    const ids = allocateInt32(scratch, rowCount)
    table.insert(codes, rowCount, ids.byteOffset)
    const heads = allocateInt32(kept, table.count).fill(0)
    const duplicates = kernels.chainIds(ids.byteOffset, rowCount, heads.byteOffset, next.byteOffset)
    return {
      ...shared,
      encoder: encoder.state(),
      heads: heads.byteOffset,
      table: table.state(),
      next: duplicates === 0 ? 0 : next.byteOffset,
    }
  } finally {
    scratch.close()
  }
}

function hasNull(block: Block): boolean {
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
  if (blocks.length === 1) return flattenBlock(blocks[0]!, arena)
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
    const { table, heads } = this.state
    const [key] = keyBlocks
    if (table === undefined && key !== undefined && this.#lookup.probe(key, heads, rows, arena)) {
      return rows
    }
    const codes = this.#lookup.encode(keyBlocks, rowCount, arena)
    if (table === undefined) {
      directKernels(this.memory).lookup(codes, rowCount, heads, rows.byteOffset)
    } else {
      lookupIntegers(this.memory, table, codes, rowCount, true, rows.byteOffset)
      joinKernels(this.memory).follow(rows.byteOffset, rowCount, heads)
    }
    return rows
  }

  close(): void {
    this.#lookup?.close()
  }
}
