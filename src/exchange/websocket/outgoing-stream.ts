import { SentParts } from '../arrow/encoded-page-decoder.js'
import type { BufferedPage, BufferReader } from '../output-buffer.js'
import { type DataFrame, END_FRAME, HEADER_BYTES } from '../protocol/frame.js'

/** A frame with its place in the stream. */
export interface SequencedFrame extends DataFrame {
  readonly sequence: number
}

interface SentFrame extends SequencedFrame {
  /** Total bytes of the stream before and after it. */
  readonly start: number
  readonly end: number
  /** Released once the frame is acknowledged. */
  readonly page: BufferedPage | undefined
}

/**
 * A stream's side of the producer: the frames of one buffer reader, numbered, kept until they are acknowledged, and sent
 * again from where a consumer resumes. It outlives connections.
 */
export class OutgoingStream {
  readonly reader: BufferReader
  readonly #parts = new SentParts()
  /** Frames of a page that was taken of which some were not sent. */
  #pending: { readonly frame: DataFrame; readonly page: BufferedPage | undefined }[] = []
  /** Sent and not acknowledged, ascending; the first has number `#firstSequence`. */
  #sent: SentFrame[] = []
  #firstSequence = 0
  /** The frame that goes out next: within `#sent` after a resume. */
  #nextSequence = 0
  #sentBytes = 0
  #limitBytes = 0
  #ended = false

  constructor(reader: BufferReader) {
    this.reader = reader
  }

  /** Goes back to a frame: what was sent from it on is sent again. */
  resume(next: number, limitBytes: number): void {
    this.acknowledge(next)
    this.#nextSequence = Math.max(next, this.#firstSequence)
    const frame = this.#sent[this.#nextSequence - this.#firstSequence]
    if (frame !== undefined) this.#sentBytes = frame.start
    this.grant(limitBytes)
  }

  /** Allows bytes in all; never less than before. */
  grant(limitBytes: number): void {
    this.#limitBytes = Math.max(this.#limitBytes, limitBytes)
  }

  /** The consumer has all frames before `next`. */
  acknowledge(next: number): void {
    const count = Math.min(next - this.#firstSequence, this.#sent.length)
    if (count <= 0) return
    for (const { page } of this.#sent.splice(0, count)) page?.release()
    this.#firstSequence += count
    this.#nextSequence = Math.max(this.#nextSequence, this.#firstSequence)
  }

  /** Whether the consumer has been sent all that it allows: one frame may go beyond the limit. */
  get isHeldBack(): boolean {
    return this.#sentBytes >= this.#limitBytes
  }

  /**
   * The next frame to send, or undefined while there is none or the consumer allows none.
   * @throws what the buffer failed with, be it that the consumer allows no more frames
   */
  next(): SequencedFrame | undefined {
    const { failure } = this.reader
    if (failure !== undefined && !this.#ended) throw failure
    if (this.isHeldBack) return undefined
    const again = this.#sent[this.#nextSequence - this.#firstSequence]
    if (again !== undefined) {
      this.#nextSequence += 1
      this.#sentBytes = again.end
      return again
    }
    const taken = this.#take()
    if (taken === undefined) return undefined
    const { frame, page } = taken
    const start = this.#sentBytes
    const end = start + HEADER_BYTES + frame.body.bytes.length
    const sent: SentFrame = { ...frame, sequence: this.#nextSequence, start, end, page }
    this.#sent.push(sent)
    this.#nextSequence += 1
    this.#sentBytes = end
    return sent
  }

  /** Gives back the pages that are under way. */
  drop(): void {
    for (const { page } of this.#sent) page?.release()
    for (const { page } of this.#pending) page?.release()
    this.#sent = []
    this.#pending = []
    this.#ended = true
  }

  #take(): { readonly frame: DataFrame; readonly page: BufferedPage | undefined } | undefined {
    const pending = this.#pending.shift()
    if (pending !== undefined || this.#ended) return pending
    const page = this.reader.next()
    if (page === undefined) {
      if (!this.reader.isEnded) return undefined
      this.#ended = true
      return { frame: END_FRAME, page: undefined }
    }
    const frames: DataFrame[] = []
    for (const { needs, schema, body } of page.encoded()) {
      for (const part of needs) if (this.#parts.add(part)) frames.push(part)
      frames.push({ kind: 'page', number: schema, body })
    }
    this.#pending = frames.map((frame, i) => ({
      frame,
      page: i === frames.length - 1 ? page : undefined,
    }))
    return this.#pending.shift()
  }
}
