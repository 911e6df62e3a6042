import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { type Arena, isNull, type Page } from '../../spi/index.js'
import { gatherBlock } from '../kernels/gather.js'
import { addHashes, partitionOf } from './row-hash.js'

/**
 * Cuts pages by the hash of keys into one page a partition: rows with equal keys get the same partition in every process.
 * @source Trino PagePartitioner
 */
export class PagePartitioner {
  readonly #keyChannels: readonly number[]
  readonly #partitionCount: number
  readonly #arena: Arena
  readonly #spreadsNulls: boolean
  /** The partition of the next row with a NULL key, where these are spread. */
  #nextOfNulls = 0

  /** @param spreadsNulls rows with a NULL key go to each partition in turn */
  constructor(
    keyChannels: readonly number[],
    partitionCount: number,
    arena: Arena,
    spreadsNulls = false,
  ) {
    this.#keyChannels = keyChannels
    this.#partitionCount = partitionCount
    this.#arena = arena
    this.#spreadsNulls = spreadsNulls
  }

  /**
   * Hands the rows of a page to `take`, a page a partition that has any, valid until the next call. O(rows · columns).
   */
  partition(page: Page, take: (page: Page, partition: number) => void): void {
    const { rowCount } = page
    if (rowCount === 0) return
    if (this.#partitionCount === 1) {
      take(page, 0)
      return
    }
    const arena = this.#arena
    arena.reset()
    const partitions = this.#partitions(page)
    const starts = new Int32Array(this.#partitionCount + 1)
    for (let i = 0; i < rowCount; i++) starts[partitions[i]! + 1]! += 1
    for (let p = 0; p < this.#partitionCount; p++) starts[p + 1]! += starts[p]!
    const next = starts.slice()
    const positions = allocateInt32(arena, rowCount)
    for (let i = 0; i < rowCount; i++) positions[next[partitions[i]!]!++] = i
    for (let p = 0; p < this.#partitionCount; p++) {
      const count = starts[p + 1]! - starts[p]!
      if (count === 0) continue
      const own = positions.subarray(starts[p]!, starts[p + 1]!)
      take(
        count === rowCount
          ? page
          : {
              rowCount: count,
              blocks: page.blocks.map((block) => gatherBlock(block, own, count, arena)),
            },
        p,
      )
    }
  }

  /** The partition of each row. */
  #partitions(page: Page): Int32Array {
    const hashes = allocateInt32(this.#arena, page.rowCount).fill(0)
    for (const channel of this.#keyChannels) addHashes(page.blocks[channel]!, hashes)
    for (let i = 0; i < page.rowCount; i++)
      hashes[i] = partitionOf(hashes[i]!, this.#partitionCount)
    if (this.#spreadsNulls) this.#spreadNulls(page, hashes)
    return hashes
  }

  #spreadNulls({ rowCount, blocks }: Page, partitions: Int32Array): void {
    const keys = this.#keyChannels.map((channel) => blocks[channel]!)
    for (let i = 0; i < rowCount; i++) {
      if (!keys.some((key) => isNull(key, i))) continue
      partitions[i] = this.#nextOfNulls
      this.#nextOfNulls = (this.#nextOfNulls + 1) % this.#partitionCount
    }
  }
}
