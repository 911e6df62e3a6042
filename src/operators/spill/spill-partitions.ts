import { allocateInt32 } from '../../expressions/wasm/buffers.js'
import { type Arena, assert, type Page } from '../../spi/index.js'
import { gatherBlock } from '../kernels/gather.js'
import type { OperatorContext } from '../operator.js'
import { addHashes, mixHash } from '../partition/row-hash.js'
import type { SpilledPages, SpillFile } from './spill-space.js'

const SPILL_PARTITION_COUNT = 16
const PARTITION_BITS = 4
/** As many levels as 32 bits of hash can divide into parts; rows that are still together have one key, or one hash. */
export const SPILL_LEVELS_MAX = 5

/**
 * Divides rows among files by the hash of their key. What is still too large is divided again, by other bits of the hash: a
 * level further down. Rows with equal keys meet in one partition, whatever the encoding and physical type of their pages.
 * @source Shapiro, Join Processing in Database Systems with Large Main Memories (1986): GRACE hash join
 */
export class SpillPartitions {
  readonly #context: OperatorContext
  readonly #keyChannels: readonly number[]
  readonly #level: number
  readonly #arena: Arena
  readonly #files: readonly SpillFile[]

  /** @param level 0 for rows that were not divided before, below {@link SPILL_LEVELS_MAX} */
  constructor(context: OperatorContext, keyChannels: readonly number[], level: number) {
    const { spill } = context
    assert(spill !== undefined && level < SPILL_LEVELS_MAX, 'rows can be divided on disk')
    this.#context = context
    this.#keyChannels = keyChannels
    this.#level = level
    this.#arena = context.createArena()
    this.#files = Array.from({ length: SPILL_PARTITION_COUNT }, () => spill.createFile())
  }

  /** Writes the rows of a page, or what of them comes before the query is cancelled: nobody reads them then. O(rows · columns). */
  append(page: Page): void {
    const { rowCount } = page
    if (rowCount === 0 || this.#context.isCancelled()) return
    this.#arena.reset()
    const partitions = this.#partitions(page)
    const starts = new Int32Array(SPILL_PARTITION_COUNT + 1)
    for (let i = 0; i < rowCount; i++) starts[partitions[i]! + 1]! += 1
    for (let p = 0; p < SPILL_PARTITION_COUNT; p++) starts[p + 1]! += starts[p]!
    const next = starts.slice()
    const positions = allocateInt32(this.#arena, rowCount)
    for (let i = 0; i < rowCount; i++) positions[next[partitions[i]!]!++] = i
    this.#files.forEach((file, p) => {
      const count = starts[p + 1]! - starts[p]!
      if (count === 0 || this.#context.isCancelled()) return
      const own = positions.subarray(starts[p]!, starts[p + 1]!)
      const blocks = page.blocks.map((block) => gatherBlock(block, own, count, this.#arena))
      file.append({ rowCount: count, blocks })
    })
  }

  /** The partition of each row. */
  #partitions(page: Page): Int32Array {
    const hashes = allocateInt32(this.#arena, page.rowCount).fill(0)
    for (const channel of this.#keyChannels) addHashes(page.blocks[channel]!, hashes)
    const shift = 32 - PARTITION_BITS * (this.#level + 1)
    for (let i = 0; i < page.rowCount; i++) {
      hashes[i] = (mixHash(hashes[i]!) >>> shift) & (SPILL_PARTITION_COUNT - 1)
    }
    return hashes
  }

  /** Ends the writing. */
  seal(): readonly SpilledPages[] {
    this.#arena.close()
    return this.#files.map((file) => file.seal())
  }

  /** Deletes the files, sealed or not. */
  close(): void {
    this.#arena.close()
    for (const file of this.#files) file.close()
  }
}
