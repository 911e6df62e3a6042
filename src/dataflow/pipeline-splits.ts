import { SHARED_BUILD_WORDS } from '../operators/join/shared-build.js'
import type { ConnectorSplitBatch, ConnectorSplitSource } from '../spi/index.js'
import type { ScanSource } from './pipeline.js'
import type { SplitQueue } from './thread-environment.js'
import type { SplitAssignment } from './threads/messages.js'

const BATCH_SPLITS_MAX = 1000

/** The words for what drivers of a pipeline do together: they lie after its counters. */
export const sharedWords = (counters: Int32Array): Int32Array =>
  new Int32Array(counters.buffer, counters.byteOffset + counters.byteLength, SHARED_WORDS)

/** Of the shared words: those of a build, the gate of the drivers, and a word of 64 bits, which lies at a multiple of its size. */
export const DRIVER_GATE = SHARED_BUILD_WORDS
const SHARED_WORDS = SHARED_BUILD_WORDS + 4

/** The word of the bound that drivers of a top-N share. */
export function boundWord({ buffer, byteOffset }: Int32Array): BigUint64Array {
  const address = byteOffset + (DRIVER_GATE + 1) * 4
  return new BigUint64Array(buffer, Math.ceil(address / 8) * 8, 1)
}

interface ScanSplits {
  readonly scanId: number
  readonly source: ConnectorSplitSource
  readonly first: ConnectorSplitBatch
  /** Batches after the first are handed out by request, one at a time. */
  chain: Promise<ConnectorSplitBatch>
  noMoreSplits: boolean
  closed: boolean
  later: number
}

const NO_MORE: ConnectorSplitBatch = { splits: [], noMoreSplits: true }

/**
 * The splits of a pipeline's scans. The first batch is shared by all drivers through a counter in shared memory; what a
 * connector enumerates later is asked for, so that a million splits are never in memory at once.
 */
export class PipelineSplits implements SplitQueue {
  readonly #scans: readonly ScanSplits[]
  /** One word a pipeline (collected pages), then one a scan. */
  readonly counters: Int32Array
  /** See {@link sharedWords}. */
  readonly sharedWords: Int32Array
  readonly #pageCounters: number
  readonly #more = new Map<number, unknown[]>()
  #finalCounts: { readonly total: number; readonly taken: number } | undefined

  private constructor(scans: readonly ScanSplits[], pageCounters: number, counters: Int32Array) {
    this.#scans = scans
    this.#pageCounters = pageCounters
    this.counters = counters
    this.sharedWords = sharedWords(counters)
  }

  static async open(
    scans: readonly ScanSource[],
    pageCounters: number,
    allocate: (byteLength: number) => Uint8Array,
    openSource: (scan: ScanSource) => Promise<ConnectorSplitSource>,
  ): Promise<PipelineSplits> {
    const opened: ScanSplits[] = []
    try {
      for (const scan of scans) {
        const source = await openSource(scan)
        const splits: ScanSplits = {
          scanId: scan.scanId,
          source,
          first: NO_MORE,
          chain: Promise.resolve(NO_MORE),
          noMoreSplits: false,
          closed: false,
          later: 0,
        }
        opened.push(splits)
        const first = await source.getNextBatch(BATCH_SPLITS_MAX)
        opened[opened.length - 1] = { ...splits, first, noMoreSplits: first.noMoreSplits }
      }
      // In memory that the threads already share: a shared buffer of its own takes 2 ms to post for the first time.
      const length = pageCounters + scans.length
      const words = allocate((length + SHARED_WORDS) * 4).fill(0)
      const counters = new Int32Array(words.buffer, words.byteOffset, length)
      return new PipelineSplits(opened, pageCounters, counters)
    } catch (error) {
      await Promise.allSettled(opened.map((scan) => scan.source.close()))
      throw error
    }
  }

  has(scanId: number): boolean {
    return this.#scans.some((scan) => scan.scanId === scanId)
  }

  /** How many splits there are; Infinity while that is not known. */
  get knownCount(): number {
    if (!this.#scans.every((scan) => scan.first.noMoreSplits)) return Number.POSITIVE_INFINITY
    return this.#scans.reduce((sum, scan) => sum + scan.first.splits.length, 0)
  }

  /** Whether drivers have taken every split that there is. */
  get areTaken(): boolean {
    const { total, taken } = this.counts()
    return Number.isFinite(this.knownCount) && taken === total
  }

  assignments(): readonly SplitAssignment[] {
    return this.#scans.map((scan) => ({
      scanId: scan.scanId,
      splits: scan.first.splits,
      complete: scan.first.noMoreSplits,
    }))
  }

  /** The next splits beyond the first batch. */
  nextBatch(scanId: number): Promise<ConnectorSplitBatch> {
    const scan = this.#scans.find((s) => s.scanId === scanId)!
    scan.chain = scan.chain.then(async () => {
      if (scan.noMoreSplits || scan.closed) return NO_MORE
      const batch = await scan.source.getNextBatch(BATCH_SPLITS_MAX)
      scan.noMoreSplits = batch.noMoreSplits
      scan.later += batch.splits.length
      return batch
    })
    return scan.chain
  }

  next(scanId: number): unknown {
    const index = this.#scans.findIndex((s) => s.scanId === scanId)
    const scan = this.#scans[index]!
    const position = this.#pageCounters + index
    if (Atomics.load(this.counters, position) < scan.first.splits.length) {
      const taken = Atomics.add(this.counters, position, 1)
      if (taken < scan.first.splits.length) return scan.first.splits[taken]
    }
    const more = this.#more.get(scanId) ?? []
    if (more.length > 0) return more.shift()
    if (scan.first.noMoreSplits || scan.noMoreSplits) return undefined
    return this.nextBatch(scanId).then((batch) => {
      this.#more.set(scanId, [...batch.splits])
      return this.next(scanId)
    })
  }

  counts(): { readonly total: number; readonly taken: number } {
    if (this.#finalCounts !== undefined) return this.#finalCounts
    let total = 0
    let taken = 0
    this.#scans.forEach((scan, i) => {
      total += scan.first.splits.length + scan.later
      taken +=
        Math.min(Atomics.load(this.counters, this.#pageCounters + i), scan.first.splits.length) +
        scan.later
    })
    return { total, taken }
  }

  async close(): Promise<void> {
    // The counters' memory goes with the query.
    this.#finalCounts ??= this.counts()
    const open = this.#scans.filter((scan) => !scan.closed)
    for (const scan of open) scan.closed = true
    const outcomes = await Promise.allSettled(open.map(async ({ source }) => source.close()))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
}
