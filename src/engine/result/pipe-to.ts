import type { Writable } from 'node:stream'
import { MillraceError, toMillraceError } from '../../spi/index.js'
import type { QueryRun } from '../query/query-run.js'
import {
  checkOutputFormat,
  createResultWriter,
  MEDIA_TYPES,
  type OutputFormat,
} from './output-format.js'

/** What is used of an HTTP response beyond a stream. */
interface ResponseHead {
  readonly headersSent: boolean
  hasHeader(name: string): boolean
  setHeader(name: string, value: string): unknown
}

const responseHead = (stream: Writable): ResponseHead | undefined =>
  'headersSent' in stream && 'setHeader' in stream && 'hasHeader' in stream
    ? (stream as Writable & ResponseHead)
    : undefined

const left = (cause?: unknown): MillraceError =>
  new MillraceError('USER_CANCELED', 'The consumer left before the result ended', { cause })

/**
 * Writes a result into a stream at the pace of its reader and ends the stream. A response gets its Content-Type.
 * @returns the number of rows
 * @throws what the statement fails with: before its first byte the stream is left as it was, for another answer; after it
 * the stream is destroyed, so that nobody takes the part for the whole. USER_CANCELED where the reader left
 */
export async function pipeTo(
  run: QueryRun,
  stream: Writable,
  format: OutputFormat,
): Promise<number> {
  const leaving = new AbortController()
  const onClose = () => {
    leaving.abort()
    run.cancel(left())
  }
  const onError = (error: Error) => {
    leaving.abort()
    run.cancel(left(error))
  }
  stream.on('close', onClose)
  stream.on('error', onError)
  let hasBegun = false
  try {
    checkOutputFormat(format)
    if (stream.destroyed || stream.writableEnded) throw left()
    const columns = await run.start()
    const begin = () => {
      hasBegun = true
      const head = responseHead(stream)
      if (head === undefined || head.headersSent || head.hasHeader('content-type')) return
      head.setHeader('Content-Type', MEDIA_TYPES[format])
    }
    const output = {
      write(bytes: Uint8Array): Promise<void> {
        if (bytes.length === 0) return Promise.resolve()
        if (!hasBegun) begin()
        return written(stream, bytes, leaving.signal)
      },
    }
    const writer = await createResultWriter(format, columns, output, leaving.signal, false)
    for (let page = await run.nextPage(); page !== undefined; page = await run.nextPage()) {
      await writer.append(page)
    }
    await writer.finish()
    if (!hasBegun) begin()
    await ended(stream, leaving.signal)
    return run.rowCount
  } catch (error) {
    run.cancel(toMillraceError(error))
    await run.settled
    if (hasBegun) stream.destroy()
    throw run.failure ?? error
  } finally {
    stream.off('close', onClose)
    stream.off('error', onError)
  }
}

/** Resolves when the stream has passed the bytes on. @throws USER_CANCELED where it closes instead */
function written(stream: Writable, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  return unlessLeft(signal, (resolve, reject) =>
    stream.write(bytes, (error) => (error == null ? resolve() : reject(left(error)))),
  )
}

const ended = (stream: Writable, signal: AbortSignal): Promise<void> =>
  unlessLeft(signal, (resolve, reject) => {
    stream.once('error', (error) => reject(left(error)))
    stream.end(() => resolve())
  })

function unlessLeft(
  signal: AbortSignal,
  start: (resolve: () => void, reject: (error: MillraceError) => void) => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const onAbort = () => reject(left())
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const settle = () => signal.removeEventListener('abort', onAbort)
    start(
      () => {
        settle()
        resolve()
      },
      (error) => {
        settle()
        reject(error)
      },
    )
  })
}
