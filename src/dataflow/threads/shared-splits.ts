import { assert } from '../../spi/index.js'
import type { SplitQueue } from '../thread-environment.js'
import type { SplitAssignment, SplitsMessage } from './messages.js'

export interface SharedSplitsOptions {
  /** Of the pipeline's scans. */
  readonly scans: readonly SplitAssignment[]
  /** Of each scan, how many of its splits were taken by all drivers together. */
  readonly taken: Int32Array
  readonly driverCount: number
  /** The driver takes neighbours, a run at a time. */
  readonly inRuns: boolean
  /** The next of a scan whose splits are not all known. */
  requestSplits(scanId: number): Promise<Pick<SplitsMessage, 'splits' | 'last'>>
}

interface ScanSplits {
  readonly scanId: number
  readonly splits: readonly unknown[]
  readonly later: unknown[]
  complete: boolean
  /** Those that this driver has taken and not begun. */
  next: number
  end: number
}

/**
 * Each run is this part of a driver's share of what is left, so that drivers end together: the last runs are of one split.
 * @source Polychronopoulos & Kuck, Guided Self-Scheduling, 1987
 */
const RUN_PART = 2

/** The splits of a pipeline's scans, in a worker thread: all drivers take theirs by a counter in shared memory. */
export class SharedSplits implements SplitQueue {
  readonly #options: SharedSplitsOptions
  readonly #scans: readonly ScanSplits[]
  #run = 0

  constructor(options: SharedSplitsOptions) {
    this.#options = options
    this.#scans = options.scans.map(({ scanId, splits, complete }) => ({
      scanId,
      splits,
      later: [],
      complete,
      next: 0,
      end: 0,
    }))
  }

  /** The run that the last split was of: its place among all that were known when the pipeline began. */
  get run(): number {
    return this.#run
  }

  next(scanId: number): unknown {
    const scan = this.#splitsOf(scanId)
    if (scan.next < scan.end || this.#take(scan)) return scan.splits[scan.next++]
    if (scan.later.length > 0) return scan.later.shift()
    if (scan.complete) return undefined
    return this.#options.requestSplits(scanId).then(({ splits, last }) => {
      scan.later.push(...splits)
      scan.complete = last
      return this.next(scanId)
    })
  }

  heldCount(scanId: number): number {
    const { next, end } = this.#splitsOf(scanId)
    return end - next
  }

  /** Takes what the driver reads next; false where nothing is left. */
  #take(scan: ScanSplits): boolean {
    const { taken, driverCount, inRuns } = this.#options
    const index = this.#scans.indexOf(scan)
    for (;;) {
      const first = Atomics.load(taken, index)
      const left = scan.splits.length - first
      if (left <= 0) return false
      const count = inRuns ? Math.ceil(left / (RUN_PART * driverCount)) : 1
      if (Atomics.compareExchange(taken, index, first, first + count) !== first) continue
      scan.next = first
      scan.end = first + count
      this.#run = first
      for (const { splits } of this.#scans.slice(0, index)) this.#run += splits.length
      return true
    }
  }

  #splitsOf(scanId: number): ScanSplits {
    const scan = this.#scans.find((s) => s.scanId === scanId)
    assert(scan !== undefined, `no splits for scan ${scanId}`)
    return scan
  }
}
