import { Readable } from 'node:stream'
import type { ConnectorPageSource } from '../connector/page-source.js'
import type { Awaitable } from '../metadata/schema.js'
import type { Page } from '../page/page.js'
import type { RecordCursor } from '../record/record-set.js'
import { fieldReader } from '../record/record-value.js'
import type { SqlType } from '../type/type.js'
import type { Value } from '../type/value.js'

/**
 * A page source as a stream of pages, each valid until the next is read: the source is asked for a page only when one is read.
 * Closes the source once, on its end, an error or destroy.
 */
export const readableOfPages = (source: ConnectorPageSource): Readable =>
  pullingReadable(
    () => source.getNextPage(),
    () => source.close(),
  )

/** A cursor as a stream of records, each an array of carriers. Closes the cursor once. */
export function readableOfRecords(cursor: RecordCursor, types: readonly SqlType[]): Readable {
  const fields = types.map(fieldReader)
  const row = (): Value[] => fields.map((read) => read(cursor))
  return pullingReadable(
    () => {
      const advanced = cursor.advanceNextPosition()
      return advanced instanceof Promise
        ? advanced.then((there) => (there ? row() : undefined))
        : advanced
          ? row()
          : undefined
    },
    () => cursor.close(),
  )
}

function pullingReadable<T>(
  pull: () => Awaitable<T | undefined>,
  close: () => Awaitable<void>,
): Readable {
  return new Readable({
    objectMode: true,
    highWaterMark: 1,
    read() {
      const deliver = (item: T | undefined): void => {
        this.push(item === undefined ? null : item)
      }
      const fail = (error: unknown): void => {
        this.destroy(error instanceof Error ? error : new Error(String(error)))
      }
      try {
        const item = pull()
        if (item instanceof Promise) item.then(deliver).catch(fail)
        else deliver(item)
      } catch (error) {
        fail(error)
      }
    },
    destroy(error, callback) {
      Promise.resolve()
        .then(close)
        .then(
          () => callback(error),
          (failure: unknown) =>
            callback(error ?? (failure instanceof Error ? failure : new Error(String(failure)))),
        )
    },
  })
}

/** A stream (or any async iterable) of pages as a page source, which then owns the stream. */
export function pageSourceOfReadable(
  pages: AsyncIterable<Page> | Iterable<Page>,
): ConnectorPageSource {
  const iterator: AsyncIterator<Page> | Iterator<Page> =
    Symbol.asyncIterator in pages ? pages[Symbol.asyncIterator]() : pages[Symbol.iterator]()
  let inFlight = false
  let ended = false
  const take = (step: IteratorResult<Page, unknown>): Page | undefined => {
    if (step.done) ended = true
    return step.done ? undefined : step.value
  }
  return {
    completedBytes: 0,
    readTimeNanos: 0,
    memoryUsage: 0,
    getNextPage() {
      const step = iterator.next()
      if (!(step instanceof Promise)) return take(step)
      inFlight = true
      return step
        .finally(() => {
          inFlight = false
        })
        .then(take)
    },
    async close() {
      if (ended) return
      ended = true
      if (pages instanceof Readable) {
        pages.destroy()
        return
      }
      const returned = Promise.resolve(iterator.return?.())
      // A generator that waits for its next page can't be stopped before that has come.
      if (inFlight) returned.catch(() => {})
      else await returned
    },
  }
}
