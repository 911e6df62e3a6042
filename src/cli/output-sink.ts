import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** Where a result goes: a stream that may be slow, and that may go away. */
export class OutputSink {
  readonly #stream: Writable
  #failure: NodeJS.ErrnoException | undefined
  readonly #onError = (error: NodeJS.ErrnoException) => {
    this.#failure = error
  }

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', this.#onError)
  }

  /** True once the reader has left: nobody wants the rest. */
  get isClosed(): boolean {
    return this.#stream.destroyed || this.#failure !== undefined
  }

  /** Takes text or bytes at the reader's pace. @throws what writing fails with, but for a reader that has left */
  async write(data: string | Uint8Array): Promise<void> {
    if (data.length === 0 || this.isClosed) return
    if (!this.#stream.write(data)) {
      const change = new AbortController()
      const options = { signal: change.signal }
      try {
        await Promise.race([
          once(this.#stream, 'drain', options),
          once(this.#stream, 'close', options),
        ])
      } catch (error) {
        this.#failure ??= error as NodeJS.ErrnoException
      } finally {
        change.abort()
      }
    }
    this.check()
  }

  /** @throws what writing failed with, but for a reader that has left */
  check(): void {
    if (this.#failure !== undefined && this.#failure.code !== 'EPIPE') throw this.#failure
  }

  /** Leaves the stream to others. */
  release(): void {
    this.#stream.off('error', this.#onError)
  }
}
