import type { ExchangeClient } from '../../exchange/exchange-client.js'
import { clearRings, pageRingBytes } from '../../exchange/threads/page-ring.js'
import { ThreadFeed } from '../../exchange/threads/thread-feed.js'
import { assert } from '../../spi/index.js'
import type { ChunkArena } from '../memory/query-memory.js'
import type { PipelineSpec, RemoteSource } from '../pipeline.js'
import { remoteSources } from '../source-walk.js'
import type { TurnTaker } from '../turns.js'
import type { RemoteFeedMessage } from './messages.js'
import { PlacedPages } from './placed-pages.js'

/** The lanes of a driver: those whose number leaves its own when it is divided by the count of drivers. */
export interface LaneShare {
  readonly index: number
  readonly count: number
}

/** Reads what tasks of other fragments hand over, in any order. @param lanes absent: all */
export type ReadRemote = (source: RemoteSource, lanes?: LaneShare) => ExchangeClient

export interface RemoteFeedsOptions {
  readonly memory: ArrayBufferLike
  readonly turns: TurnTaker
  readonly read: ReadRemote
  /** Memory that lives as long as the task. */
  allocate(byteLength: number): Uint8Array
  createArena(): ChunkArena
  /** What the query may still claim. */
  freeBytes(): number
  onFailure(error: unknown): void
}

/** What a driver may be given before it has given back, beside a page more where it waits for one; less where memory is scarce. */
const DRIVER_BYTES_MAX = 16 * 2 ** 20
const DRIVER_PART_OF_FREE = 1 / 16

/** Tells the thread of a driver. */
type Tell = (driver: number, message: RemoteFeedMessage) => void

interface RemoteFeed {
  readonly pipelineId: number
  readonly client: ExchangeClient
  readonly output: ThreadFeed
}

/**
 * Hands pages of other nodes on to the drivers of a task's worker threads: the calling thread, which has the connections, copies each
 * once, into the shared memory, and asks for no further ones while nobody has room.
 */
export class RemoteFeeds {
  readonly #options: RemoteFeedsOptions
  /** By the plan node of the source: one for all drivers, or one each where each has lanes of its own. */
  readonly #feeds = new Map<string, readonly RemoteFeed[]>()

  constructor(options: RemoteFeedsOptions) {
    this.#options = options
  }

  /**
   * Gets ready to feed the drivers of a pipeline, which are yet to be told to run.
   * @returns for each driver where the rings of the pipeline's sources lie
   */
  open(
    pipeline: PipelineSpec,
    driverCount: number,
    tell: Tell,
  ): readonly (readonly { readonly planNodeId: string; readonly address: number }[])[] {
    const { memory } = this.#options
    const drivers = Array.from({ length: driverCount }, (_, driver) => driver)
    const sources = remoteSources(pipeline.source).map((source) => {
      const bytes = pageRingBytes(1)
      const { byteOffset } = this.#options.allocate(bytes * driverCount)
      const addresses = drivers.map((driver) => byteOffset + driver * bytes)
      for (const address of addresses) clearRings(memory, address, 1)
      const open = (of: readonly number[], lanes?: LaneShare) =>
        this.#open(
          pipeline.id,
          source,
          of.map((driver) => addresses[driver]!),
          (position, message) => tell(of[position]!, message),
          lanes,
        )
      this.#feeds.set(
        source.planNodeId,
        source.lanes === undefined || source.everyDriver === true
          ? [open(drivers)]
          : drivers.map((index) => open([index], { index, count: driverCount })),
      )
      return { planNodeId: source.planNodeId, addresses }
    })
    return drivers.map((driver) =>
      sources.map(({ planNodeId, addresses }) => ({ planNodeId, address: addresses[driver]! })),
    )
  }

  /** Starts to read, once the drivers of a pipeline have been told to run. */
  start(pipelineId: number): void {
    for (const feed of [...this.#feeds.values()].flat()) {
      if (feed.pipelineId === pipelineId) this.#run(feed).catch(this.#options.onFailure)
    }
  }

  /** A driver has given a page back, or left, while its feed slept. */
  wake(planNodeId: string): void {
    for (const { output } of this.#feeds.get(planNodeId) ?? []) output.wake()
  }

  /** The drivers of a pipeline have ended. @param pipelineId absent: those of all */
  close(pipelineId?: number): void {
    for (const feed of [...this.#feeds.values()].flat()) {
      if (pipelineId !== undefined && feed.pipelineId !== pipelineId) continue
      feed.output.abandon()
      feed.client.close()
    }
  }

  #open(
    pipelineId: number,
    source: RemoteSource,
    addresses: readonly number[],
    tell: Tell,
    lanes: LaneShare | undefined,
  ): RemoteFeed {
    const { memory, createArena, freeBytes } = this.#options
    const { planNodeId, orderBy, concatenates } = source
    assert(orderBy === undefined && concatenates !== true, 'pages in order are not handed on')
    const output = new ThreadFeed({
      memory,
      addresses,
      isBroadcast: source.everyDriver === true,
      pages: new PlacedPages(memory, createArena, addresses.length),
      bytesMax: () => Math.min(DRIVER_BYTES_MAX, freeBytes() * DRIVER_PART_OF_FREE),
      wakeReader: (driver) => tell(driver, { kind: 'remotePages', planNodeId }),
      onFinish: () => {
        for (const driver of addresses.keys()) tell(driver, { kind: 'remotePagesEnd', planNodeId })
      },
    })
    return { pipelineId, client: this.#options.read(source, lanes), output }
  }

  async #run({ client, output }: RemoteFeed): Promise<void> {
    const { turns } = this.#options
    for (;;) {
      while (output.isFull) await output.ready()
      if (output.isAbandoned) break
      if (turns.isDue) {
        await turns.take()
        continue
      }
      const owned = client.next()
      if (owned === undefined) {
        if (client.isEnded) break
        await client.ready()
        continue
      }
      try {
        output.add(owned.page)
      } finally {
        owned.release()
      }
    }
    client.close()
    output.finish()
  }
}
