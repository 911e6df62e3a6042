import { type ThreadChannels, threadAddress } from '../../exchange/threads/thread-channel.js'
import { MillraceError } from '../../spi/index.js'
import type { PageStream } from '../page-stream.js'
import type { PipelineSpec } from '../pipeline.js'
import { remoteSources } from '../source-walk.js'
import type { FromWorker, RemoteFeedMessage, RunMessage } from './messages.js'
import type { TakenPages } from './taken-pages.js'
import { openThreadPages } from './thread-pages.js'

/** What ends the wait for pages: made once, since nobody hears of it. */
const TASK_OVER = new MillraceError('USER_CANCELED', 'The task is over')

/** A worker thread's end of what the calling thread hands on of other tasks ({@link RemoteFeeds}), for the drivers of one task. */
export class RemotePages {
  readonly #memory: ArrayBufferLike
  readonly #send: (message: FromWorker) => void
  /** By the plan node of the source: a thread has one driver of a pipeline. */
  readonly #channels = new Map<string, ThreadChannels>()

  constructor(memory: ArrayBufferLike, send: (message: FromWorker) => void) {
    this.#memory = memory
    this.#send = send
  }

  /**
   * Opens the remote sources of a driver's pipeline.
   * @param taken notes the pages that the driver takes
   * @returns their pages, by plan node, which the caller closes
   */
  open(
    pipeline: PipelineSpec,
    { taskId, driverIndex, feeds }: RunMessage,
    taken: TakenPages,
  ): ReadonlyMap<string, PageStream> {
    const addresses = new Map((feeds ?? []).map((feed) => [feed.planNodeId, feed.address]))
    return new Map(
      remoteSources(pipeline.source).map(({ planNodeId, types }) => {
        const { channels, pages } = openThreadPages({
          memory: this.#memory,
          ringAddress: addresses.get(planNodeId)!,
          sources: [threadAddress(`${taskId}.${planNodeId}.${driverIndex}`, 0)],
          types,
          take: (page) => taken.take(page),
          wakeProducer: () => this.#send({ kind: 'remoteCredit', taskId, planNodeId }),
        })
        this.#channels.set(planNodeId, channels)
        return [planNodeId, pages]
      }),
    )
  }

  receive({ kind, planNodeId }: RemoteFeedMessage): void {
    const channels = this.#channels.get(planNodeId)
    if (kind === 'remotePages') channels?.arrived()
    else channels?.ended(0)
  }

  /** The task is over: who waits for pages fails. */
  abandon(): void {
    for (const channels of this.#channels.values()) channels.failed(TASK_OVER)
  }
}
