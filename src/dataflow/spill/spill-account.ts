import { MillraceError } from '../../spi/index.js'
import { formatBytes, type QueryMemory } from '../memory/query-memory.js'
import { ControlLayout, QuerySlot, SPILL_BLOCK_BYTES } from '../memory/shared-memory.js'

const blocksOf = (byteLength: number): number => Math.ceil(byteLength / SPILL_BLOCK_BYTES)
const WORD_MAX = 2 ** 31 - 1

export interface SpillLimits {
  /** What all queries of a node may have on disk at once. */
  readonly maxSpillBytes: number
  /** What one query may have on disk at once. */
  readonly queryMaxSpillBytes: number
}

/** Counts what queries have on disk, in words that all threads share. Bytes are counted before they are written. */
export class SpillAccount {
  readonly #control: Int32Array
  readonly #slot: number

  constructor(memory: QueryMemory) {
    this.#control = memory.allocator.control
    this.#slot = ControlLayout.querySlots + memory.slot * QuerySlot.words
  }

  setLimits(limits: SpillLimits): void {
    const words = (bytes: number): number => Math.min(WORD_MAX, blocksOf(bytes))
    const { maxSpillBytes, queryMaxSpillBytes } = limits
    Atomics.store(this.#control, ControlLayout.spillLimitBlocks, words(maxSpillBytes))
    Atomics.store(this.#control, this.#slot + QuerySlot.spillLimitBlocks, words(queryMaxSpillBytes))
  }

  /** Bytes that the query has on disk now. */
  get spilledBytes(): number {
    return Atomics.load(this.#control, this.#slot + QuerySlot.spilledBlocks) * SPILL_BLOCK_BYTES
  }

  /**
   * Counts a file that grows.
   * @source Trino SpillSpaceTracker, LocalSpillManager
   * @throws EXCEEDED_SPILL_LIMIT
   */
  grow(fromBytes: number, toBytes: number): void {
    const blocks = blocksOf(toBytes) - blocksOf(fromBytes)
    if (blocks === 0) return
    this.#take(
      this.#slot + QuerySlot.spilledBlocks,
      this.#slot + QuerySlot.spillLimitBlocks,
      blocks,
      'per-query ',
    )
    try {
      this.#take(ControlLayout.spilledBlocks, ControlLayout.spillLimitBlocks, blocks, '')
    } catch (error) {
      Atomics.sub(this.#control, this.#slot + QuerySlot.spilledBlocks, blocks)
      throw error
    }
    Atomics.add(this.#control, this.#slot + QuerySlot.writtenBlocks, blocks)
  }

  #take(word: number, limitWord: number, blocks: number, whose: string): void {
    const limit = Atomics.load(this.#control, limitWord)
    if (Atomics.add(this.#control, word, blocks) + blocks <= limit) return
    Atomics.sub(this.#control, word, blocks)
    throw new MillraceError(
      'EXCEEDED_SPILL_LIMIT',
      `Query exceeded ${whose}local spill limit of ${formatBytes(limit * SPILL_BLOCK_BYTES)}`,
      { hint: 'Raise maxSpillBytes or queryMaxSpillBytes, or memoryLimitBytes' },
    )
  }

  /** A file is gone. */
  release(byteLength: number): void {
    const blocks = blocksOf(byteLength)
    Atomics.sub(this.#control, this.#slot + QuerySlot.spilledBlocks, blocks)
    Atomics.sub(this.#control, ControlLayout.spilledBlocks, blocks)
  }

  /** All files of the query are gone. */
  releaseAll(): void {
    const blocks = Atomics.exchange(this.#control, this.#slot + QuerySlot.spilledBlocks, 0)
    Atomics.sub(this.#control, ControlLayout.spilledBlocks, blocks)
  }
}
