import { MemoryOutputBuffer } from '../../exchange/buffer/memory-output-buffer.js'
import type { ChannelFactory } from '../../exchange/channel/channel.js'
import type { OwnedPage } from '../../exchange/owned-page.js'
import { spoolAddress } from '../../exchange/spool/spool-channel.js'
import type { SpoolDirectory } from '../../exchange/spool/spool-directory.js'
import { SpooledOutputBuffer } from '../../exchange/spool/spooled-output-buffer.js'
import type { Page } from '../../spi/index.js'
import { ResultPages } from './result-pages.js'

const TASK = 'result'

/**
 * The result of one attempt of a query, held back until the attempt has ended: in memory up to a bound, then in a file, where
 * there is a place for one.
 * @source Trino DeduplicatingDirectExchangeBuffer
 */
export class HeldResult {
  readonly #queryId: string
  readonly #attempt: number
  readonly #directory: SpoolDirectory | undefined
  readonly #channels: ChannelFactory
  readonly #memory: MemoryOutputBuffer
  #file: SpooledOutputBuffer | undefined
  #borrowed: OwnedPage | undefined
  #fromFile: ResultPages | undefined

  constructor(options: {
    readonly queryId: string
    readonly attempt: number
    readonly bufferBytesMax: number
    /** Absent: what is held is bounded by memory alone. */
    readonly directory: SpoolDirectory | undefined
    readonly channels: ChannelFactory
  }) {
    this.#queryId = options.queryId
    this.#attempt = options.attempt
    this.#directory = options.directory
    this.#channels = options.channels
    this.#memory = new MemoryOutputBuffer({
      kind: 'partitioned',
      partitionCount: 1,
      bufferBytesMax: options.bufferBytesMax,
    })
  }

  /** Copies a page. @returns false when no more can be held */
  async add(page: Page): Promise<boolean> {
    if (this.#file !== undefined) await this.#write(this.#file, page)
    else if (!this.#memory.add(page, 0)) {
      if (this.#directory === undefined) return false
      await this.#moveToFile(this.#directory)
    }
    return true
  }

  /** No more pages come. */
  async finish(): Promise<void> {
    this.#memory.finish()
    const file = this.#file
    if (file === undefined) return
    file.finish()
    await new Promise<void>((resolve, reject) => {
      file.onState((state) => {
        if (state === 'finished') resolve()
        else if (state !== 'flushing') reject(file.failure)
      })
    })
    const path = this.#directory!.taskPath(this.#queryId, TASK)
    this.#fromFile = new ResultPages(this.#channels, [spoolAddress(path, TASK, 0)])
  }

  /** The next page, valid until the next call; undefined when there is no more of what was added. */
  async next(): Promise<Page | undefined> {
    if (this.#fromFile !== undefined) return this.#fromFile.next()
    this.#borrowed?.release()
    this.#borrowed = this.#memory.reader(0).next()
    return this.#borrowed?.page
  }

  /** Gives back the memory; the file goes with the query's folder. */
  close(): void {
    this.#borrowed?.release()
    this.#borrowed = undefined
    this.#fromFile?.close()
    this.#memory.destroy()
    this.#file?.destroy()
  }

  async #moveToFile(directory: SpoolDirectory): Promise<void> {
    await directory.createQuery(this.#queryId)
    const file = await SpooledOutputBuffer.create({
      kind: 'partitioned',
      partitionCount: 1,
      directory,
      queryId: this.#queryId,
      task: TASK,
      attempt: this.#attempt,
    })
    this.#file = file
    const reader = this.#memory.reader(0)
    for (let owned = reader.next(); owned !== undefined; owned = reader.next()) {
      try {
        await this.#write(file, owned.page)
      } finally {
        owned.release()
      }
    }
  }

  async #write(file: SpooledOutputBuffer, page: Page): Promise<void> {
    if (!file.add(page, 0)) await file.ready()
    if (file.failure !== undefined) throw file.failure
  }
}
