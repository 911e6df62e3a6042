import { allocateInt32, zeroed } from '../../expressions/wasm/buffers.js'
import { type Arena, isNull, type Page } from '../../spi/index.js'
import { gatherBlock } from '../kernels/gather.js'
import { memoryOf } from '../operator-memory.js'
import { addHashes, partitionOf } from './row-hash.js'
import { type PartitionKernels, partitionKernels } from './row-hash-kernels.js'

/** Rows that do not go where the hash of their keys says. */
export interface PartitionExceptions {
  /** Rows with a NULL key go to each partition in turn. */
  readonly spreadsNulls?: boolean
  /** Hashes of keys of which rows go to each partition in turn, and of which every row, unless a key is NULL, goes to all. */
  readonly heavyKeys?: {
    readonly spread: readonly number[]
    readonly replicated: readonly number[]
  }
}

/** Rows of one partition of an output that is cut. */
export interface PagePart extends Page {
  readonly partition: number
}

/** The partition that a page is of; undefined where the output that it is of is not cut. */
export const partOf = (page: Page): number | undefined => (page as Partial<PagePart>).partition

/** As kernels know it. */
const EVERY_PARTITION = -1

/**
 * Cuts pages by the hash of keys into one page a partition: rows with equal keys get the same partition in every process.
 * @source Trino PagePartitioner
 */
export class PagePartitioner {
  readonly #keyChannels: readonly number[]
  readonly #partitionCount: number
  readonly #arena: Arena
  readonly #kernels: PartitionKernels
  readonly #spreadsNulls: boolean
  readonly #spread: ReadonlySet<number>
  readonly #replicated: ReadonlySet<number>
  /** The partition of the next row that goes to each in turn. */
  #nextInTurn = 0

  constructor(
    keyChannels: readonly number[],
    partitionCount: number,
    arena: Arena,
    { spreadsNulls, heavyKeys }: PartitionExceptions = {},
  ) {
    this.#keyChannels = keyChannels
    this.#partitionCount = partitionCount
    this.#arena = arena
    this.#kernels = partitionKernels(memoryOf(arena))
    this.#spreadsNulls = spreadsNulls === true
    this.#spread = new Set(heavyKeys?.spread)
    this.#replicated = new Set(heavyKeys?.replicated)
  }

  /** The rows of a page, a page a partition that has any, valid until the next call. O(rows · columns). */
  *parts(page: Page): Generator<PagePart, void> {
    const { rowCount } = page
    if (rowCount === 0) return
    const partitionCount = this.#partitionCount
    if (partitionCount === 1) {
      yield { ...page, partition: 0 }
      return
    }
    const arena = this.#arena
    arena.reset()
    const { byteOffset: partitions } = this.#partitions(page)
    const counts = allocateInt32(arena, partitionCount).fill(0)
    const forAll = this.#kernels.count(partitions, rowCount, counts.byteOffset)
    const starts = new Int32Array(partitionCount + 1)
    for (let p = 0; p < partitionCount; p++) starts[p + 1] = starts[p]! + counts[p]! + forAll
    const positions = allocateInt32(arena, starts[partitionCount]!)
    const next = counts
    next.set(starts.subarray(0, partitionCount))
    const { scatter } = this.#kernels
    scatter(partitions, rowCount, partitionCount, next.byteOffset, positions.byteOffset)
    for (let p = 0; p < partitionCount; p++) {
      const count = starts[p + 1]! - starts[p]!
      if (count === 0) continue
      const own = positions.subarray(starts[p]!, starts[p + 1]!)
      const blocks =
        count === rowCount
          ? page.blocks
          : page.blocks.map((block) => gatherBlock(block, own, count, arena))
      yield { rowCount: count, blocks, partition: p }
    }
  }

  /** The partition of each row. */
  #partitions(page: Page): Int32Array {
    const { rowCount, blocks } = page
    const bytes = zeroed(this.#arena.allocate(rowCount * 4))
    const hashes = new Int32Array(bytes.buffer, bytes.byteOffset, rowCount)
    for (const channel of this.#keyChannels) addHashes(blocks[channel]!, hashes)
    const spread = this.#spread
    const replicated = this.#replicated
    if (!this.#spreadsNulls && spread.size === 0 && replicated.size === 0) {
      this.#kernels.place(hashes.byteOffset, rowCount, this.#partitionCount)
      return hashes
    }
    const keys = this.#keyChannels.map((channel) => blocks[channel]!)
    for (let i = 0; i < rowCount; i++) {
      const hash = hashes[i]!
      const isReplicated = replicated.size > 0 && replicated.has(hash)
      const isNullKey = (this.#spreadsNulls || isReplicated) && keys.some((key) => isNull(key, i))
      if ((isNullKey && this.#spreadsNulls) || (spread.size > 0 && spread.has(hash))) {
        hashes[i] = this.#nextInTurn
        this.#nextInTurn = (this.#nextInTurn + 1) % this.#partitionCount
      } else if (isReplicated && !isNullKey) hashes[i] = EVERY_PARTITION
      else hashes[i] = partitionOf(hash, this.#partitionCount)
    }
    return hashes
  }
}
