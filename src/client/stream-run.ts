import type { ServerMessage, StreamStats } from '../server/stream/messages.js'
import { errorFromRecord, MillraceError } from '../spi/error.js'
import { MsgpackReader } from './msgpack-reader.js'
import type { PageFrames } from './pages.js'
import {
  type Batch,
  NO_STATS,
  type QueryStats,
  type RemoteColumn,
  type RemoteRun,
  type RunRequest,
  type StreamFormat,
} from './remote-run.js'
import { packedValueDecoder } from './row-values.js'

/** Bytes that may be on their way to a consumer that has not taken them. */
export const WINDOW_BYTES = 4 * 2 ** 20

/** Bytes before the body of a frame. @source docs/stream.md */
const HEADER_BYTES = 24

/** What a run asks of its connection. */
export interface RunLink {
  credit(query: number, next: number, limit: number): void
  cancel(query: number): void
  /** The run needs the connection no more. */
  ended(query: number): void
}

/** Messages that belong to a query. */
export type QueryEvent = Extract<ServerMessage, { readonly query: number }>

/** A statement on a connection of the stream: holds what has come and was not taken, and grants credit as it is taken. */
export class StreamRun implements RemoteRun {
  readonly number: number
  readonly format: StreamFormat
  readonly request: RunRequest
  readonly #link: RunLink
  readonly #frames: ArrayBuffer[] = []
  #firstFrame = 0
  /** Of the frames that are held. */
  #pages: PageFrames | undefined
  #decoders: readonly (((value: unknown) => unknown) | undefined)[] = []
  #nextSequence = 0
  #takenBytes = 0
  #limit = WINDOW_BYTES
  #rowCount = 0
  #stats: StreamStats | undefined
  #columns: readonly RemoteColumn[] | undefined
  #isEnded = false
  #isCancelled = false
  #waiters: (() => void)[] = []
  failure: MillraceError | undefined
  updateType: string | undefined
  updateCount: number | undefined

  constructor(number: number, format: StreamFormat, request: RunRequest, link: RunLink) {
    this.number = number
    this.format = format
    this.request = request
    this.#link = link
  }

  get isCancelled(): boolean {
    return this.#isCancelled
  }

  /** What a resumed connection has to know. */
  get position(): { readonly next: number; readonly limit: number } {
    return { next: this.#nextSequence, limit: this.#limit }
  }

  get stats(): QueryStats {
    const { memoryBytes: _, ...stats } = this.#stats ?? { ...NO_STATS, memoryBytes: 0 }
    return { ...stats, rowCount: this.#rowCount }
  }

  /** Takes a message. @returns false for one that leaves a gap: the connection has lost something */
  receive(message: QueryEvent): boolean {
    if (message.type === 'progress') {
      this.#stats = message.stats
      return true
    }
    if (message.sequence < this.#nextSequence) return true
    // Statements that never began have no sequence.
    if (message.sequence > this.#nextSequence) return false
    this.#nextSequence++
    switch (message.type) {
      case 'schema':
        this.#columns = message.columns.map(({ name, type }) => ({ name, type }))
        this.#decoders = message.columns.map(({ type }) => packedValueDecoder(type))
        break
      case 'end':
        this.#stats = message.stats
        this.updateType = message.updateType
        this.updateCount = message.updateCount
        this.#end(undefined)
        break
      case 'error':
        this.#stats = message.stats ?? this.#stats
        this.#end(errorFromRecord(message.error))
        break
    }
    this.#wake()
    return true
  }

  /** Takes a frame. @returns false for one that leaves a gap */
  receiveFrame(sequence: number, frame: ArrayBuffer): boolean {
    if (sequence < this.#nextSequence) return true
    if (sequence > this.#nextSequence) return false
    this.#nextSequence++
    this.#frames.push(frame)
    this.#wake()
    return true
  }

  /** The connection is lost for good. */
  fail(error: MillraceError): void {
    this.#end(error)
    this.#wake()
  }

  #end(failure: MillraceError | undefined): void {
    if (this.#isEnded) return
    this.failure ??= failure
    this.#isEnded = true
    this.#columns ??= failure === undefined ? [] : undefined
    this.#link.credit(this.number, this.#nextSequence, this.#limit)
    this.#link.ended(this.number)
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve)
    })
  }

  async columns(): Promise<readonly RemoteColumn[]> {
    while (this.#columns === undefined) {
      if (this.failure !== undefined) throw this.failure
      await this.#change()
    }
    return this.#columns
  }

  async next(): Promise<Batch | undefined> {
    for (;;) {
      // What was cancelled gives nothing more; what failed gives what came before.
      if (this.#isCancelled && this.failure !== undefined) throw this.failure
      const frame = this.#takeFrame()
      if (frame !== undefined) {
        const batch = await this.#decode(frame)
        if (batch !== undefined) return batch
      } else if (this.failure !== undefined) throw this.failure
      else if (this.#isEnded) return undefined
      else await this.#change()
    }
  }

  #takeFrame(): ArrayBuffer | undefined {
    const frame = this.#frames[this.#firstFrame]
    if (frame === undefined) return undefined
    this.#firstFrame++
    if (this.#firstFrame === this.#frames.length) {
      this.#frames.length = 0
      this.#firstFrame = 0
    }
    this.#takenBytes += frame.byteLength
    const limit = this.#takenBytes + WINDOW_BYTES
    // Half a window at a time: a credit a frame would be a message each.
    if (!this.#isEnded && limit - this.#limit >= WINDOW_BYTES / 2) {
      this.#limit = limit
      this.#link.credit(this.number, this.#nextSequence, limit)
    }
    return frame
  }

  async #decode(frame: ArrayBuffer): Promise<Batch | undefined> {
    const header = new DataView(frame, 0, HEADER_BYTES)
    const rowCount = header.getUint32(12, true)
    this.#rowCount += rowCount
    const body = new Uint8Array(frame, HEADER_BYTES)
    if (this.format === 'msgpack') return { kind: 'rows', rows: this.#packedRows(body, rowCount) }
    this.#pages ??= new (await import('./pages.js')).PageFrames()
    const page = this.#pages.read({
      kind: header.getUint8(0),
      number: header.getUint32(16, true),
      parametersLength: header.getUint32(20, true),
      body,
    })
    return page === undefined ? undefined : { kind: 'page', page }
  }

  #packedRows(body: Uint8Array, rowCount: number): (readonly unknown[])[] {
    const reader = new MsgpackReader(body)
    const rows: unknown[][] = new Array(rowCount)
    for (let i = 0; i < rowCount; i++) {
      const row = reader.value() as unknown[]
      this.#decoders.forEach((decode, channel) => {
        if (decode !== undefined) row[channel] = decode(row[channel])
      })
      rows[i] = row
    }
    return rows
  }

  async cancel(): Promise<void> {
    if (!this.#isEnded && !this.#isCancelled) {
      this.#isCancelled = true
      this.failure ??= new MillraceError('USER_CANCELED', 'Query was canceled')
      this.#frames.length = 0
      this.#firstFrame = 0
      this.#link.cancel(this.number)
      this.#wake()
    }
    while (!this.#isEnded) await this.#change()
  }
}
