import { type ConnectorSplit, type ConnectorSplitBatch, MillraceError } from '../../spi/index.js'

/** The next splits of a scan: at least one, unless there are no more. */
type TakeSplits = (maxSize: number) => Promise<ConnectorSplitBatch>

/**
 * The splits that one task was given of a scan, in order, so that each of its attempts reads the same: one that comes to the
 * end of the log takes more, for all of them. The log of a task that is complete is complete.
 */
export class SplitLog {
  readonly #take: TakeSplits
  readonly #splits: ConnectorSplit[] = []
  #isComplete = false
  #taking: Promise<void> | undefined

  constructor(take: TakeSplits) {
    this.#take = take
  }

  /** Whether some of the splits can only be read on the node that they were taken for. */
  get hasPinned(): boolean {
    return this.#splits.some((split) => split.remotelyAccessible === false)
  }

  /**
   * A reader from the first split on.
   * @param isHome whether it reads on the node that the splits were taken for, where alone some can be read
   */
  reader(isHome: boolean): TakeSplits {
    let next = 0
    return async (maxSize) => {
      while (next === this.#splits.length && !this.#isComplete) {
        this.#taking ??= this.#extend(maxSize).finally(() => {
          this.#taking = undefined
        })
        await this.#taking
      }
      const splits = this.#splits.slice(next, next + maxSize)
      next += splits.length
      const pinned = isHome ? undefined : splits.find((split) => split.remotelyAccessible === false)
      if (pinned !== undefined) {
        throw new MillraceError(
          'NO_NODES_AVAILABLE',
          `The node that has a part of the table is gone: ${pinned.addresses?.join(', ')}`,
        )
      }
      return { splits, noMoreSplits: this.#isComplete && next === this.#splits.length }
    }
  }

  async #extend(maxSize: number): Promise<void> {
    const { splits, noMoreSplits } = await this.#take(maxSize)
    for (const split of splits) this.#splits.push(split)
    this.#isComplete = noMoreSplits
  }
}
